import Glibc
import HTTP
import Reactor
import Serving
import TestPostgres
import Testing

/// Load balancers in front of the real gateway: whom they say they connect for is whom everything counts and
/// names, and nobody else has a say in it (row 54).
@Suite(.serialized) struct ProxyScenarios {
    let deployment: Deployment
    /// Where load balancers connect to.
    let port: UInt16
    private let upstream: HeaderEcho

    init() throws {
        let (port, upstream) = (try FreePort.find(), try HeaderEcho())
        (self.port, self.upstream) = (port, upstream)
        deployment = try Deployment { text in
            text.replacing(
                "publicPort:",
                with: """
                    workers: 1, limits: { perSource: { connectionsMax: 2 } },
                    proxyProtocol: [{
                        listener: "127.0.0.1:\(port)", peers: ["127.0.0.1", "127.0.0.3"], headerSeconds: 1,
                    }],
                    publicPort:
                    """
            )
            .replacing("\n    listen: [", with: "\n    listen: [\"127.0.0.1:\(port)\", ")
            .replacing(
                "routes: [\n                { path: \"/.well-known/\"",
                with: """
                    routes: [{ path: "/echo", upstream: "echo", access: "anonymous" },
                    { path: "/.well-known/"
                    """
            )
            .replacing(
                "upstreams: {", with: "upstreams: { echo: { endpoint: \"127.0.0.1:\(upstream.port)\" },")
        }
    }

    private func client(from source: String = "127.0.0.1", host: String = "fb.localhost") throws
        -> ProxiedClient
    {
        try ProxiedClient(deployment, port: port, from: source, host: host)
    }

    @Test func `whom a load balancer names stands in logs, audit records and what upstreams are told`() throws
    {
        for (header, address) in [
            (v1("TCP4 192.0.2.7 198.51.100.1 50000 443"), "192.0.2.7"),
            (v1("TCP6 2001:DB8:0::9 2001:db8::1 50000 443"), "2001:db8::9"),
            (v2([192, 0, 2, 8, 198, 51, 100, 1, 0xC3, 0x50, 1, 0xBB]), "192.0.2.8"),
            (v2([192, 0, 2, 9, 198, 51, 100, 1, 0xC3, 0x50, 1, 0xBB], extensions, sum: true), "192.0.2.9"),
        ] {
            let client = try client(from: "127.0.0.3")
            try client.send(header)
            #expect(try client.get("/echo").hasSuffix("X-Forwarded-For: \(address)"))
            let refused = try self.client(from: "127.0.0.3", host: "api.fb.localhost")
            // One byte after the other, as slow networks bring them.
            for byte in header { try refused.send([byte]) }
            #expect(try refused.get("/nothing").hasPrefix("HTTP/1.1 401"))
            let access = try deployment.awaitLog("sekisho.log", containing: "\"client\":\"\(address)\"")
            #expect(access.contains("request.served"))
            let audit = try deployment.awaitLog("audit.log", containing: "\"client\":\"\(address)\"")
            #expect(audit.contains("certificate.refused"))
        }
        // A health check of the load balancer itself, and one that does not tell for whom it is.
        for header in [v2([], command: 0x20, family: 0), v1("UNKNOWN")] {
            let client = try client(from: "127.0.0.3")
            try client.send(header)
            #expect(try client.get("/echo").hasSuffix("X-Forwarded-For: 127.0.0.3"))
        }
        // The other listener takes nobody's word for it.
        let direct = try ProxiedClient(deployment, port: deployment.port, from: "127.0.0.3")
        #expect(try direct.get("/echo").hasSuffix("X-Forwarded-For: 127.0.0.3"))
        let pretender = try ProxiedClient(deployment, port: deployment.port, from: "127.0.0.3")
        try pretender.send(v1("TCP4 192.0.2.99 198.51.100.1 50000 443"))
        #expect(throws: (any Error).self) { try pretender.handshake() }
        #expect(try !deployment.log("sekisho.log").contains("192.0.2.99"))
    }

    @Test func `limits are those of the clients that a load balancer names, not its own`() throws {
        func open(_ address: String) throws -> ProxiedClient {
            let client = try client()
            try client.send(v1("TCP4 \(address) 198.51.100.1 50000 443"))
            return client
        }
        let held = try (0..<2).map { _ in try open("192.0.2.7") }
        for client in held { try client.handshake() }
        #expect(try open("192.0.2.7").isRefused())
        let line = try deployment.awaitLog("sekisho.log", containing: "source.refused")
        #expect(line.contains("192.0.2.7") && line.contains("connections"))
        for last in 10..<16 { #expect(try open("192.0.2.\(last)").get("/echo").hasPrefix("HTTP/1.1 200")) }
        for client in held { #expect(try client.get("/echo").hasSuffix("192.0.2.7")) }
    }

    @Test func `a stranger, and a header that is none, broken, cut off, too long or slow, get nothing`()
        throws
    {
        let good = v1("TCP4 192.0.2.7 198.51.100.1 50000 443")
        let address: [UInt8] = [192, 0, 2, 8, 198, 51, 100, 1, 0xC3, 0x50, 1, 0xBB]
        var wrongSum = v2(address, extensions, sum: true)
        wrongSum[wrongSum.count - 1] ^= 1
        let cases: [(reason: String, from: String, bytes: [UInt8], ends: Bool)] = [
            ("stranger", "127.0.0.9", good, false),
            ("absent", "127.0.0.3", Array("GET / HTTP/1.1\r\nHost: fb.localhost\r\n\r\n".utf8), false),
            ("malformed", "127.0.0.3", v1("TCP4 192.0.2.7 198.51.100.1 50000"), false),
            ("malformed", "127.0.0.3", v2(Array(address.dropLast())), false),
            ("malformed", "127.0.0.3", v2(address, [1, 0, 9, 0]), false),
            ("checksum", "127.0.0.3", wrongSum, false),
            ("tooLong", "127.0.0.3", v1("UNKNOWN \(String(repeating: "x", count: 200))"), false),
            ("tooLong", "127.0.0.3", v2(address, [4, 0x10, 0] + [UInt8](repeating: 0, count: 4096)), false),
            ("closedEarly", "127.0.0.3", Array(good.dropLast()), true),
            ("closedEarly", "127.0.0.3", Array(v2(address).dropLast()), true),
            ("timeout", "127.0.0.3", Array(good.dropLast()), false),
            ("timeout", "127.0.0.3", [], false),
        ]
        for (reason, source, bytes, ends) in cases {
            let before = try count(reason)
            let client = try client(from: source)
            // A stranger may be gone before its bytes are.
            try? client.send(bytes)
            if ends { client.finish() }
            #expect(try client.isRefused(), "\(reason)")
            #expect(try awaitCount(reason, before + 1), "\(reason)")
        }
        let line = try deployment.awaitLog("sekisho.log", containing: "proxy.refused")
        #expect(line.contains("\"peer\":\"127.0.0."))
        #expect(try !deployment.log("sekisho.log").contains("192.0.2."))
    }

    /// How many were refused so far, as the metrics have it.
    private func count(_ reason: String) throws -> Int {
        let scraper = try BlockingClient(to: .unix(path: deployment.folder.path("monitoring.sock")))
        let text = try scraper.send("GET", "/metrics", headers: HeaderFields([("Host", "scraper")])).text
        let name = "sekisho_handshake_failures_total{reason=\"proxy.\(reason)\"} "
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.utf8.count)) } ?? 0
    }

    private func awaitCount(_ reason: String, _ count: Int) throws -> Bool {
        for _ in 0..<500 {
            if try self.count(reason) == count { return true }
            usleep(10_000)
        }
        return false
    }
}

private func v1(_ text: String) -> [UInt8] { Array("PROXY \(text)\r\n".utf8) }

/// What was asked for of the load balancer: ALPN and SNI.
private let extensions: [UInt8] =
    [1, 0, 8] + Array("http/1.1".utf8) + [2, 0, 12] + Array("fb.localhost".utf8)

private func v2(
    _ addresses: [UInt8], _ extensions: [UInt8] = [], command: UInt8 = 0x21, family: UInt8 = 0x11,
    sum: Bool = false
) -> [UInt8] {
    let content = addresses + extensions + (sum ? [3, 0, 4, 0, 0, 0, 0] : [])
    let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    let header =
        signature + [command, family, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    return sum ? header.dropLast(4) + crc32c(header) : header
}

/// RFC 3720 §12.1, from a table.
private func crc32c(_ bytes: [UInt8]) -> [UInt8] {
    let table = (0..<256).map { start -> UInt32 in
        var value = UInt32(start)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
        return value
    }
    var sum = UInt32.max
    for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
    return (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> UInt32(24 - 8 * $0)) }
}

/// An upstream that answers with what it was told of the client's address.
private final class HeaderEcho: Sendable {
    let port: UInt16
    private let thread: LoopThread

    init() throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 16, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        thread = try LoopThread.start(name: "echo") { loop in
            let server = Server(on: loop, limits: ServingLimits(), service: Service(), tls: nil)
            loop.context = server
            try? server.listen(on: socket)
        }
    }

    deinit {
        _ = thread.mailbox.post { loop in
            guard let server = loop.context as? Server else { return loop.stop() }
            server.drain(seconds: 0) { loop.stop() }
        }
        thread.join()
    }

    private final class Service: ExchangeService {
        func connectionOpened(_ connection: PeerConnection) {}
        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {}

        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text(fault.reason, status: fault.status)
        }

        func serve(_ exchange: Exchange) {
            let addresses = exchange.request.headers.values(of: "X-Forwarded-For")
            exchange.respond(.text("X-Forwarded-For: \(addresses.joined(separator: ", "))"))
        }
    }
}
