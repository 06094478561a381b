import Foundation
import Glibc
import HTTP
import Journey
import TestPostgres
import Testing

/// Two gateways and two consent backends on one PostgreSQL server: the real programs, and the real server taken
/// away and given back.
@Suite(.serialized) struct TwoNodeScenarios {
    let server: TestPostgres
    let deployment: Deployment

    init() throws {
        server = try TestPostgres()
        deployment = try Deployment(store: server.url)
        try deployment.startSecondNode()
    }

    private static let both = ["127.0.0.1", "127.0.0.2"]
    private static let questionTitle = "API連携認証（追加認証）（利用登録）"
    private static let scopesTitle = "API連携認証（認可業務選択）（利用登録）"
    private static let consentTitle = "API連携認証（情報アクセス許可）（利用登録）"

    @Test func `the whole journey works when every request goes to the other node`() throws {
        try ChildProcess.run(
            Deployment.program("sekisho-partner"),
            [
                "walk", "--pki", deployment.pki.folder.path, "--partner", deployment.partnerOrigin,
                "--authorization-server", deployment.login, "--api", deployment.api, "--nodes",
                Self.both.joined(separator: ","),
            ])
        for log in ["audit.log", "audit-2.log"] {
            #expect(try deployment.log(log).contains("login"), "\(log) knows of no login")
        }
    }

    @Test func `a session made on one node is honoured by the other, and bound to its certificate there`()
        throws
    {
        let owner = try visitor(on: "127.0.0.1", "master")
        let page = try logInWithCertificate(owner)
        #expect(page.title == Self.scopesTitle)
        let target = "\(deployment.certificateHost)\(page.url.target)"
        owner.nodes = ["127.0.0.2"]
        #expect(try owner.open(target).title == Self.scopesTitle)
        let thief = try visitor(on: "127.0.0.2", "general")
        let cookie = try #require(owner.cookie("__Host-sekisho", for: "cert.fb.localhost"))
        thief.plantCookie("__Host-sekisho", cookie, for: "cert.fb.localhost")
        #expect(try thief.request("GET", target).status == 303)
        // It was seen without its certificate there, and is worth nothing here.
        owner.nodes = ["127.0.0.1"]
        _ = try reload(owner, target) { $0.title != Self.scopesTitle }
    }

    @Test func `wrong passwords are counted together`() throws {
        let visitor = try deployment.visitor()
        for attempt in 1...4 {
            visitor.nodes = [Self.both[attempt % 2]]
            #expect(try logIn(visitor, "IDUSER0009", password: "x").text.contains("APL-1201"))
        }
        visitor.nodes = ["127.0.0.2"]
        #expect(try logIn(visitor, "IDUSER0009", password: "x").text.contains("APL-1202"))
        for node in Self.both {
            #expect(try logIn(try self.visitor(on: node), "IDUSER0009").text.contains("APL-1202"))
        }
    }

    @Test func `the newest login wins on whichever node, and the older browser is told so`() throws {
        let (first, second) = (try visitor(on: "127.0.0.1"), try visitor(on: "127.0.0.2"))
        let page = try logIn(first, "IDUSER0003")
        #expect(try logIn(second, "IDUSER0003").title == Self.questionTitle)
        let told = try reload(first, "\(deployment.login)\(page.url.target)") { $0.status != 200 }
        #expect(told.text.contains("APL-1902"))
    }

    @Test func `a customer stopped in the store loses the session on both nodes within a second`() throws {
        let visitor = try visitor(on: "127.0.0.1")
        let page = try logIn(visitor, "IDUSER0003")
        let target = "\(deployment.login)\(page.url.target)"
        for node in Self.both {
            visitor.nodes = [node]
            #expect(try visitor.open(target).title == Self.questionTitle)
        }
        try server.run("UPDATE customers SET status = 'stopped' WHERE id = 'IDUSER0003'", in: "sekisho")
        usleep(1_100_000)  // what was looked up before the change holds for a second
        for node in Self.both {
            let other = try deployment.visitor()
            other.nodes = [node]
            other.plantCookie(
                "__Host-sekisho", try #require(visitor.cookie("__Host-sekisho", for: "fb.localhost")),
                for: "fb.localhost")
            #expect(try other.request("GET", target).status == 303)
        }
    }

    @Test func `a trust epoch committed on one node is in force on the other within a second`() throws {
        let visitor = try visitor(on: "127.0.0.2", "two-second")
        let first = try logInWithCertificate(visitor)
        let target = "\(deployment.certificateHost)\(first.url.target)"
        #expect(try visitor.request("GET", target).status == 200)
        let anchors = deployment.pki.path("ca/customer-root/ca.pem")
        #expect(try trust("stage", "customers", anchors, on: "sekisho.json5").status == 0)
        let commit = try trust("commit", "customers", "--allow-lockout", "1", on: "sekisho.json5")
        let committed = ContinuousClock.now
        #expect(commit.status == 0 && commit.output.contains("epoch 2 of customers is in force"))
        // On the connection and with the session that stand.
        let refused = try reload(visitor, target) { $0.status != 200 }
        let delay = ContinuousClock.now - committed
        print("the other node took the epoch up \(delay) after the commit")
        #expect(refused.status == 403 && refused.text.contains("APL-1104"))
        #expect(delay < .milliseconds(1_500))  // the second, and what a busy machine adds to it
        let shown = try trust("show", "customers", on: "sekisho-2.json5")
        #expect(shown.output.contains("customers: epoch 2"))
        // Back on the other one, and both let the certificate in again.
        #expect(try trust("rollback", "customers", on: "sekisho-2.json5").status == 0)
        usleep(1_100_000)
        for node in Self.both {
            let again = try self.visitor(on: node, "two-second")
            #expect(try logInWithCertificate(again).title == first.title)
        }
    }

    @Test func `a database that crashes gives a page, and nothing is lost when it is back`() throws {
        try outage {
            try server.crash()
        } ending: {
            try server.start()
        }
    }

    @Test func `a database that is restarted gives a page, and nothing is lost when it is back`() throws {
        try outage {
            server.stop(keeping: true)
        } ending: {
            try server.start()
        }
    }

    @Test func `a database that says nothing gives a page in time, and nothing is lost when it goes on`()
        throws
    {
        try outage {
            try server.signalAll(SIGSTOP)
        } ending: {
            try server.signalAll(SIGCONT)
        }
    }

    /// Takes the store away from somebody who has answered a question and not yet chosen scopes.
    private func outage(_ begin: () throws -> Void, ending end: () throws -> Void) throws {
        let visitor = try visitor(on: "127.0.0.1")
        let question = try logIn(visitor, "IDUSER0003")
        #expect(question.title == Self.questionTitle)
        let scopes = try visitor.submit(
            try #require(question.form(to: "/consent")), on: question,
            [("answer", try Self.answer(to: question)), ("decision", "answer")])
        #expect(scopes.title == Self.scopesTitle)
        let target = "\(deployment.login)\(scopes.url.target)"
        usleep(1_000_000)  // by then the server has on disk what nobody waited for, too
        try begin()
        usleep(1_100_000)  // what was looked up before holds for a second
        for node in Self.both {
            visitor.nodes = [node]
            let began = ContinuousClock.now
            let broken = try reload(visitor, target) { $0.status != 200 }
            #expect(ContinuousClock.now - began < .seconds(15))
            expectTrouble(broken)
            // Whoever comes next is told at once.
            let refused = ContinuousClock.now
            #expect(try visitor.open(target).status == 503)
            #expect(ContinuousClock.now - refused < .seconds(1))
        }
        // So is who presses a button.
        let form = try #require(scopes.form(to: "/consent"))
        let fields = scopes.checkboxes.map { ($0, "yes") } + [("decision", "scopes")]
        expectTrouble(try visitor.submit(form, on: scopes, fields))
        try end()
        for node in Self.both {
            visitor.nodes = [node]
            // The question is not asked again.
            let again = try reload(visitor, target) { $0.status == 200 }
            #expect(again.title == Self.scopesTitle)
        }
        // The journey goes on where it stood, over both nodes to its end.
        visitor.nodes = Self.both
        let (consent, titles) = try ConsentWalk().toConsent(visitor, from: try visitor.open(target))
        #expect(titles == [Self.scopesTitle, Self.consentTitle])
        let end = try visitor.submit(
            try #require(consent.form(to: "/consent")), on: consent,
            [("decision", "allow"), ("agree", "yes")])
        #expect(end.title == "連携が完了しました")
    }

    /// A page in Japanese that says when to come again, and what to say to the help desk.
    private func expectTrouble(_ page: VisitedPage, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(page.status == 503, sourceLocation: sourceLocation)
        #expect(page.text.contains("APL-1912"), sourceLocation: sourceLocation)
        #expect(page.text.contains(#"lang="ja""#), sourceLocation: sourceLocation)
        #expect(page.supportCode != nil, sourceLocation: sourceLocation)
        let seconds = page.headers["Retry-After"].flatMap { Int($0) }
        #expect((1...60).contains(seconds ?? 0), sourceLocation: sourceLocation)
    }

    // MARK: Parts of the way

    private func visitor(on node: String, _ certificate: String? = nil) throws -> Visitor {
        let visitor = try deployment.visitor(certificate)
        visitor.nodes = [node]
        return visitor
    }

    /// Opens a page again and again until it is as awaited.
    private func reload(
        _ visitor: Visitor, _ url: String, until isAwaited: (VisitedPage) -> Bool
    ) throws -> VisitedPage {
        for _ in 0..<1_000 {
            let page = try visitor.open(url)
            if isAwaited(page) { return page }
            usleep(20_000)
        }
        throw ScenarioFault("\(url) does not become what is awaited")
    }

    private static func answer(to page: VisitedPage) throws -> String {
        let answers = ["初めて飼ったペットの名前は？": "たま", "卒業した小学校の名前は？": "都島小学校", "母の旧姓は？": "佐藤"]
        return try #require(answers.first { page.text.contains($0.key) }).value
    }

    private func trust(
        _ arguments: String..., on settings: String
    ) throws -> (status: Int32, output: String) {
        try ChildProcess.outcome(
            Deployment.program("sekisho"),
            ["trust"] + arguments + ["--config", deployment.folder.path(settings)])
    }

    private func arrive(_ visitor: Visitor) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        return try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
    }

    private func logIn(
        _ visitor: Visitor, _ id: String, password: String = "Sakura2026"
    ) throws -> VisitedPage {
        let page = try arrive(visitor)
        let form = try #require(page.form(to: "/.sekisho/password"))
        return try visitor.submit(form, on: page, [("id", id), ("password", password)])
    }

    private func logInWithCertificate(_ visitor: Visitor) throws -> VisitedPage {
        let page = try visitor.open(try #require(try arrive(visitor).link("電子証明書ログイン")))
        let form = try #require(page.form(to: "/.sekisho/certificate"))
        return try visitor.submit(form, on: page, [("password", "Sakura2026")])
    }
}
