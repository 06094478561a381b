import Dispatch
import HTTP
import Reactor
import Serving
import Synchronization
import Testing

/// What a service is told of the end of an exchange, and who holds its observer until then.
@Suite struct ExchangeEndTests {
    /// Tells when it ends itself.
    private final class Observer: ExchangeObserver {
        private let ends: Ends
        init(_ ends: Ends) { self.ends = ends }
        deinit { ends.add("let go") }
        func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {}
        func exchangeReceivedBody(_ exchange: Exchange) { exchange.respond(.text("done")) }
        func exchangeCanSend(_ exchange: Exchange) {}
        func exchangeAborted(_ exchange: Exchange) { ends.add("aborted") }
    }

    @Test func `an observer is held until the response is whole, and then let go`() throws {
        try post { client, ends in
            try client.send("ab")
            #expect(ends.next() == "200")
            #expect(ends.next() == "let go")
        }
    }

    @Test func `an observer is told that its client is gone, and then let go`() throws {
        try post { client, ends in
            client.close()
            #expect(Set([ends.next(), ends.next(), ends.next()]) == ["-", "aborted", "let go"])
        }
    }

    /// A client has sent a head, and the body of two bytes is awaited by an observer.
    private func post(_ body: (RawSocket, Ends) throws -> Void) throws {
        let ends = Ends()
        let server = try LoopServer(exchangeEnds: ends) { $0.receiveBody(Observer(ends)) }
        defer { server.stop() }
        let client = try RawSocket(to: server.endpoint)
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        try body(client, ends)
    }

    @Test func `an exchange that is over takes no observer`() throws {
        let ends = Ends()
        let server = try LoopServer(exchangeEnds: ends) { exchange in
            exchange.respond(.text("done"))
            exchange.observe(Observer(ends))
        }
        defer { server.stop() }
        let client = try RawSocket(to: server.endpoint)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(ends.next() == "200")
        #expect(ends.next() == "let go")
    }

    @Test func `the end of each exchange is told once, also of one that is given up`() throws {
        let ends = Ends()
        let server = try LoopServer(exchangeEnds: ends) { exchange in
            exchange.request.target == "/abort" ? exchange.abort() : exchange.respond(.text("done"))
        }
        let client = try RawSocket(to: server.endpoint)
        try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(ends.next() == "200")
        #expect(ends.next() == "-")
        #expect(server.ends.next() == "closedEarly")
        server.stop()
        #expect(ends.isEmpty)
    }
}
