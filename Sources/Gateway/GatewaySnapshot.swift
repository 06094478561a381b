import Crypto
import Identity
import Pages
import Reactor
import Serving
import TLS
import X509

/// Everything that a configuration and its files say, checked, and replaced whole when they change.
struct GatewaySnapshot: Sendable {
    let hosts: [HostPolicy]
    /// In the order of `hosts`.
    let tlsHosts: [ServerHost]
    /// By name; every store that a host names is there.
    let trust: [String: TrustEpoch]
    let mapping: MappingRules
    let institution: Institution
    /// A line with the help desk's telephone number or address.
    let supportText: String?
    let bankingURL: String?
    let serviceHours: ServiceHours
    let offersCertificate: Bool
    let offersPassword: Bool
    let loginRules: LoginRules
    let hashing: ScryptParameters
    let sourceLimit: SourceBudget.Limit
    /// Failed logins of a minute that somebody should know of.
    let alarmFailuresMax: Int
    let sessionPolicy: SessionPolicy
    /// What browsers must write behind a host's name: empty for port 443.
    let portSuffix: String
    let upstreams: [String: Upstream]
    let assertionKey: SigningKey
    let assertionIssuer: String
    let assertionAudience: String
    let assertionLifetimeSeconds: Int
    let continuationKey: SealingKey
    let loginBodyBytesMax: Int
    let logsAccess: Bool

    struct Upstream: Sendable, Hashable {
        let endpoint: Endpoint
        let limits: ClientLimits
        let connectionsMax: Int
        let idleConnectionsMax: Int
    }

    func origin(of host: String) -> String { "https://\(host)\(portSuffix)" }
}
