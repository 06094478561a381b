extension GatewaySettings {
    /// A host name that the gateway serves.
    public struct Host: Sendable, Hashable {
        /// In lower case.
        public var name: String
        public var role: HostRole
        /// PEM: the host's certificate and what leads up to its CA.
        public var certificate: String
        /// PEM.
        public var key: String
        /// The trust store that client certificates are judged by; `nil` on a login host only.
        public var trust: String?
        /// The certificate host of a login host.
        public var certificateHost: String?
        /// Which domain the session cookie is for: of a login host and of the certificate host that it names,
        /// `nil` on a partner host.
        public var cookieDomain: String?
        /// A certificate host without its own has those of the login host that names it.
        public var routes: [Route]
        /// The login host that names this certificate host.
        public var loginHost: String?

        public init(
            name: String, role: HostRole, certificate: String, key: String, trust: String? = nil,
            certificateHost: String? = nil, cookieDomain: String? = nil, routes: [Route] = [],
            loginHost: String? = nil
        ) {
            self.name = name
            self.role = role
            self.certificate = certificate
            self.key = key
            self.trust = trust
            self.certificateHost = certificateHost
            self.cookieDomain = cookieDomain
            self.routes = routes
            self.loginHost = loginHost
        }

        /// With what the other hosts of the file say about this one.
        func completed(by hosts: [Host]) -> Host {
            var host = self
            switch role {
            case .login:
                host.cookieDomain = cookieDomain ?? name
            case .certificate:
                guard let login = hosts.first(where: { $0.certificateHost == name }) else { break }
                host.loginHost = login.name
                host.cookieDomain = login.cookieDomain ?? login.name
                if routes.isEmpty { host.routes = login.routes }
            case .partner:
                break
            }
            return host
        }

        static let schema = Schema(
            make,
            Key("name", .hostName, "The name in the URL and in SNI; no wildcard."),
            Key(
                "role", .choice(HostRole.self),
                "`login` shows the login page and asks for no certificate; `certificate` asks customers for"
                    + " theirs; `partner` asks partners (API連携先) for theirs."),
            Key("certificate", .path, "PEM file: the host's certificate, then the intermediate CAs."),
            Key("key", .path, "PEM file: the private key of `certificate`."),
            Key(
                "trust", optional: .name,
                "Name of the trust store in `trust` that client certificates are judged by."),
            Key(
                "certificateHost", optional: .hostName,
                "Name of the certificate host that customers of this login host are sent to."),
            Key(
                "cookieDomain", optional: .hostName,
                "Parent domain of a login host and its certificate host, for which the session cookie is set;"
                    + " left out, it is the login host's name."),
            Key(
                "routes", .list(of: .object(Route.schema), count: 0...1000), default: .emptyList,
                "Which requests go where; the longest path that fits decides."),
            rules: rules)

        private static func make(
            name: String, role: HostRole, certificate: String, key: String, trust: String?,
            certificateHost: String?, cookieDomain: String?, routes: [Route]
        ) -> Host {
            Host(
                name: name, role: role, certificate: certificate, key: key, trust: trust,
                certificateHost: certificateHost, cookieDomain: cookieDomain, routes: routes)
        }
    }

    /// What a host is for, and so what its TLS handshakes ask for.
    public enum HostRole: String, Sendable, CaseIterable {
        case login, certificate, partner
    }

    /// Where requests under a path go, and who may make them.
    public struct Route: Sendable, Hashable {
        /// A prefix of the request's path that begins with “/”.
        public var path: String
        /// The name of an upstream.
        public var upstream: String
        public var access: Access
        /// Protocols that clients may switch to, in lower case.
        public var upgrades: [String]
        public var upgradeIdleSeconds: Int
        public var upgradeAbsoluteSeconds: Int

        public init(
            path: String, upstream: String, access: Access, upgrades: [String] = [],
            upgradeIdleSeconds: Int = 300, upgradeAbsoluteSeconds: Int = 14_400
        ) {
            self.path = path
            self.upstream = upstream
            self.access = access
            self.upgrades = upgrades
            self.upgradeIdleSeconds = upgradeIdleSeconds
            self.upgradeAbsoluteSeconds = upgradeAbsoluteSeconds
        }

        static let schema = Schema(
            Route.init,
            Key("path", .routePath, "Beginning of the request's path; `/.sekisho/` is the gateway's own."),
            Key("upstream", .name, "Name of an upstream in `upstreams`."),
            Key(
                "access", .choice(Access.self),
                "`customer` needs a login session, `partner` a partner's certificate, `anonymous` nothing."),
            Key(
                "upgrades", .list(of: .upgrade, count: 0...8, isUnique: true), default: .emptyList,
                "Protocols that clients may switch to here (`websocket`); requests for any other are passed"
                    + " on without it."),
            Key(
                "upgradeIdleSeconds", .integer(1...86400, .seconds), default: 300,
                "How long a connection that has switched may carry nothing, either way."),
            Key(
                "upgradeAbsoluteSeconds", .integer(1...604_800, .seconds), default: 14_400,
                "How long a connection that has switched may last, whatever it carries. A customer's ends"
                    + " with the session in any case."))
    }

    /// Who may use a route.
    public enum Access: String, Sendable, CaseIterable {
        case customer, anonymous, partner
    }
}

extension Kind where Value == String {
    /// A token of RFC 9110 §7.8, in lower case; none that changes what carries the requests themselves.
    fileprivate static let upgrade = Kind(
        string: StringShape(
            phrase: "a protocol such as “websocket” (not HTTP or TLS)", lengthMax: 64,
            pattern: "^[A-Za-z0-9._-]+$")
    ) { text throws(Expectation) in
        let name = text.lowercased()
        let isFit =
            (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0.isNameByte || $0 == 0x2E }
            && !["http", "h2", "h3", "tls"].contains { name.hasPrefix($0) }
        guard isFit else { throw Expectation("a protocol such as “websocket” (not HTTP or TLS)") }
        return name
    }
}
