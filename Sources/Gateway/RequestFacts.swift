import HTTP
import Reactor
import Serving
import Text
import X509

/// What is known of a request before anything is decided.
///
/// An object, because whoever answers holds on to it, and a copy would count a dozen references.
final class RequestFacts {
    let exchange: Exchange
    /// Of the exchange's connection.
    let state: PeerState
    let hostInForce: HostInForce
    let inForce: InForce
    let verdict: PeerVerdict
    let now: WallTime
    let trace: RequestTrace

    init(
        exchange: Exchange, state: PeerState, hostInForce: HostInForce, inForce: InForce,
        verdict: PeerVerdict, now: WallTime, trace: RequestTrace
    ) {
        self.exchange = exchange
        self.state = state
        self.hostInForce = hostInForce
        self.inForce = inForce
        self.verdict = verdict
        self.now = now
        self.trace = trace
    }

    var request: RequestHead { exchange.request }
    var host: HostPolicy { hostInForce.policy }
    var snapshot: GatewaySnapshot { inForce.snapshot }
    /// In force for `verdict`; nil on a host that requests no certificate.
    var epoch: TrustEpoch? { hostInForce.trust?.epoch }
    var address: String { exchange.connection.address.ip }
    /// This host as the browser sees it, with the label in front that it may have.
    var origin: String { snapshot.origin(of: request.host) }

    var identity: PeerIdentity? {
        if case .trusted(let identity) = verdict { return identity }
        return nil
    }

    /// The verdict in one word, for logs.
    var verdictName: String {
        switch verdict {
        case .absent: "absent"
        case .trusted: "trusted"
        case .refused(let reason, _): reason.rawValue
        }
    }
}
