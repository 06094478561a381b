import Foundation
import HTTP
import Journey
import Testing
import Text

/// What operators do with `sekisho customers`, while the gateway runs.
@Suite(.serialized) struct CustomerScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    @discardableResult
    private func customers(_ arguments: String..., input: String? = nil) throws -> String {
        try ChildProcess.run(
            Deployment.program("sekisho"),
            ["customers"] + arguments + ["--config", deployment.folder.path("sekisho.json5")], input: input)
    }

    private func pem(_ name: String) -> String { deployment.pki.path("customers/\(name).pem") }

    private func arrive(_ visitor: Visitor) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        return try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
    }

    private func logIn(_ id: String, _ password: String) throws -> (Visitor, VisitedPage) {
        let visitor = try deployment.visitor()
        let page = try arrive(visitor)
        let form = try #require(page.form(to: "/.sekisho/password"))
        return (visitor, try visitor.submit(form, on: page, [("id", id), ("password", password)]))
    }

    private func certificatePage(_ visitor: Visitor) throws -> VisitedPage {
        try visitor.open(try #require(try arrive(visitor).link("電子証明書ログイン")))
    }

    private func logInWithCertificate(_ name: String) throws -> VisitedPage {
        let visitor = try deployment.visitor(name)
        let page = try certificatePage(visitor)
        guard let form = page.form(to: "/.sekisho/certificate") else { return page }
        return try visitor.submit(form, on: page, [("password", "Sakura2026")])
    }

    /// Whether the login has led on to the backend, whatever its first step is.
    private func isIn(_ page: VisitedPage) -> Bool {
        page.title.hasPrefix("API連携認証（") && !page.url.target.hasPrefix("/.sekisho/")
    }

    /// Personas ⑦ and ⑬ of the development PKI.
    @Test func `a renewed certificate takes the old one's place, and another issuer's does not`() throws {
        #expect(isIn(try logInWithCertificate("superseded")))
        #expect(isIn(try logInWithCertificate("renewed")))
        let refused = try logInWithCertificate("superseded")
        #expect(refused.status == 403 && refused.text.contains("APL-1107"))
        #expect(refused.text.contains("新しい電子証明書を選択してください"))
        let code = try #require(refused.supportCode)
        let record = try deployment.awaitLog("audit.log", containing: code)
        #expect(record.contains(#""reason":"superseded""#) && record.contains("TSUSER0007"))
        #expect(try customers("explain", pem("superseded"), "--json").contains(#""reason":"superseded""#))
        for name in ["two-first", "two-second", "two-first"] {
            #expect(isIn(try logInWithCertificate(name)))
        }
    }

    @Test func `a suspended customer is out within a second, and the audit log knows who did it`() throws {
        let (visitor, page) = try logIn("IDUSER0003", "Sakura2026")
        #expect(isIn(page))
        try customers("suspend", "IDUSER0003")
        let user = NSUserName()
        let record = try deployment.awaitLog("audit.log", containing: #""event":"customer.statusChanged""#)
        #expect(record.contains(#""os_user":"\#(user)""#) && record.contains(#""customer":"IDUSER0003""#))
        let clock = ContinuousClock()
        let start = clock.now
        var answer = try visitor.request("GET", "\(deployment.login)\(page.url.target)")
        while answer.status == 200, clock.now - start < .seconds(3) {
            usleep(10_000)
            answer = try visitor.request("GET", "\(deployment.login)\(page.url.target)")
        }
        #expect(answer.status == 303 && clock.now - start < .milliseconds(1500))
        #expect(try logIn("IDUSER0003", "Sakura2026").1.text.contains("APL-1203"))
        try customers("resume", "IDUSER0003")
        #expect(isIn(try logIn("IDUSER0003", "Sakura2026").1))
    }

    @Test func `a customer who is added logs in, with the password that standard input gave`() throws {
        try customers(
            "add", "NEW0001", "--name", "新規 一郎", "--role", "general", "--method", "password",
            input: "Hajimete-2026\n")
        #expect(isIn(try logIn("NEW0001", "Hajimete-2026").1))
        try customers("set-password", "NEW0001", input: "Futatabi-2026\n")
        #expect(try logIn("NEW0001", "Hajimete-2026").1.text.contains("APL-1201"))
        #expect(isIn(try logIn("NEW0001", "Futatabi-2026").1))
        #expect(try customers("show", "NEW0001").contains("新規 一郎"))
        #expect(!(try deployment.log("audit.log")).contains("-2026"))
        #expect(throws: ScenarioFault.self) { try customers("set-password", "NEW0001", input: "short\n") }
        #expect(throws: ScenarioFault.self) { try customers("close", "NOBODY") }
    }

    @Test func `a list is imported whole or not at all, and what goes out comes in again`() throws {
        let list = deployment.folder.path("list.csv")
        let header = "id,name,role,method,password\n"
        try Data("\(header)LIST0001,a,general,password,Ichiban-2026\nLIST 2,b,boss,password,x\n".utf8)
            .write(to: URL(filePath: list))
        let told = #expect(throws: ScenarioFault.self) { try customers("import", list, "--hash-passwords") }
        #expect(told?.description.contains("list.csv:3: id:") == true)
        #expect(told?.description.contains("list.csv:3: role:") == true)
        #expect(told?.description.contains("nothing was imported") == true)
        #expect(try customers("count").hasPrefix("22"))
        try Data("\(header)LIST0001,a,general,password,Ichiban-2026\n".utf8).write(to: URL(filePath: list))
        try customers("import", list, "--hash-passwords")
        #expect(isIn(try logIn("LIST0001", "Ichiban-2026").1))
        let all = deployment.folder.path("all.csv")
        try customers("export", all)
        let mode = try FileManager.default.attributesOfItem(atPath: all)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try customers("import", all).contains("23 customers, 23 of them known before"))
    }

    @Test(arguments: [
        ("master", "TSUSER0001"), ("general", "tsuser0002"), ("multi-valued", "TSUSER0003"),
        ("contract", "12345678901-KEIRI01-2230"), ("either", "TSUSER0016"), ("two-second", "TSUSER0013"),
        ("unknown", "unknownCustomer"), ("comma", "mapping.notACustomerID"), ("device", "unknownCustomer"),
        ("two-names", "mapping.attributeRepeated"), ("foreign", "mapping.noRule"),
    ])
    func `explain tells of each persona who it is, or why it is nobody`(_ name: String, _ outcome: String)
        throws
    {
        let text = try customers("explain", pem(name), "--json")
        let json = try JSONReader.read(Array(text.utf8), dialect: .json)
        #expect((json["customer"]?.string ?? json["reason"]?.string) == outcome)
        #expect(try customers("explain", pem(name)).contains("sekisho.json5:"))
    }

    @Test func `an enrolled certificate logs in until it is unenrolled`() throws {
        let file = deployment.folder.path("sekisho.json5")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let rule = try #require(
            text.split(separator: "\n").first { $0.contains("customer-ca-g2.pem") && $0.contains("by:") })
        try text.replacing(
            rule, with: #"{ issuer: "pki/customer-ca-g2.pem", by: "enrolled", enrolledBy: "fingerprint" },"#
        )
        .write(toFile: file, atomically: true, encoding: .utf8)
        deployment.gateway?.stop()
        try deployment.startGateway()
        #expect(try logInWithCertificate("either").text.contains("APL-1104"))
        _ = try deployment.awaitLog("audit.log", containing: #""reason":"mapping.notEnrolled""#)
        try customers("enroll", "TSUSER0016", pem("either"))
        #expect(isIn(try logInWithCertificate("either")))
        #expect(throws: ScenarioFault.self) { try customers("enroll", "TSUSER0001", pem("either")) }
        try customers("unenroll", "TSUSER0016", pem("either"))
        #expect(try logInWithCertificate("either").text.contains("APL-1104"))
    }
}
