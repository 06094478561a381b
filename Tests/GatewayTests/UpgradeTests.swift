import HTTP
import Logs
import Reactor
import Serving
import Settings
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
        #expect(bank.log.flush())
        #expect(try bank.logged().contains("tunnel.closed"))
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
