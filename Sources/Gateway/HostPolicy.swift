import X509

/// One host name that the gateway answers for, and what holds there.
final class HostPolicy: Sendable {
    enum Role: Sendable {
        /// Never requests a certificate; login page and ID/password customers.
        case login(certificateHost: Int?)
        /// Requests the customer's certificate; certificate customers stay here.
        case certificate(loginHost: Int, trustStore: String)
        /// Requests the partner's certificate; machines only.
        case partner(trustStore: String)
    }

    let name: String
    let role: Role
    /// The parent domain that login and certificate host share, for the pre-login cookie.
    let cookieDomain: String
    /// Longest path first.
    let routes: [Route]

    init(name: String, role: Role, cookieDomain: String, routes: [Route]) {
        self.name = name
        self.role = role
        self.cookieDomain = cookieDomain
        self.routes = routes
        isPartner = if case .partner = role { true } else { false }
        trustStore =
            switch role {
            case .login: nil
            case .certificate(_, let store), .partner(let store): store
            }
    }

    /// The trust store that judges certificates presented here.
    let trustStore: String?
    let isPartner: Bool

    /// True for the host's own name and, on a certificate host, for one label in front of it, which makes the
    /// browser ask for a certificate anew.
    func covers(_ host: String) -> Bool {
        if host == name { return true }
        guard case .certificate = role, host.utf8.count > name.utf8.count + 1, host.hasSuffix("." + name)
        else {
            return false
        }
        return !host.utf8.prefix(host.utf8.count - name.utf8.count - 1).contains(UInt8(ascii: "."))
    }
}

/// Which upstream gets the requests below a path, and who may send them.
struct Route: Sendable {
    enum Access: Sendable { case anonymous, customer, partner }

    let path: String
    let upstream: String
    let access: Access
    /// Protocols that clients may switch to, in lower case.
    var upgrades: [String] = []
    var upgradeIdleSeconds = 300
    var upgradeAbsoluteSeconds = 14_400

    /// Whole path segments: `/a` covers `/a` and `/a/b`, not `/ab`.
    func covers(_ requested: String) -> Bool {
        guard requested.utf8.starts(with: path.utf8) else { return false }
        if path.utf8.last == UInt8(ascii: "/") || requested.utf8.count == path.utf8.count { return true }
        return requested.utf8.span[path.utf8.count] == UInt8(ascii: "/")
    }
}
