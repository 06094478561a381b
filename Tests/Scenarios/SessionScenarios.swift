import Foundation
import HTTP
import Journey
import Testing

/// Operators look at sessions and end them, with the real programs.
@Suite(.serialized) struct SessionScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    private func sessions(_ arguments: String...) throws -> String {
        try ChildProcess.run(
            Deployment.program("sekisho"),
            ["sessions"] + arguments + ["--config", deployment.folder.path("sekisho.json5")])
    }

    private func logIn(_ id: String) throws -> (visitor: Visitor, page: VisitedPage) {
        let visitor = try deployment.visitor()
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        let login = try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
        let form = try #require(login.form(to: "/.sekisho/password"))
        let page = try visitor.submit(form, on: login, [("id", id), ("password", "Sakura2026")])
        return (visitor, page)
    }

    private func isOut(_ visitor: Visitor) throws -> Bool {
        for _ in 0..<150 {
            let answer = try visitor.request("GET", "\(deployment.login)/consent")
            if answer.status == 303, answer.headers["Location"]?.contains("/.sekisho/login") == true {
                return true
            }
            usleep(10_000)
        }
        return false
    }

    @Test func `sessions are listed and ended from the command line, and the log says by whom`() throws {
        #expect(try sessions("list").contains("0 sessions"))
        let first = try logIn("IDUSER0003").visitor
        let second = try logIn("TSUSER0016").visitor
        let lines = try sessions("list", "--json").split(separator: "\n")
        #expect(lines.count == 2)
        let one = try #require(lines.first { $0.contains("IDUSER0003") })
        #expect(try sessions("list", "--customer", "TSUSER0016").contains("1 sessions"))
        let cookie = try #require(first.cookie("__Host-sekisho", for: "fb.localhost"))
        #expect(!lines.contains { $0.contains(cookie) })

        let name = try #require(one.firstMatch(of: #/"session":"([^"]+)"/#)?.1)
        #expect(try sessions("end", "--session", String(name)).contains("1 ended"))
        #expect(try isOut(first))
        #expect(try sessions("end", "--customer", "TSUSER0016").contains("1 ended"))
        #expect(try isOut(second))
        #expect(try sessions("end", "--all").contains("0 ended"))
        let record = try deployment.awaitLog("audit.log", containing: "\"session\":\"\(name)\"")
        #expect(record.contains("sessions.endAsked"))
        let asked = try deployment.awaitLog("audit.log", containing: "sessions.endAsked")
        #expect(asked.contains("\"os_user\":\"\(NSUserName())\""))
    }

    @Test func `asked wrongly, it ends nothing`() throws {
        _ = try logIn("IDUSER0003")
        for arguments in [
            ["end"], ["end", "--all", "--customer", "IDUSER0003"], ["list", "--all"],
            ["end", "--customer", "a b"],
            ["end", "--session", "nobody"], ["rest"],
        ] {
            #expect(throws: ScenarioFault.self) {
                try ChildProcess.run(
                    Deployment.program("sekisho"),
                    ["sessions"] + arguments + ["--config", deployment.folder.path("sekisho.json5")])
            }
        }
        #expect(try sessions("list").contains("1 sessions"))
    }

    // Threats row 65.
    @Test func `no key log is written, whatever the environment asks for`() throws {
        let file = deployment.folder.path("keys.log")
        deployment.gateway?.stop()
        try deployment.startGateway(environment: ["SSLKEYLOGFILE": file])
        _ = try logIn("IDUSER0003")
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
