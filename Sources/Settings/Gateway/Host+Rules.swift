import Text

extension GatewaySettings.Host {
    /// What must hold within one host.
    static let rules = [
        Rule(
            "`trust` is required for certificate and partner hosts, and not for login hosts.", trustFitsRole),
        Rule(
            "`certificateHost` and `cookieDomain` are for login hosts. The login host lies under its"
                + " `cookieDomain`.",
            loginKeysFitRole),
        Rule(
            "`routes` may be left out on a certificate host only: it then has those of the login host that"
                + " names it. No two have the same path.",
            routesAreThereOnce),
        Rule(
            "Access `partner` is for partner hosts, `customer` for login and certificate hosts.",
            accessFitsRole),
    ]

    @Sendable private static func trustFitsRole(_ host: Cursor, _ reading: inout Reading) {
        guard let role = host.role else { return }
        switch (role, host["trust"]) {
        case (.login, let trust?):
            reading.complain("not for login hosts: they ask for no certificate", at: trust)
        case (.certificate, nil), (.partner, nil):
            reading.complain(missing: "trust", in: host, "a \(role.rawValue) host needs a trust store")
        default:
            break
        }
    }

    @Sendable private static func loginKeysFitRole(_ host: Cursor, _ reading: inout Reading) {
        guard let role = host.role else { return }
        if role != .login {
            for key in ["certificateHost", "cookieDomain"] {
                guard let value = host[key] else { continue }
                reading.complain("for login hosts only", at: value)
            }
        } else if let domain = host["cookieDomain"], let domainName = domain.hostName,
            let name = host["name"]?.hostName, !isHostName(name, under: domainName)
        {
            reading.complain("expected “\(name)” or a domain above it, not \(domain.shown)", at: domain)
        }
    }

    @Sendable private static func routesAreThereOnce(_ host: Cursor, _ reading: inout Reading) {
        if let routes = host["routes"], routes.node.array != nil {
            if routes.elements.isEmpty, let role = host.role, role != .certificate {
                reading.complain("expected at least one route on a \(role.rawValue) host", at: routes)
            }
            var first: [String: Cursor] = [:]
            for route in routes.elements {
                guard let path = route["path"], let text = path.string else { continue }
                if let other = first[text] {
                    reading.complain("\(path.shown) is already the path of \(other.path)", at: path)
                }
                first[text] = first[text] ?? route
            }
        } else if host["routes"] == nil, let role = host.role, role != .certificate {
            reading.complain(missing: "routes", in: host, "a \(role.rawValue) host needs routes")
        }
    }

    @Sendable private static func accessFitsRole(_ host: Cursor, _ reading: inout Reading) {
        guard let role = host.role else { return }
        for route in host["routes"]?.elements ?? [] {
            guard let access = route["access"], let text = access.string else { continue }
            if text == "partner", role != .partner {
                reading.complain(
                    "“partner” is for partner hosts, not for a \(role.rawValue) host", at: access)
            }
            if text == "customer", role == .partner {
                reading.complain(
                    "“customer” is for login and certificate hosts, not for a partner host", at: access)
            }
        }
    }
}
