import Crypto
import Glibc
import HTTP
import Identity
import Reactor
import Serving
import Settings
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import Traces
import X509

@testable import Gateway

/// `sekisho trace`, against a running gateway over its admin socket.
@Suite struct TraceRecordingTests {
    private let running: RunningBank
    private var bank: TestBank { running.bank }

    init() throws {
        running = try RunningBank { bank in
            bank.settings.admin = GatewaySettings.Admin(socket: bank.folder.file("admin.sock"))
        }
    }

    private func command(
        _ method: String, _ path: String, _ body: String = ""
    ) throws -> (status: Int, json: JSONNode) {
        let client = try BlockingClient(to: .unix(path: bank.folder.file("admin.sock")))
        let response = try client.send(
            method, path, headers: headers("sekisho"), body: Array(body.utf8))
        return (response.head.status, try JSONReader.read(response.body, dialect: .json))
    }

    private func start(_ name: String, _ more: String = "") throws {
        let answer = try command("POST", "/trace/start", #"{"file":"\#(bank.folder.file(name))"\#(more)}"#)
        try #require(answer.status == 200, "\(answer.json)")
    }

    /// Waits until so many connections are written down.
    private func awaitConnections(_ count: Int) throws {
        for _ in 0..<500 where try command("GET", "/trace").json["connections"]?.integer ?? 0 < count {
            usleep(10_000)
        }
    }

    /// The lines of the trace that ends here, once so many are written: clients are gone before the gateway
    /// has seen that they are.
    private func stop(_ name: String, after count: Int = 0) throws -> [TraceLine] {
        try awaitConnections(count)
        try #require(try command("POST", "/trace/stop").status == 200)
        var reader = TraceReader()
        var lines: [TraceLine] = []
        reader.take(try Files.read(bank.folder.file(name))[...], isLast: true) { item in
            if case .line(_, let line) = item { lines.append(line) } else { Issue.record("\(item)") }
        }
        return lines
    }

    /// One connection with so many requests; gone, as the gateway sees it, when this returns.
    private func visit(_ host: String, as identity: TestCertificate? = nil, times: Int = 1) throws
        -> [String?]
    {
        let client = try running.client(to: host, as: identity)
        defer { client.disconnect() }
        return try (0..<times).map { number in
            // Nobody is to find this in a trace.
            let fields = headers(host, number == times - 1 ? [("Connection", "close")] : [])
            return try client.send("GET", "/accounts/4711?secret=1", headers: fields).head
                .headers[ReportedOutcome.fieldName]
        }
    }

    /// One connection on which nothing is asked.
    private func greet(_ host: String, as identity: TestCertificate) throws {
        let socket = try Sockets.connect(running.endpoint)
        defer { Sockets.close(socket) }
        let tls = try TLSConnection(
            connecting: try running.context(identity), socket: socket, serverName: host)
        for _ in 0..<2000 {
            switch tls.handshake() {
            case .done:
                _ = tls.sendCloseNotify()
                return
            case .failed(let fault): throw fault
            default: usleep(5000)
            }
        }
        Issue.record("no handshake within ten seconds")
    }

    @Test func `a trace tells what connections came to, and of nobody who it was`() throws {
        let master = bank.customers.issue("TSUSER0001")
        let expired = bank.customers.issue(
            "TSUSER0001", notAfter: WallTime(seconds: Clock.wall() - 86_400))
        let foreign = TestAuthority(name: "Another Bank").issue("TSUSER0001")
        let nobody = bank.customers.issue("客", key: .p384)
        let partner = bank.partners.issue("partner")
        let host = TestBank.certificate
        _ = try visit(host, as: master)  // before it begins
        try start("a.trace")
        _ = try visit(host, as: master, times: 3)
        _ = try visit(host, as: master)
        _ = try visit(host, as: expired)
        _ = try visit(host, as: foreign)
        _ = try visit(host)
        _ = try visit(host, as: nobody)
        _ = try visit(TestBank.partner, as: partner)
        _ = try visit(TestBank.login)
        let stranger = "unknown.bank.example"
        _ = try? BlockingClient(to: running.endpoint, tls: (try running.context(), stranger))
            .send("GET", "/", headers: headers(stranger))
        let lines = try stop("a.trace", after: 9)

        func found(_ isMeant: (TraceLine) -> Bool) -> [TraceLine] { lines.filter(isMeant) }
        #expect(lines.count == 9)
        let known = found { $0.verdict == .trusted && $0.reason == nil && $0.host == host }
        #expect(known.map(\.requestCount) == [3, 1])
        #expect(Set(known.map(\.customer)).count == 1 && known[0].customer?.utf8.count == 16)
        #expect(known[0].version == "1.3" && known[0].group == "X25519" && known[0].key == "EC P-256")
        #expect(known[0].alpn == "http/1.1" && known[0].cipher?.hasPrefix("TLS_AES") == true)
        #expect(known[0].chainCount == 1 && known[0].handshake == .full)
        let refused = found { $0.verdict == .refused }
        #expect(refused.map(\.reason) == ["expired", "unknownIssuer"])
        // A certificate that is not trusted speaks for no customer, whatever stands in it.
        #expect(Set(lines.compactMap(\.customer)).count == 5)
        #expect(found { $0.verdict == .absent }.map(\.host) == [host, TestBank.login])
        let unmapped = found { $0.reason?.hasPrefix("mapping.") == true }
        #expect(unmapped.count == 1 && unmapped[0].verdict == .trusted && unmapped[0].key == "EC P-384")
        #expect(found { $0.host == TestBank.partner }.map(\.verdict) == [.trusted])
        let failed = found { $0.handshake == .failed }
        #expect(failed.count == 1 && failed[0].host == nil && failed[0].ending == "peer.unknownName")

        let text = try bank.folder.text(of: "a.trace")
        let certificates = [master, expired, foreign, nobody, partner].map(\.certificate)
        for trace in [
            "TSUSER", "客", "partner\"", "127.0.0.1", "4711", "secret", "unknown.bank", "Test Customer",
        ]
            + certificates.flatMap({ [$0.fingerprint.hex, $0.serialHex] })
        {
            #expect(!text.contains(trace), "\(trace)")
        }
        var facts = stat()
        try #require(unsafe stat(bank.folder.file("a.trace"), &facts) == 0)
        #expect(facts.st_mode & 0o777 == 0o600)
    }

    @Test func `the same customer is another in the next trace`() throws {
        let master = bank.customers.issue("TSUSER0001")
        var names: [String?] = []
        for name in ["a.trace", "b.trace"] {
            try start(name)
            _ = try visit(TestBank.certificate, as: master)
            names += try stop(name, after: 1).map(\.customer)
        }
        #expect(names.count == 2 && names[0] != nil && names[0] != names[1])
    }

    @Test func `a customer who comes back and asks for nothing is the same customer`() throws {
        let master = bank.customers.issue("TSUSER0001")
        try start("a.trace")
        _ = try visit(TestBank.certificate, as: master)
        try awaitConnections(1)
        try greet(TestBank.certificate, as: master)
        let lines = try stop("a.trace", after: 2)
        try #require(lines.map(\.requestCount) == [1, 0])
        #expect(lines.map(\.verdict) == [.trusted, nil])
        #expect(lines[0].customer != nil && lines[0].customer == lines[1].customer)
    }

    @Test func `clients on this machine are told what is thought of them only when an operator says so`()
        throws
    {
        let master = bank.customers.issue("TSUSER0001")
        let host = TestBank.certificate
        #expect(try visit(host, as: master) == [nil])
        try start("a.trace")
        #expect(try visit(host, as: master) == [nil])
        _ = try stop("a.trace")
        try start("b.trace", #","tell":true"#)
        let told = try visit(host, as: master, times: 2).map { $0.flatMap { ReportedOutcome(parsing: $0) } }
        let outcome = ReportedOutcome(
            verdict: .trusted, customer: "TSUSER0001",
            certificate: String(master.certificate.fingerprint.hex.prefix(16)))
        #expect(told == [outcome, outcome])
        #expect(try visit(host) == ["absent"])
        // What a backend answers is told as well, and no backend can say it.
        let partner = bank.partners.issue("partner")
        let partnerTold = try visit(TestBank.partner, as: partner)[0].flatMap { ReportedOutcome(parsing: $0) }
        #expect(partnerTold?.verdict == .trusted && partnerTold?.customer == nil)
        _ = try stop("b.trace")
        #expect(try visit(host, as: master) == [nil])
    }

    /// A recording without a gateway.
    private func recording(_ name: String, seconds: Int = 60, tells: Bool = true) throws -> TraceRecording {
        let terms = TraceRecording.Terms(
            path: bank.folder.file(name), bytesMax: 64 << 20, secondsMax: seconds, tellsLoopback: tells)
        let rules = try MappingRules([])
        return try TraceRecording(terms, loopCount: 1) { rules }
    }

    @Test func `nobody on another machine is told anything, and nobody at all once the time is over`() throws
    {
        let recording = try recording("a.trace")
        defer { recording.end(.stopped) }
        let now = recording.start
        for address in ["127.0.0.1", "127.8.9.1", "::1"] {
            #expect(recording.tells(address, at: now))
            #expect(!recording.tells(address, at: now.adding(milliseconds: 60_000)))
        }
        for address in ["203.0.113.9", "10.0.0.1", "128.0.0.1", "::2", "fe80::1", ""] {
            #expect(!recording.tells(address, at: now), "\(address)")
        }
        let silent = try self.recording("b.trace", tells: false)
        defer { silent.end(.stopped) }
        #expect(!silent.tells("127.0.0.1", at: silent.start))
    }

    private func sighting(openedAt: MonotonicTime) -> TraceSighting {
        TraceSighting(
            openedAt: openedAt, closedAt: openedAt, host: TestBank.login, isPartner: false, agreement: nil,
            leaf: nil, chainCount: 0, verdict: nil, requestCount: 0, ending: TraceLine.closed)
    }

    @Test func `a loop that is faster than the recording never waits: what is too much is counted`() throws {
        let recording = try recording("a.trace")
        let (late, count) = (sighting(openedAt: recording.start), 200_000)
        for _ in 0..<count { recording.note(late, loop: 0) }
        recording.end(.stopped)
        let status = recording.status
        #expect(status.dropped > 0 && status.connections >= 8192, "\(status)")
        #expect(status.connections + status.dropped == count)
    }

    @Test func `a connection that was open before a trace began, or of no loop, is not in it`() throws {
        let before = sighting(openedAt: Clock.monotonic())
        let recording = try recording("a.trace")
        recording.note(before, loop: 0)
        recording.note(sighting(openedAt: recording.start), loop: 1)
        recording.note(sighting(openedAt: recording.start), loop: 0)
        recording.end(.stopped)
        #expect(recording.status.connections == 1 && recording.status.dropped == 0)
    }

    @Test func `a trace ends by itself after its seconds`() throws {
        let recording = try recording("a.trace", seconds: 1)
        for _ in 0..<1000 where recording.status.end == nil { usleep(10_000) }
        #expect(recording.status.end == .time)
        #expect(try bank.folder.text(of: "a.trace").hasPrefix("{\"trace\":\"sekisho\""))
        recording.end(.stopped)
        #expect(recording.status.end == .time)
    }

    @Test func `a trace ends at its size, and the gateway goes on`() throws {
        try start("a.trace", #","bytesMax":1024"#)
        for _ in 0..<10 { _ = try visit(TestBank.certificate) }
        var end: String?
        for _ in 0..<200 where end == nil {
            end = try command("GET", "/trace").json["end"]?.string
            usleep(10_000)
        }
        #expect(end == "size")
        let size = try Files.read(bank.folder.file("a.trace")).count
        #expect(size <= 1024 && size > 1024 - 300)
        #expect(try visit(TestBank.certificate) == [nil])
        #expect(try stop("a.trace").count > 2)
    }

    @Test func `a trace goes to a new file of the gateway's own, and to one at a time`() throws {
        _ = try bank.folder.write([1], to: "there")
        func status(_ body: String) throws -> Int { try command("POST", "/trace/start", body).status }
        #expect(try command("POST", "/trace/stop").status == 409)
        #expect(try command("GET", "/trace").json["recording"]?.bool == false)
        #expect(try status("{}") == 400)
        #expect(try status(#"{"file":"a.trace"}"#) == 400)
        #expect(try status(#"{"file":"\#(bank.folder.file("there"))"}"#) == 422)
        #expect(try status(#"{"file":"/tmp/sekisho.trace"}"#) == 422)
        #expect(try status(#"{"file":"\#(bank.folder.file("a.trace"))","bytesMax":5}"#) == 400)
        try start("a.trace")
        #expect(try status(#"{"file":"\#(bank.folder.file("b.trace"))"}"#) == 409)
        _ = try stop("a.trace")
        #expect(try bank.audited().contains("trace.start"))
    }
}
