import Dispatch
import HTTP
import Reactor
import Serving
import Synchronization
import Testing

@Suite struct BodyTests {
    @Test func `a chunked request is read whole, extensions and trailers dropped`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try socket.send("3;a=b\r\nabc\r\n")
            try socket.send("2\r\nde\r\n0\r\nX: y\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try socket.receiveResponse().text == "POST / abcde")
            #expect(try socket.receiveResponse().text == "GET /next ")
        }
    }

    @Test func `a response of unknown length is streamed in chunks and the connection goes on`() throws {
        let server = try LoopServer { Parts.answer($0, framing: .chunked) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        for _ in 0..<2 {
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try socket.receiveResponse()
            #expect(response.head.body == .chunked)
            #expect(response.text == "onetwothree")
        }
    }

    @Test(arguments: [BodyFraming.chunked, .untilClose])
    func `HTTP 1.0 gets a response of unknown length plain, up to the end`(framing: BodyFraming) throws {
        let server = try LoopServer { Parts.answer($0, framing: framing) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        let all = try socket.receiveAll()
        #expect(!all.contains("Transfer-Encoding"))
        #expect(all.contains("\r\nConnection: close\r\n"))
        #expect(all.hasSuffix("\r\n\r\nonetwothree"))
    }

    @Test func `a response without a body has no transfer coding, even if the service meant to chunk one`()
        throws
    {
        let server = try LoopServer { Parts.answer($0, framing: .chunked, status: 204) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try !socket.receiveHead().contains("Transfer-Encoding"))
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try socket.receiveAll().hasSuffix("\r\n\r\n"))
    }

    @Test func `who expects 100 Continue gets it before the body and the answer after it`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try socket.receiveHead().hasPrefix("HTTP/1.1 100 "))
            try socket.send("body")
            #expect(try socket.receiveResponse().text == "POST / body")
        }
    }

    @Test func `who announces a body that is too long is refused before sending it`() throws {
        try serving(bodyBytesMax: 10) { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
            let all = try socket.receiveAll()
            #expect(all.hasPrefix("HTTP/1.1 413 "))
            #expect(!all.contains(" 100 "))
        }
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\n0123456789",
        "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
    ])
    func `a body of exactly the limit is read`(rest: String) throws {
        try serving(bodyBytesMax: 10) { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(rest)")
            #expect(try socket.receiveResponse().text == "POST / 0123456789")
        }
    }

    @Test(arguments: [
        "Content-Length: 11\r\n\r\n0123456789X",
        "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789X\r\n0\r\n\r\n",
    ])
    func `a body of one byte more is answered 413, and the connection ends`(rest: String) throws {
        try serving(bodyBytesMax: 10) { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(rest)GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            let all = try socket.receiveAll()
            #expect(all.hasPrefix("HTTP/1.1 413 "))
            #expect(!all.contains("/after"))
        }
    }

    // Threats row 49: what could be read in two ways ends the connection.
    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ])
    func `a malformed request is answered 400 and nothing behind it is read`(request: String) throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send(request + "GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
            let all = try socket.receiveAll()
            #expect(all.hasPrefix("HTTP/1.1 400 "))
            #expect(all.contains("\r\nConnection: close\r\n"))
            #expect(!all.contains("/after"))
        }
    }

    @Test func `a client that ends its side after a malformed request still gets the answer`() throws {
        try serving { endpoint in
            for _ in 0..<20 {
                let socket = try RawSocket(to: endpoint)
                try socket.send("nonsense\r\n\r\n")
                socket.finish()
                #expect(try socket.receiveAll().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test func `a refusal arrives whole although the client sends on for a while`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("nonsense\r\n\r\n" + String(repeating: "x", count: 500_000))
            let all = try socket.receiveAll()
            #expect(all.hasPrefix("HTTP/1.1 400 "))
            #expect(all.hasSuffix("400\n"))
        }
    }

    @Test func `a client that leaves in the middle of its body is noticed, and the service told`() throws {
        let aborted = DispatchSemaphore(value: 0)
        let server = try LoopServer { AbortWatcher.watch($0, aborted) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n012")
        socket.close()
        #expect(aborted.wait(timeout: .now() + 10) == .success)
        #expect(server.ends.next() == "closedEarly")
    }
}

/// Answers in three parts.
enum Parts {
    static func answer(_ exchange: Exchange, framing: BodyFraming, status: Int = 200) {
        exchange.respond(ResponseHead(status: status, headers: HeaderFields()), body: framing)
        for part in ["one", "two", "three"] { _ = exchange.send(Array(part.utf8).span) }
        exchange.finish()
    }
}

/// Wants a body and signals when it will not come.
private final class AbortWatcher: ExchangeObserver {
    private let aborted: DispatchSemaphore
    private var keepAlive: AbortWatcher?

    static func watch(_ exchange: Exchange, _ aborted: DispatchSemaphore) {
        let watcher = AbortWatcher(aborted)
        watcher.keepAlive = watcher
        exchange.receiveBody(watcher)
    }

    private init(_ aborted: DispatchSemaphore) { self.aborted = aborted }

    func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {}
    func exchangeReceivedBody(_ exchange: Exchange) {}
    func exchangeCanSend(_ exchange: Exchange) {}

    func exchangeAborted(_ exchange: Exchange) {
        keepAlive = nil
        aborted.signal()
    }
}
