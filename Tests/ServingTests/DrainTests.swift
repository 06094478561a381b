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

/// A server that another process has taken the place of.
@Suite struct GentleDrainTests {
    @Test func `an idle client gets its next answer, which is the last`() throws {
        let server = try WebServer(Application.echo, on: [.tcp(address: "127.0.0.1", port: 0)])
        let endpoint = Endpoint.tcp(address: "127.0.0.1", port: server.ports[0] ?? 0)
        let idle = try RawSocket(to: endpoint)
        try idle.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.receiveResponse().head.keepsAlive)
        let silent = try RawSocket(to: endpoint)
        // What still waits to be accepted when the listening socket is closed is reset.
        try silent.send("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try silent.receiveResponse()
        try silent.send("GET /2 HTT")
        let stopped = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            server.stop(drainSeconds: 20, gently: true)
            stopped.signal()
        }
        while (try? RawSocket(to: endpoint)) != nil {}
        try idle.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try idle.receiveResponse()
        #expect(response.text == "GET /3 ")
        #expect(!response.head.keepsAlive)
        #expect(try idle.receive() == nil)
        try silent.send("P/1.1\r\nHost: a\r\n\r\n")
        #expect(try silent.receiveResponse().text == "GET /2 ")
        for socket in [idle, silent] { socket.close() }
        #expect(stopped.wait(timeout: .now() + 10) == .success)
    }

    @Test func `whoever is idle to the end ends without a fault`() throws {
        let server = try LoopServer { $0.respond(.text("x")) }
        let idle = try RawSocket(to: server.endpoint)
        try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try idle.receiveResponse()
        server.drain(seconds: 1, gently: true)
        #expect(try idle.receive() == nil)
        #expect(server.ends.next() == "ended")
        server.join()
    }
}
