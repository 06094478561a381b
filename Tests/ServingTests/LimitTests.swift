import Glibc
import HTTP
import Reactor
import Serving
import TLS
import Testing

@Suite struct LimitTests {
    @Test func `when all workers are busy and the queue is full, the answer is 503 with Retry-After`() throws
    {
        let gate = Gate()
        let waits = Application { _ in
            gate.pass()
            return .text("done")
        }
        try serving(waits, threadCount: 1, queueMax: 1) { endpoint in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let running = try RawSocket(to: endpoint)
            try running.send(request)
            #expect(gate.awaitArrival())
            let others = try [RawSocket(to: endpoint), RawSocket(to: endpoint)]
            for socket in others { try socket.send(request) }
            // One of the two waits, the other is refused at once.
            while !others.contains(where: { $0.isReadable(withinMilliseconds: 50) }) {}
            let refusedFirst = others[0].isReadable()
            let refusal = try others[refusedFirst ? 0 : 1].receiveResponse()
            #expect(refusal.status == 503)
            #expect(refusal.head.headers["Retry-After"] == "1")
            gate.open()
            gate.open()
            #expect(try running.receiveResponse().text == "done")
            #expect(try others[refusedFirst ? 1 : 0].receiveResponse().text == "done")
        }
    }

    @Test func `a connection beyond the limit waits while all the others are busy`() throws {
        var limits = ServingLimits()
        limits.connectionsMax = 1
        let gate = Gate()
        let waits = Application { request in
            if request.head.target == "/busy" { gate.pass() }
            return .text("done")
        }
        try serving(waits, limits: limits) { endpoint in
            let first = try RawSocket(to: endpoint)
            try first.send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(gate.awaitArrival())
            let second = try RawSocket(to: endpoint)
            try second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!second.isReadable(withinMilliseconds: 200))
            gate.open()
            #expect(try first.receiveResponse().status == 200)
            #expect(try second.receiveResponse().status == 200)
        }
    }

    @Test func `threats row 57, as many idle connections as there may be do not keep others out`() throws {
        var limits = ServingLimits()
        limits.connectionsMax = 3
        try serving(limits: limits) { endpoint in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            var idle: [RawSocket] = []
            for index in 0..<3 {
                idle.append(try RawSocket(to: endpoint))
                // The second has never asked for anything.
                if index == 1 { continue }
                try idle[index].send(request)
                _ = try idle[index].receiveResponse()
            }
            // What the second has not said is nothing to wait for; the first asks again and so is idle last.
            try idle[0].send(request)
            _ = try idle[0].receiveResponse()
            let newcomers = try (0..<2).map { _ in
                let socket = try RawSocket(to: endpoint)
                try socket.send(request)
                #expect(try socket.receiveResponse().status == 200)
                return socket
            }
            #expect(try idle[1].receive() == nil)
            #expect(try idle[2].receive() == nil)
            try idle[0].send(request)
            #expect(try idle[0].receiveResponse().status == 200)
            withExtendedLifetime(newcomers) {}
        }
    }

    @Test func `threats row 57, clients who never finish a handshake do not keep others out`() throws {
        var limits = ServingLimits()
        limits.connectionsMax = 2
        let tls = TestTLS()
        let server = try LoopServer(limits: limits, tls: tls.hosts) { $0.respond(.text("ok")) }
        defer { server.stop() }
        let silent = try (0..<2).map { _ in try RawSocket(to: server.endpoint) }
        let context = try ClientContext(anchorsPEM: tls.anchorPEM)
        let client = try TLSVisitor(
            to: server.endpoint, from: "127.0.0.1", context, serverName: "www.bank.example", resuming: nil)
        #expect(client.visit().outcome == "full")
        #expect(try silent[0].receive() == nil, "the first of them gave way")
    }

    @Test func `requests beyond capacity are answered 503 at once, and those under way go on`() throws {
        var limits = ServingLimits()
        limits.exchangesMax = 1
        let gate = Gate()
        let waits = Application { _ in
            gate.pass()
            return .text("done")
        }
        try serving(waits, limits: limits) { endpoint in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let first = try RawSocket(to: endpoint)
            try first.send(request)
            #expect(gate.awaitArrival())
            let second = try RawSocket(to: endpoint)
            for _ in 0..<3 {
                try second.send(request)
                let refusal = try second.receiveResponse()
                #expect(refusal.status == 503 && refusal.head.headers["Retry-After"] == "1")
            }
            gate.open()
            #expect(try first.receiveResponse().text == "done")
            try second.send(request)
            gate.open()
            #expect(try second.receiveResponse().text == "done")
        }
    }
}

/// Threats row 57: every phase of a connection ends by itself. The other limits are left long, so that only the
/// one in question can end the connection in time.
@Suite struct TimeLimitTests {
    @Test(arguments: ["", "\u{16}\u{3}"])
    func `threats row 57, a handshake that does not get on ends`(beginning: String) throws {
        var limits = ServingLimits()
        limits.handshakeSeconds = 1
        let server = try LoopServer(limits: limits, tls: TestTLS().hosts) { $0.abort() }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send(beginning)
        #expect(try socket.receive() == nil)
        #expect(server.ends.next() == "timeout.handshake")
    }

    @Test(arguments: ["", "GET / HTT"])
    func `threats row 57, a first request that does not come ends the connection`(beginning: String) throws {
        var limits = ServingLimits()
        limits.headerSeconds = 1
        let server = try LoopServer(limits: limits) { $0.abort() }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send(beginning)
        #expect(try socket.receive() == nil)
        #expect(server.ends.next() == "timeout.header")
    }

    @Test func `threats row 57, a later request that only begins ends the connection`() throws {
        var limits = ServingLimits()
        limits.headerSeconds = 1
        let server = try LoopServer(limits: limits) { $0.respond(.text("ok")) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /")
        _ = try socket.receiveResponse()
        #expect(try socket.receive() == nil)
        #expect(server.ends.next() == "timeout.header")
    }

    @Test func `an idle connection ends, and nobody is to blame`() throws {
        var limits = ServingLimits()
        limits.keepAliveSeconds = 1
        let server = try LoopServer(limits: limits) { $0.respond(.text("ok")) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try socket.receiveResponse()
        #expect(try socket.receive() == nil)
        #expect(server.ends.next() == "ended")
    }

    @Test(arguments: ["", "012"])
    func `threats row 57, a body that stands still ends the connection`(beginning: String) throws {
        var limits = ServingLimits()
        limits.bodyIdleSeconds = 1
        let server = try LoopServer(limits: limits) { exchange in
            WholeBody.collect(exchange, bytesMax: 100) { _ in exchange.abort() }
        }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n\(beginning)")
        #expect(try socket.receive() == nil)
        #expect(server.ends.next() == "timeout.body")
    }

    @Test(arguments: ["keep-alive", "close"])
    func `threats row 57, a client that does not read its response loses the connection`(connection: String)
        throws
    {
        var limits = ServingLimits()
        limits.bodyIdleSeconds = 1
        let server = try LoopServer(limits: limits) { Stream.start($0, byteCount: 20 << 20) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\r\n")
        #expect(server.ends.next() == "timeout.send")
    }

    @Test func `a whole response that nobody reads does not hold the connection for the keep-alive time`()
        throws
    {
        var limits = ServingLimits()
        limits.bodyIdleSeconds = 1
        let large = WebResponse(status: 200, body: [UInt8](repeating: 0x78, count: 20 << 20))
        let server = try LoopServer(limits: limits) { $0.respond(large) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(server.ends.next() == "timeout.send")
    }

    @Test(arguments: ["keep-alive", "close"])
    func `a slow reader gets every byte although keep-alive and linger are short`(connection: String) throws {
        var limits = ServingLimits()
        limits.keepAliveSeconds = 1
        limits.lingerSeconds = 1
        let large = WebResponse(status: 200, body: [UInt8](repeating: 0x78, count: 20 << 20))
        let server = try LoopServer(limits: limits) { $0.respond(large) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\r\n")
        // Another connection that idles for a second tells that this much time has passed.
        let clock = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try clock.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try clock.receiveHead()
        #expect(try clock.receive() == nil)
        #expect(try socket.receiveResponse().body.count == 20 << 20)
    }

    @Test func `a client that never closes is not waited for`() throws {
        var limits = ServingLimits()
        limits.lingerSeconds = 1
        let server = try LoopServer(limits: limits) { $0.respond(.text("ok")) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try socket.receiveAll().hasSuffix("ok"))
        #expect(server.ends.next() == "ended")
    }

    @Test
    func `threats row 57, a body that only dribbles ends the connection, one that is only slow arrives`()
        throws
    {
        var limits = ServingLimits()
        limits.bodyIdleSeconds = 1
        limits.bytesPerSecondMin = 1000
        let server = try LoopServer(limits: limits) { exchange in
            WholeBody.collect(exchange, bytesMax: 10_000) { exchange.respond(.text("\($0?.count ?? 0)")) }
        }
        defer { server.stop() }
        func post(_ pieceBytes: Int, every milliseconds: UInt32, times: Int) throws -> RawSocket {
            let socket = try RawSocket(to: server.endpoint)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(pieceBytes * times)\r\n\r\n")
            for _ in 0..<times {
                do {
                    try socket.send([UInt8](repeating: 0x78, count: pieceBytes))
                } catch {
                    break
                }
                usleep(milliseconds * 1000)
            }
            return socket
        }
        // 1500 bytes a second for two seconds; then 10 bytes a second, which never stand still for one.
        #expect(try post(300, every: 200, times: 10).receiveResponse().text == "3000")
        #expect(server.ends.next() == "ended")
        _ = try post(2, every: 200, times: 12)
        #expect(server.ends.next() == "timeout.body")
    }

    @Test func `threats row 57, a response that is only sipped ends the connection`() throws {
        var limits = ServingLimits()
        limits.bodyIdleSeconds = 1
        limits.bytesPerSecondMin = 100_000_000
        let server = try LoopServer(limits: limits) { Stream.start($0, byteCount: 20 << 20) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        // It takes some at every moment, and so is never idle.
        while let part = try? socket.receive(), !part.isEmpty { usleep(20_000) }
        #expect(server.ends.next() == "timeout.send")
    }
}
