import Dispatch
import HTTP
import Reactor
import Serving
import Testing

@Suite struct DrainTests {
    @Test func `draining ends idle connections at once and busy ones with their response`() throws {
        let gate = Gate()
        let slow = Application { request in
            if request.head.target == "/slow" { gate.pass() }
            return .text("done")
        }
        let server = try WebServer(slow, on: [.tcp(address: "127.0.0.1", port: 0)])
        let endpoint = Endpoint.tcp(address: "127.0.0.1", port: server.ports[0] ?? 0)
        let idle = try RawSocket(to: endpoint)
        try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try idle.receiveResponse()
        let busy = try RawSocket(to: endpoint)
        try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(gate.awaitArrival())
        let stopped = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            server.stop(drainSeconds: 20)
            stopped.signal()
        }
        #expect(try idle.receive() == nil)
        #expect(throws: (any Error).self) { try RawSocket(to: endpoint) }
        gate.open()
        let response = try busy.receiveResponse()
        #expect(response.text == "done")
        #expect(response.head.keepsAlive == false, "the client is told not to send another request")
        #expect(try busy.receive() == nil)
        busy.close()
        #expect(stopped.wait(timeout: .now() + 10) == .success)
    }

    @Test func `a response that is still on its way when draining begins arrives whole`() throws {
        let large = WebResponse(status: 200, body: [UInt8](repeating: 0x78, count: 20 << 20))
        let server = try LoopServer { $0.respond(large) }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try socket.receiveHead()
        server.drain(seconds: 30)
        var count = 0
        while let part = try socket.receive() { count += part.count }
        #expect(count == 20 << 20)
        socket.close()
        server.join()
    }

    @Test func `what is not done when the drain's time is over is cut off`() throws {
        let server = try LoopServer { exchange in
            exchange.respond(ResponseHead(status: 200, headers: HeaderFields()), body: .chunked)
        }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try socket.receiveHead()
        server.drain(seconds: 1)
        #expect(server.ends.next() == "timeout.drain")
        server.join()
    }
}
