import Foundation
import HTTP
import Journey
import TLS
import Testing
import Text

/// What a customer has allowed ends with the customer: the real programs, with an API連携先 of fixed 業務.
@Suite(.serialized) struct ConsentEndScenarios {
    private let deployment: Deployment

    /// Wrong passwords lead to 利用停止 within seconds.
    init() throws {
        deployment = try Deployment(partner: Self.partner) {
            $0.replacing(
                #"store: "sqlite:customers.sqlite","#,
                with: """
                    store: "sqlite:customers.sqlite",
                    lockout: { failuresMax: 1, pauseSeconds: 1, pausesMax: 2 },
                    """)
        }
    }

    @Test func `when a customer is suspended, what they have allowed gives nothing any more`() throws {
        let token = try token(for: allow())
        #expect(try accounts(token).status == 200)
        try customers("suspend", Self.id)
        #expect(try accounts(token).status == 401)
        let record = try deployment.awaitLog("consent.log", containing: #""event":"grant.ended""#)
        #expect(record.contains("IDUSER0003") && record.contains("userSuspended"))
        #expect(try accounts(token).status == 401)
    }

    @Test func `a customer who is suspended in the middle cannot press 許可`() throws {
        let (visitor, page) = try reachConsent()
        try customers("suspend", Self.id)
        let form = try #require(page.form(to: "/consent"))
        let answer = try visitor.submit(form, on: page, [("decision", "allow"), ("agree", "yes")])
        // By the gateway, which looks sessions up again after a second, or by the backend before that.
        #expect(answer.title != "連携が完了しました" && answer.url.target.contains("code=") == false)
        #expect(!(try deployment.log("consent.log")).contains("consent.granted"))
    }

    @Test func `a stranger who types wrong passwords keeps the customer out and ends nothing`() throws {
        let token = try token(for: allow())
        let stranger = try deployment.visitor()
        for _ in 1...2 {
            let login = try stranger.open("\(deployment.login)/authorize?\(request)")
            let form = try #require(login.form(to: "/.sekisho/password"))
            _ = try stranger.submit(form, on: login, [("id", Self.id), ("password", "guessed")])
            usleep(1_100_000)  // a pause does not count
        }
        #expect(try customers("show", Self.id).contains("stopped, by wrong passwords"))
        #expect(try accounts(token).status == 200)
        #expect(try isActive(token))
        // The bank's own word is another matter.
        try customers("suspend", Self.id)
        #expect(try accounts(token).status == 401)
        #expect(try !isActive(token))
    }

    @Test func `where the policy says so, wrong passwords and a new password end what was allowed`() throws {
        let token = try token(for: allow())
        #expect(try accounts(token).status == 200)
        try restartConsent(revokingOn: #"["passwordChange"]"#)
        #expect(try accounts(token).status == 200)
        usleep(1_000_000)  // the login was before, by the second
        try customers("set-password", Self.id, input: "Atarashii-2026\n")
        #expect(try accounts(token).status == 401)
        let record = try deployment.awaitLog("consent.log", containing: #""event":"grant.ended""#)
        #expect(record.contains("passwordChange") && record.contains(Self.id))
    }

    @Test func `a revocation list that names a customer's certificate ends what was allowed with it`() throws
    {
        let token = try token(for: allow(with: "master"))
        let officer = try Officer(deployment, store: "customers")
        #expect(try accounts(token).status == 200)
        try revoke("renewed", by: officer)
        #expect(try accounts(token).status == 200)
        // By policy: the same list, where certificates end nothing, and then where they do.
        try restartConsent(revokingOn: #"["userSuspended"]"#)
        try revoke("master", by: officer)
        #expect(try accounts(token).status == 200)
        #expect(try isActive(token))
        try restartConsent(revokingOn: #"["certRevoked"]"#)
        #expect(try !isActive(token))
        #expect(try accounts(token).status == 401)
        let record = try deployment.awaitLog("consent.log", containing: #""event":"grant.ended""#)
        #expect(record.contains("certRevoked") && record.contains("TSUSER0001"))
    }

    @Test func `who ends grants by command stands in the audit log with what they ended`() throws {
        let token = try token(for: allow())
        let settings = deployment.folder.path("consent.json5")
        let audit = deployment.folder.path("logs/audit-consent.log")
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        try deployment.folder.write(
            text.replacing(#"logs: { format"#, with: #"logs: { auditFile: "\#(audit)", format"#),
            to: "command.json5")
        let printed = try ChildProcess.run(
            Deployment.program("sekisho-consent"),
            [
                "grants", "end", "--customer", Self.id, "--config",
                deployment.folder.path("command.json5"),
            ])
        #expect(printed.contains("1 ended"))
        let record = try deployment.awaitLog("audit-consent.log", containing: #""event":"grant.ended""#)
        for part in [
            #""os_user":"\#(NSUserName())""#, #""customer":"\#(Self.id)""#, #""partner":"\#(Self.partner)""#,
            #""status":"endedByInstitution""#,
        ] { #expect(record.contains(part), "\(part)") }
        #expect(try accounts(token).status == 401)
    }

    // MARK: The way

    /// From the authorization request to 情報アクセス許可: there is no 認可業務選択.
    private func reachConsent() throws -> (Visitor, VisitedPage) {
        let visitor = try deployment.visitor()
        let login = try visitor.open("\(deployment.login)/authorize?\(request)")
        let form = try #require(login.form(to: "/.sekisho/password"))
        let credentials = [("id", Self.id), ("password", "Sakura2026")]
        let first = try visitor.submit(form, on: login, credentials)
        let (page, titles) = try Self.walk.toConsent(visitor, from: first)
        try #require(titles == ["API連携認証（追加認証）（利用登録）", "API連携認証（情報アクセス許可）（利用登録）"])
        return (visitor, page)
    }

    /// The same with a certificate of a customer who needs nothing else.
    private func reachConsent(with certificate: String) throws -> (Visitor, VisitedPage) {
        let visitor = try deployment.visitor(certificate)
        let login = try visitor.open("\(deployment.login)/authorize?\(request)")
        let page = try visitor.open(try #require(login.link("電子証明書ログイン")))
        let form = try #require(page.form(to: "/.sekisho/certificate"))
        return (visitor, try visitor.submit(form, on: page, [("password", "Sakura2026")]))
    }

    private var request: String {
        FormFields.encode([
            ("response_type", "code"), ("client_id", Self.partner), ("redirect_uri", callback),
            ("scope", "balance"), ("code_challenge_method", "S256"), ("code_challenge", Self.challenge),
        ])
    }

    /// Presses 許可; returns the code.
    private func allow(with certificate: String? = nil) throws -> String {
        let (visitor, page) = try certificate.map(reachConsent) ?? reachConsent()
        let form = try #require(page.form(to: "/consent"))
        let answer = try visitor.request(
            "POST", "\(page.url.origin)/consent", headers: [("Origin", page.url.origin)],
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

    private func isActive(_ token: String) throws -> Bool {
        let answer = try program().request(
            "POST", "\(deployment.api)/introspect", form: [("client_id", Self.partner), ("token", token)])
        let document = try JSONReader.read(Array(answer.text.utf8), dialect: .json)
        return document["active"]?.bool == true
    }

    /// As the institution does, while the gateway runs.
    @discardableResult
    private func customers(_ words: String..., input: String? = nil) throws -> String {
        try ChildProcess.run(
            Deployment.program("sekisho"),
            ["customers"] + words + ["--config", deployment.folder.path("sekisho.json5")], input: input)
    }

    private func restartConsent(revokingOn endings: String) throws {
        let settings = deployment.folder.url.appending(path: "consent.json5")
        let text = try String(contentsOf: settings, encoding: .utf8)
        let changed = text.replacing(
            /grant: \{( revokeOn: \[.*?\],)?/, with: "grant: { revokeOn: \(endings),")
        try deployment.folder.write(changed, to: "consent.json5")
        deployment.killConsent()
        try deployment.startConsent()
        // The gateway gives a dead upstream a moment.
        for _ in 0..<100 where try accounts("x").status == 503 { usleep(20_000) }
    }

    /// Puts a new list of G1 in force on the running gateway, which names one more certificate.
    private func revoke(_ certificate: String, by officer: Officer) throws {
        let authority = deployment.folder.path("customer-g1")
        if !FileManager.default.fileExists(atPath: authority) {
            try FileManager.default.copyItem(
                atPath: deployment.pki.path("ca/customer-g1"), toPath: authority)
        }
        func openssl(_ words: String...) throws {
            let settings = DevelopmentPKI.package.appending(path: "certs/openssl.cnf").path
            try ChildProcess.run(
                "openssl", ["ca", "-config", settings, "-name", "authority"] + words,
                environment: ["CA_DIR": authority])
        }
        try openssl(
            "-revoke", deployment.pki.path("customers/\(certificate).pem"), "-crl_reason", "keyCompromise")
        let list = deployment.folder.path("customer-g1.crl")
        try openssl("-gencrl", "-out", list)
        var lists = try [UInt8](Data(contentsOf: URL(filePath: list)))
        for other in ["customer-g2", "customer-root", "customer-root-2"] {
            lists += try deployment.bytes("customer-crls/\(other).pem")
        }
        try officer.stage([(kind: "crl", bytes: lists)])
        try officer.send("commit", #"{"allowLockout":1000000}"#)
    }

    private var callback: String { "\(deployment.partnerOrigin)/callback" }

    private static let id = "IDUSER0003"
    private static let partner = "other-partner"
    /// RFC 7636 appendix B.
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    private static let walk = ConsentWalk(
        answers: ["初めて飼ったペットの名前は？": "タマ", "卒業した小学校の名前は？": "都島小学校", "母の旧姓は？": "佐藤"])
}
