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
    private(set) var tlsHosts: [ServerHost]
    /// The epochs in force, by the store's name; every store that a host names is there.
    private(set) var trust: [String: TrustEpoch]
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
        /// Nil: in the clear.
        let tls: UpstreamTLS?
    }

    /// Whom an upstream must prove to be, and what it is shown.
    struct UpstreamTLS: Sendable, Hashable {
        let serverName: String
        let context: ClientContext
        /// Of all that the context was made of: two of the same are one.
        let digest: SHA256Digest

        static func == (left: Self, right: Self) -> Bool {
            left.serverName == right.serverName && left.digest == right.digest
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(serverName)
            hasher.combine(digest)
        }
    }

    /// Under other epochs, with all else as it is.
    func judging(by trust: [String: TrustEpoch]) -> GatewaySnapshot {
        var snapshot = self
        snapshot.trust = trust
        snapshot.tlsHosts = zip(hosts, tlsHosts).map { policy, host in
            policy.trustStore.flatMap { trust[$0] }.map(host.judging) ?? host
        }
        return snapshot
    }

    func origin(of host: String) -> String { "https://\(host)\(portSuffix)" }
}

extension ServerHost {
    /// Asks for the certificates of an epoch's issuers, and resumes no session of another epoch. A host that
    /// asks for none stays as it is.
    func judging(by epoch: TrustEpoch?) -> ServerHost {
        guard let epoch, clientCertificate != .none else { return self }
        return ServerHost(
            names: names, chainPEM: chainPEM, keyPEM: keyPEM,
            clientCertificate: .requested(advertising: epoch.advertisedNames), isStrictest: isStrictest,
            sessionScope: epoch.contentHash.bytes)
    }
}
