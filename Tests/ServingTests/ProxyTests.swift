import HTTP
import Reactor
import Serving
import TLS
import Testing
import Text

/// Row 54 on real sockets: who connects for others says for whom, and nobody else is heard.
@Suite struct ProxyTests {
    private func server(
        _ networks: [String] = ["127.0.0.0/8"], seconds: Int = 3, tls: [ServerHost]? = nil
    ) throws -> LoopServer {
        try LoopServer(
            tls: tls,
            proxy: ProxyTerms(networks: networks.compactMap(IPNetwork.init), headerSeconds: seconds)
        ) { $0.respond(.text("\($0.connection.address.ip) \($0.connection.address.port)")) }
    }

    private let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private static let v2: [UInt8] =
        [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 0x01, 0xBB]

    @Test func `a proxy's client is the connection's`() throws {
        let server = try server()
        defer { server.stop() }
        for header in [
            Array("PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n".utf8), Self.v2,
        ] {
            let whole = try RawSocket(to: server.endpoint)
            try whole.send(header + Array(request.utf8))
            #expect(try whole.receiveResponse().text == "192.0.2.7 4660")
            let slow = try RawSocket(to: server.endpoint)
            for byte in header { try slow.send([byte]) }
            try slow.send(request)
            #expect(try slow.receiveResponse().text == "192.0.2.7 4660")
        }
        let local = try RawSocket(to: server.endpoint)
        try local.send("PROXY UNKNOWN\r\n\(request)")
        #expect(try local.receiveResponse().text.hasPrefix("127.0.0.1 "))
    }

    @Test func `TLS begins right behind the header`() throws {
        let tls = TestTLS()
        let server = try server(tls: tls.hosts)
        defer { server.stop() }
        let relay = try PrefixingRelay(to: server.endpoint, prefix: Self.v2)
        let client = try BlockingClient(
            to: relay.endpoint, tls: (ClientContext(anchorsPEM: tls.anchorPEM), "www.bank.example"))
        #expect(try client.send("GET", "/", headers: .host).text == "192.0.2.7 4660")
    }

    @Test func `no header, a second one, and a stranger's are the end of the connection`() throws {
        let server = try server()
        defer { server.stop() }
        let absent = try RawSocket(to: server.endpoint)
        try absent.send(request)
        #expect(throws: (any Error).self) { try absent.receiveResponse() }
        let twice = try RawSocket(to: server.endpoint)
        try twice.send(Self.v2 + Self.v2 + Array(request.utf8))
        #expect(try twice.receiveResponse().status == 400)
        let strangers = try self.server(["192.0.2.0/24", "::1"])
        defer { strangers.stop() }
        // It may be sent away before it knows that it was connected.
        #expect(throws: (any Error).self) {
            let stranger = try RawSocket(to: strangers.endpoint)
            try stranger.send("PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n\(request)")
            _ = try stranger.receiveResponse()
        }
    }

    @Test func `a header takes its time at most`() throws {
        let server = try server(seconds: 1)
        defer { server.stop() }
        let silent = try RawSocket(to: server.endpoint)
        try silent.send("PROXY TCP4 192.0.2.7")
        let begin = Clock.monotonic()
        #expect(throws: (any Error).self) {
            while try silent.receive() != nil {}; throw RawSocket.Failure.timeout
        }
        #expect(Clock.monotonic().microseconds(since: begin) < 5_000_000)
    }

    @Test func `what waits at the entrance does not keep a drain from its end`() throws {
        let server = try server(seconds: 60)
        let silent = try RawSocket(to: server.endpoint)
        try silent.send("PROXY")
        server.drain(seconds: 20)
        server.join()
    }
}

/// Sends some bytes in front of what its first client sends, then passes everything on both ways.
private final class PrefixingRelay {
    let endpoint: Endpoint
    private let thread: LoopThread

    init(to target: Endpoint, prefix: [UInt8]) throws {
        let listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 4, reusePort: false)
        endpoint = .tcp(address: "127.0.0.1", port: Sockets.boundPort(listener) ?? 0)
        thread = try LoopThread.start(name: "relay") { loop in
            let door = Door(listener, target, prefix, loop)
            loop.context = door
            door.open()
        }
    }

    deinit {
        thread.stop()
        thread.join()
    }

    private final class Door: ReadinessHandler {
        private let listener: Int32
        private let target: Endpoint
        private let prefix: [UInt8]
        private let loop: EventLoop
        private var pipes: [Pipe] = []

        init(_ listener: Int32, _ target: Endpoint, _ prefix: [UInt8], _ loop: EventLoop) {
            self.listener = listener
            self.target = target
            self.prefix = prefix
            self.loop = loop
        }

        deinit { Sockets.close(listener) }

        func open() { _ = try? loop.register(listener, .read, self) }

        func ready(_ readiness: Readiness) {
            guard case .accepted(let client, _) = Sockets.accept(listener),
                let server = try? Sockets.connect(target)
            else { return }
            _ = unsafe prefix.withUnsafeBytes { unsafe Sockets.write(server, $0) }
            pipes += [Pipe(client, server), Pipe(server, client)]
            for pipe in pipes.suffix(2) { _ = try? loop.register(pipe.source, .read, pipe) }
        }
    }

    private final class Pipe: ReadinessHandler {
        let source: Int32
        private let sink: Int32

        init(_ source: Int32, _ sink: Int32) {
            self.source = source
            self.sink = sink
        }

        deinit { Sockets.close(source) }

        func ready(_ readiness: Readiness) {
            var part = [UInt8](repeating: 0, count: 16_384)
            guard
                case .bytes(let count) = unsafe part.withUnsafeMutableBytes({
                    unsafe Sockets.read(source, into: $0)
                })
            else { return Sockets.shutdownWrite(sink) }
            _ = unsafe part[..<count].withUnsafeBytes { unsafe Sockets.write(sink, $0) }
        }
    }
}
