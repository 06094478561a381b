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
    let host: HostPolicy
    let snapshot: GatewaySnapshot
    let verdict: PeerVerdict
    /// In force for `verdict`; nil on a host that requests no certificate.
    let epoch: TrustEpoch?
    let now: WallTime
    let trace: RequestTrace

    init(
        exchange: Exchange, host: HostPolicy, snapshot: GatewaySnapshot, verdict: PeerVerdict,
        epoch: TrustEpoch?, now: WallTime, trace: RequestTrace
    ) {
        self.exchange = exchange
        self.host = host
        self.snapshot = snapshot
        self.verdict = verdict
        self.epoch = epoch
        self.now = now
        self.trace = trace
    }

    var request: RequestHead { exchange.request }
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
