import Crypto
import Customers
import HTTP
import Identity
import Pages
import Reactor
import Serving
public import Settings
import TLS
import Text
import X509

/// What a configuration's files say wrong, all of it, in words for the operator: one line a fault.
public struct GatewayFault: Error, Sendable, CustomStringConvertible {
    public let complaints: [String]

    public var description: String { complaints.joined(separator: "\n") }
}

/// Reads the files that the settings name and makes one snapshot of everything, or says all that is wrong.
public struct GatewayLoader {
    private let settings: GatewaySettings
    private var complaints: [String] = []

    /// Reads everything as a start would, and changes nothing.
    public static func check(_ settings: GatewaySettings) throws(GatewayFault) {
        var trust: [String: TrustEpoch] = [:]
        var complaints: [String] = []
        for (name, store) in settings.trust.sorted(by: { $0.key < $1.key }) {
            do throws(TrustBundleFault) {
                trust[name] = try TrustFiles.bundle(store).epoch(of: name, number: 1)
            } catch {
                complaints += error.complaints
            }
        }
        do throws(GatewayFault) {
            _ = try load(settings, trust: trust, keys: .inMemory)
        } catch {
            complaints += error.complaints
        }
        guard complaints.isEmpty else { throw GatewayFault(complaints: complaints) }
    }

    /// Where keys come from that the gateway makes itself.
    enum Keys {
        /// Made and written when they are missing.
        case files
        /// Read when they are there, otherwise made and forgotten.
        case inMemory
    }

    /// - Parameter trust: The epochs in force; see `TrustRegistry`.
    static func load(
        _ settings: GatewaySettings, trust: [String: TrustEpoch], keys: Keys
    ) throws(GatewayFault) -> GatewaySnapshot {
        var loader = GatewayLoader(settings: settings)
        let snapshot = loader.snapshot(trust, keys)
        guard loader.complaints.isEmpty, let snapshot else {
            throw GatewayFault(complaints: loader.complaints)
        }
        return snapshot
    }

    private init(settings: GatewaySettings) { self.settings = settings }

    private mutating func snapshot(_ trust: [String: TrustEpoch], _ keys: Keys) -> GatewaySnapshot? {
        let tlsHosts = settings.hosts.compactMap { tlsHost($0, trust) }
        if tlsHosts.count == settings.hosts.count {
            do throws(TLSFault) {
                _ = try ServerContext(hosts: tlsHosts)
            } catch {
                complaints.append("hosts: \(error)")
            }
        }
        let mapping = mappingRules()
        let assertionKey = signingKey(settings.assertion.keyFile, keys)
        let continuationKey = sealingKey(settings.continuation.keyFile, keys)
        var upstreams: [String: GatewaySnapshot.Upstream] = [:]
        for (name, setting) in settings.upstreams.sorted(by: { $0.key < $1.key }) {
            upstreams[name] = upstream(setting, name)
        }
        guard complaints.isEmpty, let mapping, let assertionKey, let continuationKey else { return nil }
        if case .files = keys { publish(assertionKey) }
        let methods = settings.institution.loginMethods
        return GatewaySnapshot(
            hosts: settings.hosts.map(hostPolicy), tlsHosts: tlsHosts, trust: trust, mapping: mapping,
            institution: Institution(
                name: settings.institution.name, serviceName: settings.institution.service),
            supportText: settings.institution.supportText,
            bankingURL: settings.institution.bankingURL?.text, serviceHours: ServiceHours(settings.service),
            offersCertificate: methods.includeCertificate,
            offersPassword: methods.includePassword,
            loginRules: LoginRules(
                offersCertificate: methods.includeCertificate, offersPassword: methods.includePassword,
                lockout: LockoutPolicy(
                    failuresMax: settings.lockout.failuresMax, pauseSeconds: settings.lockout.pauseSeconds,
                    pausesMax: settings.lockout.pausesMax)),
            hashing: ScryptParameters(costLog2: settings.password.costLog2) ?? .standard,
            sourceLimit: SourceBudget.Limit(
                failuresMax: settings.lockout.sourceFailuresMax,
                windowSeconds: settings.lockout.sourceWindowSeconds),
            alarmFailuresMax: settings.lockout.alarmFailuresMax,
            sessionPolicy: SessionPolicy(
                idleSeconds: settings.session.idleSeconds, absoluteSeconds: settings.session.absoluteSeconds),
            portSuffix: settings.publicPort == 443 ? "" : ":\(settings.publicPort)",
            upstreams: upstreams, assertionKey: assertionKey,
            assertionIssuer: settings.assertion.issuer.text, assertionAudience: settings.assertion.audience,
            assertionLifetimeSeconds: settings.assertion.lifetimeSeconds, continuationKey: continuationKey,
            loginBodyBytesMax: settings.limits.loginBodyBytesMax, logsAccess: settings.logs.access)
    }

    // MARK: Certificates

    private mutating func certificates(_ path: String) -> [Certificate] {
        guard let bytes = read(path) else { return [] }
        do throws(CertificateFault) {
            let certificates = try Certificate.parse(pem: bytes)
            if certificates.isEmpty { complaints.append("\(path): no certificate in it") }
            return certificates
        } catch {
            complaints.append("\(path): \(error)")
            return []
        }
    }

    private mutating func mappingRules() -> MappingRules? {
        let issuers = settings.mapping.map { certificates($0.issuer).first }
        return MappingRules(settings.mapping, issuers: issuers, complaints: &complaints)
    }

    // MARK: Hosts

    private mutating func tlsHost(_ host: GatewaySettings.Host, _ trust: [String: TrustEpoch]) -> ServerHost?
    {
        guard let chain = read(host.certificate), let key = read(host.key) else { return nil }
        let names = host.role == .certificate ? [host.name, "*.\(host.name)"] : [host.name]
        let request: ClientCertificateRequest = host.role == .login ? .none : .requested(advertising: [])
        let tlsHost = ServerHost(
            names: names, chainPEM: chain, keyPEM: key, clientCertificate: request,
            isStrictest: host.name == strictestHost
        ).judging(by: host.trust.flatMap { trust[$0] })
        do throws(TLSFault) {
            _ = try ServerContext(hosts: [
                ServerHost(
                    names: names, chainPEM: chain, keyPEM: key, clientCertificate: request, isStrictest: true)
            ])
            return tlsHost
        } catch {
            complaints.append("hosts.\(host.name) (\(host.certificate), \(host.key)): \(error)")
            return nil
        }
    }

    /// Who sends no server name gets the host where least can be had: partners, then certificates, then
    /// login.
    private var strictestHost: String? {
        for role in [GatewaySettings.HostRole.partner, .certificate, .login] {
            if let host = settings.hosts.first(where: { $0.role == role }) { return host.name }
        }
        return nil
    }

    private func hostPolicy(_ host: GatewaySettings.Host) -> HostPolicy {
        let index = { (name: String?) in
            name.flatMap { name in settings.hosts.firstIndex { $0.name == name } }
        }
        let loginHost = settings.hosts.first { $0.certificateHost == host.name }
        let role: HostPolicy.Role =
            switch host.role {
            case .login: .login(certificateHost: index(host.certificateHost))
            // The settings have checked that a certificate host has its login host, and both their trust
            // store.
            case .certificate:
                .certificate(loginHost: index(loginHost?.name) ?? 0, trustStore: host.trust ?? "")
            case .partner: .partner(trustStore: host.trust ?? "")
            }
        let routes = host.routes.isEmpty ? loginHost?.routes ?? [] : host.routes
        return HostPolicy(
            name: host.name, role: role,
            cookieDomain: loginHost?.cookieDomain ?? loginHost?.name
                ?? host.cookieDomain ?? host.name,
            routes: routes.map(Self.route).sorted { $0.path.utf8.count > $1.path.utf8.count })
    }

    private static func route(_ route: GatewaySettings.Route) -> Route {
        let access: Route.Access =
            switch route.access {
            case .anonymous: .anonymous
            case .customer: .customer
            case .partner: .partner
            }
        return Route(
            path: route.path, upstream: route.upstream, access: access, upgrades: route.upgrades,
            upgradeIdleSeconds: route.upgradeIdleSeconds,
            upgradeAbsoluteSeconds: route.upgradeAbsoluteSeconds)
    }

    private mutating func upstream(
        _ upstream: GatewaySettings.Upstream, _ name: String
    ) -> GatewaySnapshot.Upstream {
        var limits = ClientLimits()
        limits.connectSeconds = upstream.connectSeconds
        limits.responseSeconds = upstream.responseSeconds
        return GatewaySnapshot.Upstream(
            endpoint: Endpoint(upstream.endpoint), limits: limits, connectionsMax: upstream.connectionsMax,
            idleConnectionsMax: upstream.idleConnectionsMax, tls: upstream.tls.flatMap { tls($0, name) })
    }

    /// Nil after a complaint.
    private mutating func tls(
        _ tls: GatewaySettings.UpstreamTLS, _ name: String
    ) -> GatewaySnapshot.UpstreamTLS? {
        let anchors = tls.anchors.compactMap { read($0) }
        let own = [tls.certificate, tls.key].compactMap { $0 }.map { read($0) }
        guard anchors.count == tls.anchors.count, own.allSatisfy({ $0 != nil }) else { return nil }
        let parts = anchors + own.compactMap { $0 }
        do throws(TLSFault) {
            // Line by line, so that a file without an end of its own does not join the next.
            let context = try ClientContext(
                anchorsPEM: anchors.reduce(into: []) { $0 += $1 + [0x0A] },
                identity: own.count == 2
                    ? ClientIdentity(chainPEM: own[0] ?? [], keyPEM: own[1] ?? []) : nil)
            let digests = parts.flatMap { SHA256Digest(of: $0).bytes }
            return GatewaySnapshot.UpstreamTLS(
                serverName: tls.name, context: context, digest: SHA256Digest(of: digests))
        } catch {
            complaints.append("upstreams.\(name).tls: \(error)")
            return nil
        }
    }

    // MARK: Keys

    private mutating func signingKey(_ path: String, _ keys: Keys) -> SigningKey? {
        do throws(CryptoFault) {
            if Files.exists(path) {
                guard let bytes = read(path) else { return nil }
                return try SigningKey(pem: bytes)
            }
            let key = try SigningKey()
            return write(key.pem(), to: path, keys) ? key : nil
        } catch {
            complaints.append("\(path): \(error)")
            return nil
        }
    }

    private mutating func sealingKey(_ path: String, _ keys: Keys) -> SealingKey? {
        if Files.exists(path) {
            guard let bytes = read(path) else { return nil }
            let text = String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)
            guard let key = Base64.decode(text).flatMap(SealingKey.init(bytes:)) else {
                complaints.append("\(path): not 32 bytes in base 64")
                return nil
            }
            return key
        }
        let key = SealingKey()
        return write(Array("\(Base64.encode(key.bytes))\n".utf8), to: path, keys) ? key : nil
    }

    private mutating func publish(_ key: SigningKey) {
        do throws(SystemFault) {
            let set = JWKSet.encode([key.verifyingKey])
            try Files.replace(settings.assertion.jwksFile, with: set, isPrivate: false)
        } catch {
            complaints.append("\(error)")
        }
    }

    private mutating func write(_ bytes: [UInt8], to path: String, _ keys: Keys) -> Bool {
        guard case .files = keys else { return true }
        do throws(SystemFault) {
            try Files.replace(path, with: bytes, isPrivate: true)
            return true
        } catch {
            complaints.append("\(error)")
            return false
        }
    }

    private mutating func read(_ path: String) -> [UInt8]? {
        do throws(SystemFault) {
            return try Files.read(path)
        } catch {
            complaints.append("\(error)")
            return nil
        }
    }
}

extension Endpoint {
    init(_ setting: EndpointSetting) {
        switch setting {
        case .tcp(let address, let port): self = .tcp(address: address, port: port)
        case .unix(let path): self = .unix(path: path)
        case .activated(let name): self = .activated(name: name)
        }
    }
}
