import Glibc
import Reactor
import TLS

/// Short and stable names for what goes wrong between a client and its target.
enum FailureName {
    enum Stage: String { case connect, handshake, response, pause }

    static func of(_ fault: SystemFault, in stage: Stage) -> String {
        let what =
            switch fault.number {
            case ECONNREFUSED: "refused"
            case ECONNRESET, EPIPE, ECONNABORTED: "reset"
            case ETIMEDOUT: "timeout"
            case EHOSTUNREACH, ENETUNREACH, ENETDOWN: "unreachable"
            case EMFILE, ENFILE: "noDescriptorLeft"
            case EADDRNOTAVAIL: "noPortLeft"
            case let number: "error\(number)"
            }
        return "\(stage.rawValue).\(what)"
    }

    static func what(_ fault: TLSFault) -> String {
        switch fault.code {
        case "peer.truncated": "closed"
        case "peer.untrustedCertificate": "wrongCertificate"
        case let code: code.hasPrefix("peer.") ? String(code.dropFirst(5)) : code
        }
    }
}
