import HTTP
import Reactor
import Serving
import Text
import X509

/// What is known of a request before anything is decided.
struct RequestFacts {
    let exchange: Exchange
    let host: HostPolicy
    let snapshot: GatewaySnapshot
    let verdict: PeerVerdict
    /// In force for `verdict`; nil on a host that requests no certificate.
    let epoch: TrustEpoch?
    let now: WallTime
    let trace: RequestTrace

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
