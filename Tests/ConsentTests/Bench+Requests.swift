import Consent
import Crypto
import HTTP
import Reactor
import Serving
import Testing
import Text

let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

extension Bench {
    func send(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8] = [],
        to application: ConsentApplication? = nil
    ) -> WebResponse {
        let head = RequestHead(
            method: method, target: target, headers: HeaderFields(headers), host: "fb.example",
            body: body.isEmpty ? .none : .length(UInt64(body.count)))
        let request = WebRequest(head: head, body: body, peer: PeerAddress(ip: "127.0.0.1", port: 4000))
        return (application ?? self.application).answer(request)
    }

    /// A request that the gateway vouches for.
    func get(
        _ target: String, as claims: Claims, headers: [(String, String)] = [],
        on application: ConsentApplication? = nil
    ) throws -> WebResponse {
        let vouched = [("Sekisho-Assertion", try assertion(claims))] + headers
        return send("GET", target, headers: vouched, to: application)
    }

    func post(
        _ target: String, _ fields: [(String, String)], as claims: Claims, headers: [(String, String)] = [],
        on application: ConsentApplication? = nil
    ) throws -> WebResponse {
        let vouched = [
            ("Sekisho-Assertion", try assertion(claims)),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        return send(
            "POST", target, headers: vouched + headers, body: Array(FormFields.encode(fields).utf8),
            to: application)
    }

    /// The page that the answer to a form leads to, here and nowhere else.
    func follow(_ response: WebResponse, as claims: Claims? = nil) throws -> WebResponse {
        try #require(response.status == 303)
        let address = try #require(response.headers["Location"])
        try #require(address.hasPrefix("/consent"))
        return try get(address, as: claims ?? customer())
    }

    // MARK: The journey, in steps

    func authorizationQuery(_ changes: [String: String?] = [:]) -> String {
        let fields = [
            ("response_type", "code"), ("client_id", "sample"),
            ("redirect_uri", "https://partner.example:8444/callback"), ("state", "s 1"), ("scope", "balance"),
            ("code_challenge", SHA256Digest(of: Array(verifier.utf8)).base64URL),
            ("code_challenge_method", "S256"),
        ]
        return "/authorize?"
            + FormFields.encode(
                fields.compactMap { name, value in
                    guard let change = changes[name] else { return (name, value) }
                    return change.map { (name, $0) }
                })
    }

    /// From the authorization endpoint to the address of the consent page.
    func begin(as claims: Claims? = nil, _ changes: [String: String?] = [:]) throws -> String {
        let response = try get(arrival(changes), as: claims ?? customer())
        try #require(response.status == 303)
        let address = try #require(response.headers["Location"])
        try #require(address.hasPrefix("/consent?flow="))
        return address
    }

    /// The consent page's form as it would be sent back.
    func form(
        _ address: String, decision: String, agree: Bool = true, as claims: Claims? = nil
    ) throws -> [(String, String)] {
        let page = try get(address, as: claims ?? customer())
        try #require(page.status == 200)
        return try fields(of: page, decision: decision, agree: agree)
    }

    func fields(of page: WebResponse, decision: String, agree: Bool = true) throws -> [(String, String)] {
        let hidden = try ["flow", "token"].map { name in
            let text = String(decoding: page.body, as: UTF8.self)
            let start = try #require(text.firstRange(of: "name=\"\(name)\" value=\""))
            return (name, String(text[start.upperBound...].prefix { $0 != "\"" }))
        }
        return hidden + [("decision", decision)] + (agree ? [("agree", "yes")] : [])
    }

    /// The whole way to a code.
    func code(as claims: Claims? = nil, _ changes: [String: String?] = [:]) throws -> String {
        let claims = claims ?? customer()
        let form = try form(begin(as: claims, changes), decision: "allow", as: claims)
        let response = try post("/consent", form, as: claims)
        return try #require(query(of: response)["code"])
    }

    func tokenFields(_ code: String, _ changes: [String: String?] = [:]) -> [(String, String)] {
        let fields = [
            ("grant_type", "authorization_code"), ("client_id", "sample"), ("code", code),
            ("redirect_uri", "https://partner.example:8444/callback"), ("code_verifier", verifier),
        ]
        return fields.compactMap { name, value in
            guard let change = changes[name] else { return (name, value) }
            return change.map { (name, $0) }
        }
    }

    /// The whole way to a token.
    func token(_ changes: [String: String?] = [:]) throws -> String {
        let response = try post("/token", tokenFields(code(changes)), as: partner())
        try #require(response.status == 200)
        return try #require(json(response)["access_token"]?.string)
    }

    /// The balance of the account that every customer of the bench has.
    func accounts(_ token: String, as claims: Claims? = nil) throws -> WebResponse {
        try balance("001-1-2000002", token, as: claims)
    }

    func balance(_ account: String, _ token: String, as claims: Claims? = nil) throws -> WebResponse {
        try resource("/api/v1/accounts/\(account)/balance", token, as: claims)
    }

    func resource(_ path: String, _ token: String, as claims: Claims? = nil) throws -> WebResponse {
        try get(path, as: claims ?? partner(), headers: [("Authorization", "Bearer \(token)")])
    }
}

func json(_ response: WebResponse) throws -> JSONNode {
    try JSONReader.read(response.body, dialect: .json)
}

func text(_ response: WebResponse) -> String { String(decoding: response.body, as: UTF8.self) }

/// The parameters of the address a response redirects to.
func query(of response: WebResponse) throws -> [String: String] {
    let address = try #require(response.headers["Location"])
    let parameters = try QueryParameters(
        parsing: address.firstIndex(of: "?").map { String(address[address.index(after: $0)...]) })
    return Dictionary(parameters.pairs.map { ($0.name, $0.value) }) { first, _ in first }
}

extension Bench {
    /// The store's files as they lie on the disk.
    func storedBytes() throws -> [[UInt8]] {
        try ["consent.db", "consent.db-wal"].map { try Files.read("\(folder)/\($0)") }
    }
}
