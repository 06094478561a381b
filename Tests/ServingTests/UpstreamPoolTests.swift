import HTTP
import Reactor
import Serving
import TestServers
import Testing

@Suite struct UpstreamPoolTests {
    @Test func `a connection is used again for the next request`() throws {
        try serving { endpoint in
            let bench = try Bench(to: endpoint)
            let first = try bench.ask("/1")
            let second = try bench.ask("/2")
            #expect(first.text == "GET /1 ")
            #expect(second.text == "GET /2 ")
            #expect(first.connection === second.connection)
            #expect(second.connection.requestCount == 2)
        }
    }

    @Test func `no more connections idle than may`() throws {
        try serving { endpoint in
            let bench = try Bench(to: endpoint, idleMax: 0)
            let first = try bench.ask("/1")
            #expect(!first.connection.isUsable)
            #expect(try bench.ask("/2").connection.requestCount == 1)
        }
    }

    @Test func `a connection that the upstream closed is not used again`() throws {
        var limits = ServingLimits()
        limits.keepAliveSeconds = 1
        try serving(limits: limits) { endpoint in
            let bench = try Bench(to: endpoint)
            let first = try bench.ask("/1")
            #expect(first.connection.isUsable)
            bench.run(until: { !first.connection.isUsable })
            let second = try bench.ask("/2")
            #expect(second.text == "GET /2 ")
            #expect(first.connection !== second.connection)
        }
    }

    @Test func `a response that the upstream ends by closing is whole, and its connection is gone`() throws {
        let server = try LoopServer { exchange in
            exchange.respond(.text("bye"))
            exchange.connection.attachment = nil
        }
        defer { server.stop() }
        let bench = try Bench(to: server.endpoint)
        let first = try bench.ask("/", headers: HeaderFields([("Host", "a"), ("Connection", "close")]))
        #expect(first.text == "bye")
        #expect(!first.connection.isUsable)
    }

    @Test func `a pool whose connections are all busy refuses, and serves again when one is free`() throws {
        let gate = Gate()
        let waits = Application { request in
            if request.head.target == "/slow" { gate.pass() }
            return .text("done")
        }
        try serving(waits) { endpoint in
            let bench = try Bench(to: endpoint, connectionsMax: 1)
            let slow = try bench.begin("/slow")
            #expect(throws: UpstreamRefusal.self) { try bench.begin("/other") }
            #expect(bench.refusalCode("/other") == "upstream.saturated")
            gate.open()
            #expect(try bench.finish(slow).text == "done")
            #expect(try bench.ask("/other").text == "done")
        }
    }

    @Test func `a pool that is closed ends each connection after its response, and its idle ones at once`()
        throws
    {
        let gate = Gate()
        let waits = Application { request in
            if request.head.target == "/slow" { gate.pass() }
            return .text("done")
        }
        try serving(waits) { endpoint in
            let bench = try Bench(to: endpoint)
            let slow = try bench.begin("/slow")
            #expect(try bench.ask("/other").connection.isUsable)
            #expect(bench.pool.idleCount == 1)
            bench.pool.close()
            #expect(bench.pool.openCount == 1 && bench.pool.idleCount == 0)
            gate.open()
            #expect(try bench.finish(slow).text == "done")
            #expect(bench.pool.openCount == 0)
        }
    }

    @Test func `an upstream that can't be reached is left alone for a moment, then tried again`() throws {
        let endpoint = try serving { $0 }
        let bench = try Bench(to: endpoint)
        let failure = #expect(throws: ClientFailure.self) { try bench.ask("/") }
        #expect(failure?.stage == .connect)
        #expect(failure?.nothingSent == true)
        #expect(bench.refusalCode("/") == nil, "only who tells the pool of a failure makes it cool down")
        bench.pool.failed()
        #expect(bench.refusalCode("/") == "upstream.coolingDown")

        let server = try WebServer(Application.echo, on: [endpoint])
        defer { server.stop(drainSeconds: 0) }
        bench.run(until: { bench.refusalCode("/") == nil })
        #expect(try bench.ask("/back").text == "GET /back ")
    }

    @Test func `failures in a row make the pause longer, at most about a second`() throws {
        let endpoint = try serving { $0 }
        let bench = try Bench(to: endpoint)
        for _ in 0..<100 { bench.pool.failed() }
        let start = Clock.monotonic()
        bench.run(until: { bench.refusalCode("/") == nil })
        let pause = Clock.monotonic().microseconds(since: start)
        #expect(pause > 900_000)
        #expect(pause < 3_000_000)
    }

    @Test func `an upstream that breaks the protocol is told apart from one that is gone`() throws {
        for (answer, code) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", "response.malformed.contentLength"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "response.closedEarly"),
            ("", "request.closedEarly"),
        ] {
            let upstream = try RawUpstream(answering: answer)
            let bench = try Bench(to: upstream.endpoint)
            let failure = #expect(throws: ClientFailure.self) { try bench.ask("/") }
            #expect(failure?.code == code)
            #expect(failure?.nothingSent == false)
        }
    }

    @Test func `an upstream that does not answer is given up after its time`() throws {
        let server = try LoopServer { _ in }
        defer { server.stop() }
        var limits = ClientLimits()
        limits.responseSeconds = 1
        let bench = try Bench(to: server.endpoint, limits: limits)
        let failure = #expect(throws: ClientFailure.self) { try bench.ask("/") }
        #expect(failure?.code == "response.timeout.response")
    }

    @Test func `what an upstream says unasked is not taken for an answer`() throws {
        let upstream = try RawUpstream(
            answering:
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            closes: false)
        let bench = try Bench(to: upstream.endpoint)
        let first = try bench.ask("/")
        #expect(first.text == "ok")
        #expect(!first.connection.isUsable)
    }
}

/// A pool on a loop that runs while a test waits for something.
private final class Bench {
    let pool: UpstreamPool
    private let loop: EventLoop

    struct Answer {
        let text: String
        let connection: ClientConnection
    }

    init(
        to endpoint: Endpoint, limits: ClientLimits = ClientLimits(), connectionsMax: Int = 4,
        idleMax: Int = 4
    ) throws {
        Signals.ignoreBrokenPipe()
        loop = try EventLoop()
        pool = UpstreamPool(
            to: endpoint, on: loop, limits: limits, connectionsMax: connectionsMax, idleMax: idleMax)
    }

    func begin(_ target: String, headers: HeaderFields = .host) throws -> Asker {
        let asker = Asker()
        let request = ClientRequest(method: "GET", target: target, headers: headers)
        asker.connection = try pool.send(request, observer: asker)
        return asker
    }

    func finish(_ asker: Asker) throws -> Answer {
        run(until: { asker.outcome != nil })
        guard let connection = asker.connection, let outcome = asker.outcome else {
            throw RawSocket.Failure.timeout
        }
        return Answer(text: try outcome.get(), connection: connection)
    }

    func ask(_ target: String, headers: HeaderFields = .host) throws -> Answer {
        try finish(begin(target, headers: headers))
    }

    /// Why the pool would not send now; nil when it would.
    func refusalCode(_ target: String) -> String? {
        do throws(UpstreamRefusal) {
            let asker = Asker()
            let connection = try pool.send(
                ClientRequest(method: "GET", target: target, headers: .host), observer: asker)
            connection.close()
            return nil
        } catch {
            return error.code
        }
    }

    /// Runs the loop until `condition` holds, looking at it every few milliseconds for ten seconds.
    func run(until condition: () -> Bool) {
        let deadline = Clock.monotonic().adding(milliseconds: 10_000)
        while !condition(), Clock.monotonic() < deadline {
            _ = loop.after(milliseconds: 5) { [loop] in loop.stop() }
            loop.run()
        }
    }
}

private final class Asker: ClientObserver {
    var connection: ClientConnection?
    private(set) var outcome: Result<String, ClientFailure>?
    private var body: [UInt8] = []

    func client(_ connection: ClientConnection, received head: ResponseHead) {}
    func client(_ connection: ClientConnection, received bytes: Span<UInt8>) {
        for index in bytes.indices { body.append(bytes[index]) }
    }
    func clientReceivedResponse(_ connection: ClientConnection) {
        outcome = .success(String(decoding: body, as: UTF8.self))
    }
    func clientCanSend(_ connection: ClientConnection) {}
    func client(_ connection: ClientConnection, failed failure: ClientFailure) { outcome = .failure(failure) }
}
