import HTTP
import Reactor
import Serving
import Settings
import Synchronization
import TLS
import TestFolders
import TestPKI
import Testing

@testable import Gateway

/// Other protocols, where a route allows them and nowhere else.
@Suite struct UpgradeTests {
    private let upstream: Switcher
    private let running: RunningBank
    private var bank: TestBank { running.bank }

    init() throws {
        let upstream = try Switcher()
        self.upstream = upstream
        running = try RunningBank { bank in
            bank.settings.upstreams["bank"] = GatewaySettings.Upstream(
                endpoint: .tcp(address: "127.0.0.1", port: upstream.port))
            bank.settings.hosts[0].routes += [
                GatewaySettings.Route(
                    path: "/public/ws", upstream: "bank", access: .anonymous, upgrades: ["websocket"],
                    upgradeIdleSeconds: 4)
            ]
            bank.settings.hosts[2].routes = [
                GatewaySettings.Route(path: "/", upstream: "bank", access: .partner, upgrades: ["websocket"])
            ]
        }
    }

    private func open(
        _ host: String, _ path: String, as identity: TestCertificate? = nil, upgrade: String = "websocket",
        connection: String = "keep-alive, Upgrade", behind: String = ""
    ) throws -> RawTLS {
        let client = try RawTLS(to: running.endpoint, running.context(identity), serverName: host)
        try client.send(
            "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: \(connection)\r\nUpgrade: \(upgrade)\r\n"
                + "Sec-WebSocket-Key: abc\r\n\r\n\(behind)")
        return client
    }

    @Test func `a websocket goes through both ways, and what arrives early is not lost`() throws {
        let client = try open(TestBank.login, "/public/ws", behind: "early")
        let head = try client.receive(through: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(head.contains("Connection: Upgrade\r\n") && head.contains("Upgrade: websocket\r\n"))
        #expect(!head.contains("Sekisho-"))
        #expect(try client.receive(through: "EARLY") == "EARLY")
        for word in ["one", "two"] {
            try client.send(word)
            #expect(try client.receive(through: word.uppercased()) == word.uppercased())
        }
        try client.send("push")
        let pushed = try client.receive(through: "end")
        #expect(pushed.utf8.count == 3_000_003)
        let seen = try #require(upstream.heads.first)
        #expect(seen.headers.values(of: "Upgrade") == ["websocket"])
        #expect(seen.headers.values(of: "Connection") == ["Upgrade"])
        #expect(seen.headers["Sec-WebSocket-Key"] == "abc" && seen.headers["Sekisho-Assertion"] != nil)
        try client.send("bye")
        _ = try client.receiveAll()
    }

    @Test(arguments: [
        ("/public", "websocket", "Upgrade"), ("/public/ws", "TLS/1.0", "Upgrade"),
        ("/public/ws", "h2c", "Upgrade"), ("/public/ws", "websocket, h2c", "Upgrade"),
        ("/public/ws", "websocket", "close"),
    ])
    func `row 52: what the route does not have is not passed on`(
        _ path: String, _ upgrade: String, _ connection: String
    ) throws {
        let client = try open(TestBank.login, path, upgrade: upgrade, connection: connection + ", close")
        #expect(try client.receiveAll().hasPrefix("HTTP/1.1 200"))
        let seen = try #require(upstream.heads.first)
        #expect(seen.headers["Upgrade"] == nil)
    }

    @Test func `row 52: a switch that nobody asked for, or to something else, is answered 502`() throws {
        for path in ["/public/force", "/public/ws/other"] {
            let client = try open(TestBank.login, path)
            #expect(try client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 502"))
        }
    }

    @Test func `row 62: a tunnel is closed when its client's CA is taken out`() throws {
        let identity = bank.partners.issue("api.partner.example")
        let client = try open(TestBank.partner, "/x", as: identity)
        #expect(try client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
        try client.send("one")
        #expect(try client.receive(through: "ONE") == "ONE")
        try running.gateway.reload(bank.settings)
        try client.send("two")
        #expect(try client.receive(through: "TWO") == "TWO", "a reload that changes nothing closes nothing")
        bank.settings.trust["partners"]?.anchors.removeFirst()
        bank.settings.trust["partners"]?.lockoutsMax = 10
        try running.gateway.reload(bank.settings)
        #expect(throws: (any Error).self) {
            try client.send("three")
            _ = try client.receive(through: "THREE")
        }
        #expect(upstream.awaitEnds(1))
        #expect(try bank.folder.text(of: "log").contains("tunnel.closed"))
    }

    @Test func `a tunnel that carries nothing is closed, one that carries something either way is not`()
        throws
    {
        let client = try open(TestBank.login, "/public/ws")
        _ = try client.receive(through: "\r\n\r\n")
        for _ in 0..<5 {
            System.pause(seconds: 1)
            try client.send("x")
            #expect(try client.receive(through: "X") == "X")
        }
        let begin = Clock.monotonic()
        #expect(throws: (any Error).self) { _ = try client.receive(through: "more") }
        #expect(4_000_000...9_000_000 ~= Clock.monotonic().microseconds(since: begin) + 200_000)
        #expect(upstream.awaitEnds(1), "its other end, too")
    }
}

/// An upstream that switches protocols when asked: from then on it answers in capitals.
private final class Switcher: Sendable {
    let port: UInt16
    private let thread: LoopThread
    private let notes = Notes()

    final class Notes: Sendable {
        let heads = Mutex<[RequestHead]>([])
        let ends = Atomic<Int>(0)
    }

    init() throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 16, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        let notes = self.notes
        thread = try LoopThread.start(name: "switcher") { loop in
            let server = Server(on: loop, limits: ServingLimits(), service: Service(notes), tls: nil)
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

    var heads: [RequestHead] { notes.heads.withLock { $0 } }

    func awaitEnds(_ count: Int) -> Bool {
        let deadline = Clock.monotonic().adding(milliseconds: 10_000)
        while Clock.monotonic() < deadline {
            if notes.ends.load(ordering: .relaxed) >= count { return true }
            System.pause(seconds: 1)
        }
        return false
    }

    private final class Service: ExchangeService {
        private let notes: Notes
        private var speakers: [Speaker] = []

        init(_ notes: Notes) { self.notes = notes }

        func connectionOpened(_ connection: PeerConnection) {}

        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {
            notes.ends.wrappingAdd(1, ordering: .relaxed)
        }

        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text(fault.reason, status: fault.status)
        }

        func serve(_ exchange: Exchange) {
            notes.heads.withLock { $0.append(exchange.request) }
            let wished = exchange.request.headers.upgrade
            guard wished != nil || exchange.request.path == "/public/force" else {
                return exchange.respond(.text("plain"))
            }
            let name = exchange.request.path == "/public/ws/other" ? "other" : "websocket"
            let speaker = Speaker()
            speakers.append(speaker)
            exchange.switchProtocols(
                ResponseHead(
                    status: 101,
                    headers: HeaderFields([
                        ("Connection", "Upgrade"), ("Upgrade", name), ("Sekisho-Secret", "x"),
                    ])), speaker)
        }
    }

    private final class Speaker: ExchangeObserver {
        private var left = 0

        func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {
            var text = ""
            for index in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
            switch text {
            case "bye": exchange.finish()
            case "push":
                left = 300
                push(exchange)
            default: _ = exchange.send(Array(text.uppercased().utf8).span)
            }
        }

        private func push(_ exchange: Exchange) {
            let part = [UInt8](repeating: 0x2E, count: 10_000)
            while left > 0 {
                left -= 1
                if !exchange.send(part.span), left > 0 { return }
            }
            _ = exchange.send(Array("end".utf8).span)
        }

        func exchangeCanSend(_ exchange: Exchange) { if left > 0 { push(exchange) } }
        func exchangeReceivedBody(_ exchange: Exchange) {}
        func exchangeAborted(_ exchange: Exchange) {}
    }
}
