import Foundation
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import TestPostgres
import Testing

/// What breaks around the gateway, one thing after the other: what the customer sees meanwhile, that nothing is
/// lost, and how long it takes until all is well again.
@Suite(.serialized) struct FaultScenarios {
    private func logIn(_ deployment: Deployment) throws -> Visitor {
        let visitor = try deployment.visitor()
        let page = try attempt(visitor, deployment)
        #expect(page.status == 200 && page.url.path.hasPrefix("/consent"), "\(page.status) \(page.url.path)")
        return visitor
    }

    private func attempt(_ visitor: Visitor, _ deployment: Deployment) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        let login = try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
        let form = try #require(login.form(to: "/.sekisho/password"))
        return try visitor.submit(form, on: login, [("id", "IDUSER0003"), ("password", "Sakura2026")])
    }

    /// A page of the backend, for whoever is logged in.
    private func page(_ visitor: Visitor, _ deployment: Deployment) throws -> (status: Int, text: String) {
        let answer = try visitor.request("GET", "\(deployment.login)/consent/nothing")
        return (answer.status, answer.text)
    }

    /// Milliseconds until `isWell`.
    private func recovery(_ isWell: () throws -> Bool) throws -> Int {
        let start = Clock.monotonic()
        while Clock.monotonic() < start.adding(milliseconds: 20_000) {
            if try isWell() { return Clock.monotonic().microseconds(since: start) / 1000 }
            usleep(10_000)
        }
        throw ScenarioFault("all is not well again after 20 seconds")
    }

    private func expectRetryPage(_ answer: (status: Int, text: String), _ status: Int) {
        #expect(answer.status == status)
        #expect(answer.text.contains("APL-"), "a support code, in Japanese or English")
    }

    @Test func `a backend that is killed is a page with a support code, and the session outlives it`() throws
    {
        let deployment = try Deployment()
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        deployment.killConsent()
        expectRetryPage(try page(visitor, deployment), 503)
        // What the gateway serves itself goes on.
        #expect(
            try deployment.visitor().request("GET", "\(deployment.login)/.sekisho/style.css").status == 200)
        try deployment.startConsent()
        let milliseconds = try recovery { try page(visitor, deployment).status == well }
        print("backend killed: 503 page meanwhile, session kept, well \(milliseconds) ms after its start")
        #expect(milliseconds < 3000)
    }

    @Test func `a backend that says nothing is a page after its time, and holds nobody else up`() throws {
        let deployment = try Deployment {
            $0.replacing(
                #"consent: { endpoint: "unix:consent.sock" }"#,
                with: #"consent: { endpoint: "unix:consent.sock", responseSeconds: 1 }"#)
        }
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        let consent = try #require(deployment.consent)
        consent.signal(SIGSTOP)
        defer { consent.signal(SIGCONT) }
        let start = Clock.monotonic()
        expectRetryPage(try page(visitor, deployment), 504)
        let waited = Clock.monotonic().microseconds(since: start) / 1000
        #expect((900...5000).contains(waited))
        #expect(
            try deployment.visitor().request("GET", "\(deployment.login)/.sekisho/style.css").status == 200)
        consent.signal(SIGCONT)
        let milliseconds = try recovery { try page(visitor, deployment).status == well }
        print("backend stopped: 504 page after \(waited) ms, well \(milliseconds) ms after it goes on")
    }

    @Test(arguments: ["crash", "stop"])
    func `a database that is gone lets nobody in and forgets nobody`(how: String) throws {
        let postgres = try TestPostgres()
        let deployment = try Deployment(store: postgres.url)
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        if how == "crash" { try postgres.crash() } else { try postgres.signalAll(SIGSTOP) }
        let start = Clock.monotonic()
        let refused = try attempt(try deployment.visitor(), deployment)
        let waited = Clock.monotonic().microseconds(since: start) / 1000
        #expect(refused.status == 503 && refused.text.contains("APL-"))
        #expect(
            try deployment.visitor().request("GET", "\(deployment.login)/.sekisho/style.css").status == 200)
        if how == "crash" { try postgres.start() } else { try postgres.signalAll(SIGCONT) }
        let milliseconds = try recovery { try page(visitor, deployment).status == well }
        // A login may still meet a connection that broke, and is then asked to try again.
        _ = try recovery { try attempt(try deployment.visitor(), deployment).status == 200 }
        print(
            "database \(how): login answered 503 after \(waited) ms, session kept, well \(milliseconds) ms later"
        )
    }

    @Test func `a full disk under the store lets nobody in, and logins go on once there is room`() throws {
        let folder = try TemporaryFolder()
        // A file system of its own takes root, and a machine that allows it.
        let mount = try ChildProcess.outcome(
            "mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder.url.path])
        guard mount.status == 0 else {
            return print("full disk: not tried, no file system can be mounted here")
        }
        defer { _ = try? ChildProcess.outcome("umount", ["-l", folder.url.path]) }
        let deployment = try Deployment {
            $0.replacing("sqlite:customers.sqlite", with: "sqlite:\(folder.path("customers.sqlite"))")
        }
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        fill(folder.path("filler"))
        // The store has some room of its own left; sooner or later there is none.
        var refused: VisitedPage?
        for _ in 0..<200 where refused == nil {
            let answer = try attempt(try deployment.visitor(), deployment)
            if answer.status != 200 { refused = answer }
        }
        #expect(refused?.status == 503)
        #expect(refused?.text.contains("APL-") == true)
        #expect(try page(visitor, deployment).status == well, "who is logged in stays so")
        try FileManager.default.removeItem(atPath: folder.path("filler"))
        let milliseconds = try recovery { try attempt(try deployment.visitor(), deployment).status == 200 }
        print(
            "disk full: login answered \(refused?.status ?? 0), sessions kept, well after \(milliseconds) ms")
        let check = try ChildProcess.run(
            "sqlite3", [folder.path("customers.sqlite"), "PRAGMA integrity_check"])
        #expect(check.hasPrefix("ok"))
    }

    private func fill(_ path: String) {
        let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        defer { Glibc.close(file) }
        for size in [65_536, 4096, 1] {
            let bytes = [UInt8](repeating: 0x78, count: size)
            while unsafe write(file, bytes, size) == size {}
        }
    }

    @Test func `an operator's half a command, noise or silence changes nothing`() throws {
        let deployment = try Deployment()
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        let socket = Endpoint.unix(path: deployment.folder.path("admin.sock"))
        let parts = [
            "",
            "POST /trust/customers/commit HTTP/1.1\r\nHost: sekisho\r\nContent-Length: 100\r\n\r\n{\"allow",
            "POST /trust/customers/stage HTTP/1.1\r\nHost: sekisho\r\nContent-Length: 999999999999\r\n\r\n{}",
            "\u{16}\u{3}\u{1}\u{2}garbage", "GET / HTTP/1.1\r\n",
            "POST /trust/../../x HTTP/1.1\r\nHost: a\r\n\r\n",
            String(repeating: "x", count: 100_000),
        ]
        var open: [Int32] = []
        for index in 0..<140 {
            let descriptor = try Sockets.connect(socket)
            let bytes = Array(parts[index % parts.count].utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe Sockets.write(descriptor, $0) }
            // Some hang up at once, some never do.
            if index % 2 == 0 { Sockets.close(descriptor) } else { open.append(descriptor) }
        }
        defer { for descriptor in open { Sockets.close(descriptor) } }
        let milliseconds = try recovery {
            let shown = try ChildProcess.outcome(
                Deployment.program("sekisho"),
                ["trust", "show", "customers", "--config", deployment.folder.path("sekisho.json5")])
            return shown.status == 0 && shown.output.contains("1")
        }
        #expect(try page(visitor, deployment).status == well)
        print("admin noise: customers saw nothing, a command was answered after \(milliseconds) ms")
    }

    @Test func `a gateway that is killed and started again knows its sessions, and serves at once`() throws {
        let deployment = try Deployment()
        let visitor = try logIn(deployment)
        let well = try page(visitor, deployment).status
        deployment.gateway?.kill()
        let start = Clock.monotonic()
        try deployment.startGateway()
        let milliseconds = try recovery { (try? page(visitor, deployment).status) == well }
        let all = Clock.monotonic().microseconds(since: start) / 1000
        print(
            "gateway killed: session kept, serving \(all) ms after its start (\(milliseconds) ms of asking)")
        #expect(all < 10_000)
    }

    @Test func `threats row 66, a clock that jumps moves validity, and no time limit`() throws {
        let clock = try JumpingClock()
        let deployment = try Deployment()
        deployment.gateway?.stop()
        try deployment.startGateway(environment: clock.environment)
        // The backend believes no statement of another time than its own.
        deployment.killConsent()
        try deployment.startConsent(environment: clock.environment)
        let client = try deployment.client(
            to: "api.fb.localhost", as: deployment.identity("partners/sample-partner"))
        let well = try deployment.status(client, "api.fb.localhost")
        #expect(well != 401)
        let days = { (count: Int) in count * 86_400 }
        // A kept connection outlives the jump, and so does its certificate, which is good for longer.
        clock.jump(to: days(1))
        #expect(try deployment.status(client, "api.fb.localhost") == well)
        clock.jump(to: -days(1))
        #expect(try [well, 401].contains(deployment.status(client, "api.fb.localhost")))
        // Past the end of all certificates nobody is let in, on the connection that stands either.
        clock.jump(to: days(10_000))
        #expect(try deployment.status(client, "api.fb.localhost") == 401)
        clock.jump(to: 0)
        let milliseconds = try recovery { try deployment.status(client, "api.fb.localhost") == well }
        #expect(client.connectionTLS != nil)
        print("clock jumps: kept connection judged by the new time each time, well \(milliseconds) ms after")
    }
}

/// A wall clock that a program started with `environment` reads, and that jumps when it is told to.
private final class JumpingClock {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        jump(to: 0)
        let source = DevelopmentPKI.package.appending(path: "Tests/Scenarios/Clients/jumping-clock.c")
        try ChildProcess.run(
            "clang", ["-shared", "-fPIC", "-O1", "-o", folder.path("clock.so"), source.path, "-ldl"])
    }

    var environment: [String: String] {
        ["LD_PRELOAD": folder.path("clock.so"), "SEKISHO_TEST_CLOCK": folder.path("offset")]
    }

    /// Seconds beside the machine's clock.
    func jump(to seconds: Int) { try? folder.write("\(seconds)\n", to: "offset") }
}
