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
    @Test func `a backend that is killed is a page with a support code, and the session outlives it`() throws
    {
        let deployment = try Deployment()
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        deployment.killConsent()
        expectRetryPage(try deployment.page(visitor), 503)
        // What the gateway serves itself goes on.
        #expect(
            try deployment.ownPage() == 200)
        try deployment.startConsent()
        let milliseconds = try recovery { try deployment.page(visitor).status == well }
        print("backend killed: 503 page meanwhile, session kept, well \(milliseconds) ms after its start")
        #expect(milliseconds < 3000)
    }

    @Test func `a backend that says nothing is a page after its time, and holds nobody else up`() throws {
        let deployment = try Deployment {
            $0.replacing(
                #"consent: { endpoint: "unix:consent.sock" }"#,
                with: #"consent: { endpoint: "unix:consent.sock", responseSeconds: 1 }"#)
        }
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        let consent = try #require(deployment.consent)
        consent.signal(SIGSTOP)
        defer { consent.signal(SIGCONT) }
        let start = Clock.monotonic()
        expectRetryPage(try deployment.page(visitor), 504)
        let waited = start.millisecondsUntilNow
        #expect((900...5000).contains(waited))
        #expect(
            try deployment.ownPage() == 200)
        consent.signal(SIGCONT)
        let milliseconds = try recovery { try deployment.page(visitor).status == well }
        print("backend stopped: 504 page after \(waited) ms, well \(milliseconds) ms after it goes on")
    }

    @Test
    func `a backend that is slow is waited for; one cut off or garbled is a page, each request its own`()
        throws
    {
        let deployment = try Deployment()
        let backend = try SlowLine(to: .unix(path: deployment.folder.path("consent.sock")))
        defer { backend.end() }
        let settings = try String(contentsOfFile: deployment.folder.path("sekisho.json5"), encoding: .utf8)
        try deployment.folder.write(
            settings.replacing("\"unix:consent.sock\"", with: "\"127.0.0.1:\(backend.port)\""),
            to: "sekisho.json5")
        deployment.gateway?.signal(SIGHUP)
        _ = try deployment.awaitLog("sekisho.log", containing: "gateway.reloaded")
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status

        backend.delayMilliseconds = 700
        let start = Clock.monotonic()
        #expect(try deployment.page(visitor).status == well)
        let slow = start.millisecondsUntilNow
        #expect(slow >= 700)

        Thread.detachNewThread {
            usleep(300_000)
            backend.cut()
        }
        expectRetryPage(try deployment.page(visitor), 502)
        backend.delayMilliseconds = 0
        _ = try recovery { try deployment.page(visitor).status == well }

        backend.isGarbling = true
        expectRetryPage(try deployment.page(visitor), 502)
        #expect(try deployment.ownPage() == 200)
        backend.isGarbling = false
        let milliseconds = try recovery { try deployment.page(visitor).status == well }
        print(
            """
            backend slow: its page in \(slow) ms; cut off in the middle, garbled: 502 pages, session kept, well \
            \(milliseconds) ms after
            """)
    }

    @Test(arguments: ["crash", "stop"])
    func `a database that is gone lets nobody in and forgets nobody`(how: String) throws {
        let postgres = try TestPostgres()
        let deployment = try Deployment(store: postgres.url)
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        if how == "crash" { try postgres.crash() } else { try postgres.signalAll(SIGSTOP) }
        let start = Clock.monotonic()
        let refused = try deployment.logIn(try deployment.visitor())
        let waited = start.millisecondsUntilNow
        #expect(refused.status == 503 && refused.text.contains("APL-"))
        #expect(
            try deployment.ownPage() == 200)
        if how == "crash" { try postgres.start() } else { try postgres.signalAll(SIGCONT) }
        let milliseconds = try recovery { try deployment.page(visitor).status == well }
        // A login may still meet a connection that broke, and is then asked to try again.
        _ = try recovery { try deployment.logIn(try deployment.visitor()).status == 200 }
        print(
            "database \(how): login answered 503 after \(waited) ms, session kept, well \(milliseconds) ms later"
        )
    }

    @Test func `an operator's half a command, noise or silence changes nothing`() throws {
        let deployment = try Deployment()
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
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
        #expect(try deployment.page(visitor).status == well)
        print("admin noise: customers saw nothing, a command was answered after \(milliseconds) ms")
    }

    @Test func `a gateway that is killed and started again knows its sessions, and serves at once`() throws {
        let deployment = try Deployment()
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        deployment.gateway?.kill()
        let start = Clock.monotonic()
        try deployment.startGateway()
        let milliseconds = try recovery { (try? deployment.page(visitor).status) == well }
        let all = start.millisecondsUntilNow
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
