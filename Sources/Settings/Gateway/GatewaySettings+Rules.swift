import Text

extension GatewaySettings {
    /// What must hold between the parts of the file.
    static let rules = [
        Rule("`listener` of `proxyProtocol` is one of `listen`, and named once.", proxiesListen),
        .placesAreApart,
        Rule("No two hosts have the same name.", hostNamesAreUnique),
        Rule("`trust` of a host and `upstream` of a route are names that the file defines.", namesExist),
        Rule(
            "`certificateHost` of a login host is the name of a host with the role `\"certificate\"`. It is"
                + " required when `institution.loginMethods` includes certificates, and lies under the"
                + " login host's `cookieDomain`.",
            loginHostsNameCertificateHosts),
        Rule("Every certificate host is named by exactly one login host.", certificateHostsAreNamedOnce),
        Rule("Trust stores and upstreams that nothing uses give a warning.", unusedNamesAreOdd),
        Rule(
            "With logins by certificate and an empty `mapping` no certificate leads to a customer: a"
                + " warning.",
            certificatesNeedMapping),
    ]

    @Sendable private static func hostNamesAreUnique(_ file: Cursor, _ reading: inout Reading) {
        var first: [String: Cursor] = [:]
        for host in file.hosts {
            guard let name = host["name"], let text = name.hostName else { continue }
            if let other = first[text] {
                reading.complain("\(name.shown) is already the name of \(other.path)", at: name)
            } else {
                first[text] = host
            }
        }
    }

    @Sendable private static func namesExist(_ file: Cursor, _ reading: inout Reading) {
        for host in file.hosts {
            reading.expect(host["trust"], toNameOneOf: file["trust"], called: "a trust store")
            for route in host["routes"]?.elements ?? [] {
                reading.expect(route["upstream"], toNameOneOf: file["upstreams"], called: "an upstream")
            }
        }
    }

    @Sendable private static func loginHostsNameCertificateHosts(_ file: Cursor, _ reading: inout Reading) {
        let certificateNames = file.hosts.filter { $0.role == .certificate }.compactMap {
            $0["name"]?.hostName
        }
        for host in file.hosts where host.role == .login {
            guard let named = host["certificateHost"] else {
                if file.loginMethods.includeCertificate {
                    reading.complain(
                        missing: "certificateHost", in: host, "logins by certificate need a certificate host")
                }
                continue
            }
            guard let name = named.hostName else { continue }
            if !certificateNames.contains(name) {
                let hint = nearestName(to: name, among: certificateNames).hint
                reading.complain(
                    "expected the name of a host with the role “certificate”, not \(named.shown)\(hint)",
                    at: named)
            }
            if let domain = (host["cookieDomain"] ?? host["name"])?.hostName, !isHostName(name, under: domain)
            {
                reading.complain(
                    "expected a host under the login host's cookieDomain “\(domain)”, not \(named.shown)",
                    at: named)
            }
            if !file.loginMethods.includeCertificate {
                reading.warn("not used: institution.loginMethods has no certificates", at: named)
            }
        }
    }

    @Sendable private static func certificateHostsAreNamedOnce(_ file: Cursor, _ reading: inout Reading) {
        let naming = file.hosts.filter { $0.role == .login }.compactMap { $0["certificateHost"] }
        for host in file.hosts where host.role == .certificate {
            guard let name = host["name"], let text = name.hostName else { continue }
            let places = naming.filter { $0.hostName == text }
            if places.isEmpty {
                reading.complain("expected a login host to name this host as its certificateHost", at: name)
            }
            for place in places.dropFirst() {
                reading.complain("\(place.shown) is already named by \(places[0].path)", at: place)
            }
        }
    }

    @Sendable private static func unusedNamesAreOdd(_ file: Cursor, _ reading: inout Reading) {
        let trusted = Set(file.hosts.compactMap { $0["trust"]?.string })
        let routes = file.hosts.flatMap { $0["routes"]?.elements ?? [] }
        let routed = Set(routes.compactMap { $0["upstream"]?.string })
        for (name, used, what) in [("trust", trusted, "host"), ("upstreams", routed, "route")] {
            for (member, value) in file[name]?.members ?? [] where !used.contains(member.key) {
                reading.warn("not used by any \(what)", position: member.keyPosition, path: value.path)
            }
        }
    }

    @Sendable private static func certificatesNeedMapping(_ file: Cursor, _ reading: inout Reading) {
        let hasLoginHost = file.hosts.contains { $0.role == .login }
        guard hasLoginHost, file.loginMethods.includeCertificate, file["mapping"]?.elements.isEmpty ?? true
        else {
            return
        }
        reading.warn(
            "empty: no certificate leads to a customer", position: file["mapping"]?.position ?? file.position,
            path: "mapping")
    }
}

extension Reading {
    /// Complains when a string is there that is no key of `map`.
    fileprivate mutating func expect(_ name: Cursor?, toNameOneOf map: Cursor?, called what: String) {
        guard let name, let text = name.string else { return }
        let names = (map?.members ?? []).map(\.key.key)
        guard !names.contains(text) else { return }
        let hint = nearestName(to: text, among: names).hint
        complain("expected \(what) that the file defines, not \(name.shown)\(hint)", at: name)
    }
}

extension Cursor {
    fileprivate var hosts: [Cursor] { self["hosts"]?.elements ?? [] }

    fileprivate var loginMethods: GatewaySettings.LoginMethods {
        let text = self["institution"]?["loginMethods"]?.string ?? ""
        return GatewaySettings.LoginMethods(rawValue: text) ?? .standard
    }

    /// Of an object in `hosts`.
    var role: GatewaySettings.HostRole? {
        self["role"]?.string.flatMap { GatewaySettings.HostRole(rawValue: $0) }
    }

    /// A host name as the decoder would give it.
    var hostName: String? {
        string.flatMap { isHostName($0) ? $0.lowercased() : nil }
    }
}
