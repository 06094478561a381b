import HTTP
import Journey
import TLS
import Testing
import Text

/// What a customer has allowed ends with the customer: the real programs, with an API連携先 of fixed 業務.
@Suite(.serialized) struct ConsentEndScenarios {
    private let deployment: Deployment

    init() throws { deployment = try Deployment(partner: Self.partner) }

    @Test func `when a customer is suspended, what they have allowed gives nothing any more`() throws {
        let token = try token(for: allow())
        #expect(try accounts(token).status == 200)
        try suspend("IDUSER0003")
        #expect(try accounts(token).status == 401)
        let record = try deployment.awaitLog("consent.log", containing: #""event":"grant.ended""#)
        #expect(record.contains("IDUSER0003") && record.contains("userSuspended"))
        #expect(try accounts(token).status == 401)
    }

    @Test func `a customer who is suspended in the middle cannot press 許可`() throws {
        let (visitor, page) = try reachConsent()
        try suspend("IDUSER0003")
        let form = try #require(page.form(to: "/consent"))
        let answer = try visitor.submit(form, on: page, [("decision", "allow"), ("agree", "yes")])
        // By the gateway, which looks sessions up again after a second, or by the backend before that.
        #expect(answer.title != "連携が完了しました" && answer.url.target.contains("code=") == false)
        #expect(!(try deployment.log("consent.log")).contains("consent.granted"))
    }

    // MARK: The way

    /// From the authorization request to 情報アクセス許可: there is no 認可業務選択.
    private func reachConsent() throws -> (Visitor, VisitedPage) {
        let visitor = try deployment.visitor()
        let query = FormFields.encode([
            ("response_type", "code"), ("client_id", Self.partner), ("redirect_uri", callback),
            ("scope", "balance"), ("code_challenge_method", "S256"), ("code_challenge", Self.challenge),
        ])
        let login = try visitor.open("\(deployment.login)/authorize?\(query)")
        let form = try #require(login.form(to: "/.sekisho/password"))
        let credentials = [("id", "IDUSER0003"), ("password", "Sakura2026")]
        let first = try visitor.submit(form, on: login, credentials)
        let (page, titles) = try Self.walk.toConsent(visitor, from: first)
        try #require(titles == ["API連携認証（追加認証）（利用登録）", "API連携認証（情報アクセス許可）（利用登録）"])
        return (visitor, page)
    }

    /// Presses 許可; returns the code.
    private func allow() throws -> String {
        let (visitor, page) = try reachConsent()
        let form = try #require(page.form(to: "/consent"))
        let answer = try visitor.request(
            "POST", "\(deployment.login)/consent", headers: [("Origin", deployment.login)],
            form: form.hidden + [("decision", "allow"), ("agree", "yes")])
        let location = try #require(answer.headers["Location"])
        let start = try #require(location.firstIndex(of: "?"))
        let query = try QueryParameters(parsing: String(location[location.index(after: start)...]))
        return try #require(query.single("code"))
    }

    private func token(for code: String) throws -> String {
        let answer = try program().request(
            "POST", "\(deployment.api)/token",
            form: [
                ("grant_type", "authorization_code"), ("client_id", Self.partner), ("code", code),
                ("redirect_uri", callback), ("code_verifier", Self.verifier),
            ])
        let document = try JSONReader.read(Array(answer.text.utf8), dialect: .json)
        return try #require(document["access_token"]?.string)
    }

    private func accounts(_ token: String) throws -> VisitedPage {
        try program().request(
            "GET", "\(deployment.api)/api/v1/accounts", headers: [("Authorization", "Bearer \(token)")])
    }

    /// The API連携先's program, with its certificate.
    private func program() throws -> Visitor {
        try Visitor(
            trusting: deployment.bytes("server-ca.pem"),
            identity: ClientIdentity(
                chainPEM: deployment.bytes("partners/\(Self.partner).pem"),
                keyPEM: deployment.bytes("partners/\(Self.partner).key")))
    }

    /// As the institution does, while the gateway runs.
    private func suspend(_ id: String) throws {
        try ChildProcess.run(
            Deployment.program("sekisho"),
            ["customers", "suspend", id, "--config", deployment.folder.path("sekisho.json5")])
    }

    private var callback: String { "\(deployment.partnerOrigin)/callback" }

    private static let partner = "other-partner"
    /// RFC 7636 appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    private static let walk = ConsentWalk(
        answers: ["初めて飼ったペットの名前は？": "タマ", "卒業した小学校の名前は？": "都島小学校", "母の旧姓は？": "佐藤"])
}
