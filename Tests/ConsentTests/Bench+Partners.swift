import Authorization
import Consent
import Crypto
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// What partners' programs do.
extension Bench {
    /// A good authorization request, as it is pushed.
    func pushFields(_ changes: [String: String?] = [:]) -> [(String, String)] {
        let query = authorizationQuery(changes)
        let pairs = (try? FormFields.parse(Array(query.dropFirst("/authorize?".count).utf8)))?.pairs ?? []
        return pairs.map { ($0.name, $0.value) }
    }

    func push(_ changes: [String: String?] = [:], as claims: Claims? = nil) throws -> WebResponse {
        try post("/par", pushFields(changes), as: claims ?? partner())
    }

    func requestURI(_ changes: [String: String?] = [:]) throws -> String {
        let response = try push(changes)
        try #require(response.status == 201)
        return try #require(json(response)["request_uri"]?.string)
    }

    /// Where a customer is sent to: with the request itself, or with one that is pushed where it must be.
    func arrival(_ changes: [String: String?] = [:]) throws -> String {
        profile == .fapi2 ? address(of: try requestURI(changes)) : authorizationQuery(changes)
    }

    func address(of uri: String, client: String = "sample") -> String {
        "/authorize?" + FormFields.encode([("client_id", client), ("request_uri", uri)])
    }

    func refreshFields(_ token: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [("grant_type", "refresh_token"), ("client_id", "sample"), ("refresh_token", token)] + more
    }

    /// The whole way to both tokens.
    func tokens(_ changes: [String: String?] = [:]) throws -> (access: String, refresh: String) {
        let response = try post("/token", tokenFields(code(changes)), as: partner())
        try #require(response.status == 200)
        let document = try json(response)
        return (
            try #require(document["access_token"]?.string), try #require(document["refresh_token"]?.string)
        )
    }

    // MARK: Registration

    /// Registers a partner as the operators' command does.
    func register(_ partner: ConsentSettings.Partner) throws {
        try store.save(
            StoredPartner(id: partner.id, document: partner.document, changedAt: now, changedBy: "test"))
    }

    /// A partner like `sample`, but for how it is known.
    func partner(
        _ id: String, known authentication: ConsentSettings.PartnerAuthentication,
        profile: ConsentSettings.Profile? = nil, refreshTokens: Bool = true,
        lifetimes: ConsentSettings.PartnerLifetimes = .init()
    ) throws -> ConsentSettings.Partner {
        ConsentSettings.Partner(
            id: id, name: "サンプル会計", company: "株式会社サンプル",
            redirectURIs: [try #require(WebURL("https://partner.example:8444/callback"))],
            authentication: authentication, scopes: [.balance, .movements],
            profile: profile ?? self.profile, refreshTokens: refreshTokens, scopeSelection: .fixed,
            lifetimes: lifetimes)
    }

    // MARK: Assertions

    static func webKey(of key: SigningKey) -> ConsentSettings.PartnerKey {
        .init(
            type: "EC", curve: "P-256", x: Base64URL.encode(key.verifyingKey.x),
            y: Base64URL.encode(key.verifyingKey.y), id: key.keyID, use: "sig", algorithm: "ES256")
    }

    /// What the partner `signer` signs, with some claims changed or, for nil, left out.
    func clientAssertion(
        by key: SigningKey, id: String = SecureRandom.token(byteCount: 8), _ changes: [String: Claim?] = [:]
    ) throws -> String {
        var claims: [String: Claim?] = [
            "iss": .text("signer"), "sub": .text("signer"), "aud": .text(Bench.issuer), "jti": .text(id),
            "iat": .number(now.seconds), "exp": .number(now.seconds + 60),
        ]
        claims.merge(changes) { $1 }
        return try assertion(claims.compactMapValues { $0 }, key: key, type: "JWT")
    }

    func signed(_ fields: [(String, String)], _ assertion: String) -> [(String, String)] {
        fields.filter { $0.0 != "client_id" }
            + [("client_assertion_type", ClientCredential.assertionType), ("client_assertion", assertion)]
    }
}
