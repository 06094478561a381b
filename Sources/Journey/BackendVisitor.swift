import Crypto
import HTTP
public import Reactor
public import Serving
import Text

/// A customer's browser and a partner's program before a consent backend alone, without TLS and without
/// login. One thread uses it.
public final class BackendVisitor {
    private let client: BlockingClient
    private let gateway: GatewayStandIn
    private let partnerID: String
    private let redirectURI: String
    private var partnerAssertion: (text: String, since: MonotonicTime)?
    /// Told the name and the length in microseconds of every request that was answered.
    public var onAnswer: ((_ name: String, _ microseconds: Int) -> Void)?

    public init(
        to endpoint: Endpoint, gateway: GatewayStandIn, partnerID: String, redirectURI: String
    ) throws(VisitFault) {
        do throws(SystemFault) { client = try BlockingClient(to: endpoint) } catch {
            throw VisitFault("\(error)")
        }
        self.gateway = gateway
        self.partnerID = partnerID
        self.redirectURI = redirectURI
    }

    // MARK: The customer

    /// From the authorization endpoint through every page to the code. `pageViews`: how often each page is
    /// looked at.
    public func code(of customer: String, pageViews: Int = 1) throws(VisitFault) -> String {
        let assertion = try gateway.customer(customer)
        let query = FormFields.encode([
            ("response_type", "code"), ("client_id", partnerID), ("redirect_uri", redirectURI),
            ("state", customer), ("code_challenge", Self.challenge), ("code_challenge_method", "S256"),
        ])
        var answer = try send("authorize", "GET", "/authorize?\(query)", assertion)
        for _ in 0..<Self.pagesMax {
            guard let location = answer.head.headers["Location"] else {
                throw VisitFault("\(answer.head.status): \(answer.text.prefix(2000))")
            }
            if location.hasPrefix(redirectURI) { return try Self.code(in: location) }
            var page = try send("page", "GET", location, assertion)
            for _ in 1..<max(1, pageViews) { page = try send("page", "GET", location, assertion) }
            answer = try submit(page, location, assertion)
        }
        throw VisitFault("the pages have no end")
    }

    /// Sends the page's last form back, agreeing to everything and registering every PIN.
    private func submit(
        _ page: ClientResponse, _ target: String, _ assertion: String
    ) throws(VisitFault) -> ClientResponse {
        guard let url = URLReference(parsing: "http://backend\(target)") else { throw VisitFault(target) }
        let visited = VisitedPage(
            url: url, status: page.head.status, headers: page.head.headers, text: page.text)
        guard let form = visited.forms.last else { throw VisitFault("no form: \(page.text.prefix(2000))") }
        return try send("form", "POST", form.action, assertion, form.agreeing(typing: Self.pin))
    }

    private static func code(in location: String) throws(VisitFault) -> String {
        let query = location.firstIndex(of: "?").map { String(location[location.index(after: $0)...]) }
        guard let parameters = try? QueryParameters(parsing: query), let code = parameters.single("code")
        else {
            throw VisitFault("no code: \(location)")
        }
        return code
    }

    // MARK: The partner

    public func redeem(_ code: String) throws(VisitFault) -> ClientResponse {
        try token([
            ("grant_type", "authorization_code"), ("client_id", partnerID), ("code", code),
            ("redirect_uri", redirectURI), ("code_verifier", Self.verifier),
        ])
    }

    public func refresh(_ token: String) throws(VisitFault) -> ClientResponse {
        try self.token(
            [("grant_type", "refresh_token"), ("client_id", partnerID), ("refresh_token", token)],
            name: "refresh")
    }

    private func token(
        _ fields: [(String, String)], name: String = "token"
    ) throws(VisitFault) -> ClientResponse {
        try send(name, "POST", "/token", try assertionOfPartner(), fields)
    }

    /// As the gateway does, one for many requests.
    private func assertionOfPartner() throws(VisitFault) -> String {
        let now = Clock.monotonic()
        if let known = partnerAssertion, now.microseconds(since: known.since) < 30_000_000 {
            return known.text
        }
        let text = try gateway.partner()
        partnerAssertion = (text, now)
        return text
    }

    // MARK: Parts

    private func send(
        _ name: String, _ method: String, _ target: String, _ assertion: String,
        _ form: [(String, String)] = []
    ) throws(VisitFault) -> ClientResponse {
        var headers = HeaderFields([("Host", "backend"), ("Sekisho-Assertion", assertion)])
        if method == "POST" { headers.set("Content-Type", "application/x-www-form-urlencoded") }
        let began = Clock.monotonic()
        do throws(ClientFailure) {
            let response = try client.send(
                method, target, headers: headers,
                body: form.isEmpty ? [] : Array(FormFields.encode(form).utf8))
            onAnswer?(name, Clock.monotonic().microseconds(since: began))
            return response
        } catch {
            throw VisitFault("\(error)")
        }
    }

    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = SHA256Digest(of: Array(verifier.utf8)).base64URL
    private static let pin = "9002"
    private static let pagesMax = 12
}
