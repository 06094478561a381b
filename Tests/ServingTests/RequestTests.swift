import Glibc
import HTTP
import Reactor
import Serving
import TLS
import Testing

@Suite struct RequestTests {
    @Test func `a request and its response make the round trip over TCP`() throws {
        try serving { endpoint in
            let client = try BlockingClient(to: endpoint)
            let response = try client.send("POST", "/a?b=c", headers: .host, body: Array("body".utf8))
            #expect(response.head.status == 200)
            #expect(response.text == "POST /a?b=c body")
            #expect(response.head.headers["Date"] != nil)
        }
    }

    @Test func `a request and its response make the round trip over a UNIX socket`() throws {
        let path = "/tmp/sekisho-serving-\(getpid()).sock"
        defer { unsafe unlink(path) }
        let server = try WebServer(Application.echo, on: [.unix(path: path)])
        defer { server.stop(drainSeconds: 0) }
        #expect(server.ports == [nil])
        let client = try BlockingClient(to: .unix(path: path))
        #expect(try client.send("GET", "/", headers: .host).text == "GET / ")
    }

    @Test func `requests and responses make the round trip over TLS, larger than a record`() throws {
        let tls = TestTLS()
        let body = [UInt8](repeating: 0x78, count: 300_000)
        try serving(tls: tls.hosts, bodyBytesMax: 300_000) { endpoint in
            let context = try ClientContext(anchorsPEM: tls.anchorPEM)
            let client = try BlockingClient(to: endpoint, tls: (context, "www.bank.example"))
            for _ in 0..<3 {
                let response = try client.send("POST", "/", headers: .host, body: body)
                #expect(response.body == Array("POST / ".utf8) + body)
            }
            #expect(client.connectionTLS?.version == "TLSv1.3")
        }
    }

    @Test func `a connection carries one request after another`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            for number in 1...3 {
                try socket.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try socket.receiveResponse().text == "GET /\(number) ")
            }
        }
    }

    @Test func `pipelined requests are answered in their order, also when the first takes longer`() throws {
        let gate = Gate()
        let slowFirst = Application { request in
            if request.head.target == "/1" { gate.pass() }
            return .text(request.head.target)
        }
        try serving(slowFirst) { endpoint in
            let socket = try RawSocket(to: endpoint)
            let two = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
            try socket.send(two + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(gate.awaitArrival())
            gate.open()
            for expected in ["/1", "/2", "/3"] { #expect(try socket.receiveResponse().text == expected) }
        }
    }

    @Test func `a request that arrives byte by byte is the same request`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            for byte in Array("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8) {
                try socket.send([byte])
            }
            #expect(try socket.receiveResponse().text == "POST /x abc")
        }
    }

    @Test func `HEAD gets the length and no body`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try socket.receiveHead().contains("\r\nContent-Length: 7\r\n"))
            #expect(try socket.receiveResponse().text == "GET /next ")
        }
    }

    @Test(arguments: [204, 304])
    func `a response that has no body gets none, whatever the application gave`(status: Int) throws {
        try serving(Application { _ in .text("surprise", status: status) }) { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try socket.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 \(status)"))
            #expect(!head.contains("Transfer-Encoding"))
            if status == 204 { #expect(!head.contains("Content-Length")) }
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try socket.receiveAll().hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `HTTP 1.0 without keep-alive ends with the response`() throws {
        try serving { endpoint in
            let socket = try RawSocket(to: endpoint)
            try socket.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            let all = try socket.receiveAll()
            #expect(all.contains("\r\nConnection: close\r\n"))
            #expect(all.hasSuffix("\r\n\r\nGET / "))
        }
    }

    @Test func `the last request that a connection may carry is told so`() throws {
        var limits = ServingLimits()
        limits.requestsPerConnectionMax = 2
        try serving(limits: limits) { endpoint in
            let socket = try RawSocket(to: endpoint)
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            try socket.send(request)
            #expect(try socket.receiveResponse().head.keepsAlive)
            try socket.send(request)
            #expect(try socket.receiveResponse().head.keepsAlive == false)
            #expect(try socket.receive() == nil)
        }
    }

    @Test func `a kept connection that the server closed meanwhile is replaced unnoticed`() throws {
        var limits = ServingLimits()
        limits.requestsPerConnectionMax = 1
        try serving(limits: limits) { endpoint in
            let client = try BlockingClient(to: endpoint)
            for _ in 0..<3 { #expect(try client.send("GET", "/", headers: .host).head.status == 200) }
        }
    }

    @Test func `a client learns whether its server was ever reached`() throws {
        let port = try serving { endpoint in endpoint }
        let client = try BlockingClient(to: port)
        let failure = #expect(throws: ClientFailure.self) { try client.send("GET", "/", headers: .host) }
        #expect(failure?.stage == .connect)
        #expect(failure?.nothingSent == true)
    }
}
