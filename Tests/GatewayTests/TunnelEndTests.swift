import HTTP
import Identity
import Logs
import Reactor
import Serving
import Settings
import Storage
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import Trust
import X509

@testable import Gateway

/// Row 62 for connections that speak other protocols: whoever would not be let in any more is out within the
/// time that a request would take to tell, and nobody stays for ever.
@Suite struct TunnelEndTests {
    private let upstream: Switcher
    private let running: RunningBank
    private let journey: CustomerJourneyTests
    private var bank: TestBank { running.bank }
    private let host = TestBank.certificate

    init() throws {
        let upstream = try Switcher()
        self.upstream = upstream
        journey = try CustomerJourneyTests { bank in
            bank.settings.upstreams["switcher"] = GatewaySettings.Upstream(
                endpoint: .tcp(address: "127.0.0.1", port: upstream.port))
            bank.settings.hosts[0].routes += [
                GatewaySettings.Route(
                    path: "/ws", upstream: "switcher", access: .customer, upgrades: ["websocket"]),
                GatewaySettings.Route(
                    path: "/short", upstream: "switcher", access: .anonymous, upgrades: ["websocket"],
                    upgradeAbsoluteSeconds: 2),
            ]
            bank.settings.hosts[1].routes = bank.settings.hosts[0].routes
            bank.settings.trust["customers"]?.lockoutsMax = 10
            bank.settings.trust["customers"]?.revocation = GatewaySettings.Revocation(
                check: .leaf, whenUnknown: .allow)
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
        }
        running = journey.running
    }

    /// The tunnel of a customer whose session is bound to a certificate, and carries something.
    private func certificateTunnel(_ certificate: TestCertificate? = nil) throws -> RawTLS {
        let identity = certificate ?? bank.customers.issue("TSUSER0001")
        let started = try journey.start()
        let client = try running.client(to: host, as: identity)
        let form = [("c", started.sealed), ("password", "password")]
        let cookie = try journey.logIn(
            client, host, "/.sekisho/certificate", form, started.cookie
        ).cookie
        return try tunnel(host, "/ws", as: identity, cookie: try #require(cookie))
    }

    private func tunnel(
        _ host: String, _ path: String, as identity: TestCertificate? = nil, cookie: String = "none=1"
    ) throws -> RawTLS {
        let client = try RawTLS(to: running.endpoint, running.context(identity), serverName: host)
        try client.send(
            "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Cookie: \(cookie)\r\n\r\n")
        #expect(try client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
        try echo(client)
        return client
    }

    private func echo(_ client: RawTLS) throws {
        try client.send("x")
        #expect(try client.receive(through: "X") == "X")
    }

    /// How long a tunnel lives on that is used all the time; nil when it does for `seconds`.
    private func life(of client: RawTLS, seconds: Int = 20) -> Int? {
        let begin = Clock.monotonic()
        while Clock.monotonic().microseconds(since: begin) < seconds * 1_000_000 {
            do { try echo(client) } catch { return Clock.monotonic().microseconds(since: begin) }
        }
        return nil
    }

    private func expectEnd(
        of client: RawTLS, for reason: String, count: Int = 1,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let lasted = life(of: client) ?? .max
        // A second at the most, and what a busy machine adds.
        #expect(lasted < 10_000_000, sourceLocation: sourceLocation)
        #expect(upstream.awaitEnds(count), "its other end, too", sourceLocation: sourceLocation)
        #expect(bank.log.flush())
        let log = try bank.logged()
        let line = log.split(separator: "\n").last { $0.contains("tunnel.closed") }
        #expect(line?.contains("\"reason\":\"\(reason)\"") == true, sourceLocation: sourceLocation)
    }

    @Test func `a suspended customer's tunnel ends`() throws {
        let client = try certificateTunnel()
        #expect(life(of: client, seconds: 2) == nil, "nothing ends by itself")
        _ = try bank.customerStore.change(#require(CustomerID("TSUSER0001")), .status(.stopped))
        try expectEnd(of: client, for: "session")
    }

    @Test func `a tunnel ends with the session that an operator ends, or a new login`() throws {
        let client = try certificateTunnel()
        let open = try #require(bank.sessionStore.list(of: nil, after: nil, countMax: 9).first)
        #expect(try bank.sessionStore.end(publicID: open.publicID) != nil)
        try expectEnd(of: client, for: "session")
        let password = try #require(try journey.logIn("TSUSER0002").cookie)
        let other = try tunnel(TestBank.login, "/ws", cookie: password)
        #expect(try journey.logIn("TSUSER0002").cookie != nil)
        try expectEnd(of: other, for: "session", count: 2)
    }

    @Test func `a tunnel ends when its certificate leads to the customer no longer`() throws {
        let client = try certificateTunnel()
        bank.settings.mapping.removeFirst()
        try running.gateway.reload(bank.settings)
        try expectEnd(of: client, for: "session")
    }

    @Test func `a tunnel ends at once when its certificate's CA goes`() throws {
        let client = try certificateTunnel()
        bank.settings.trust["customers"]?.anchors.removeFirst()
        try running.gateway.reload(bank.settings)
        try expectEnd(of: client, for: "session")
    }

    @Test func `a tunnel ends at once when its certificate is revoked`() throws {
        let leaf = bank.customers.issue("TSUSER0001")
        let client = try certificateTunnel(leaf)
        let officer = try BlockingClient(to: .unix(path: bank.folder.file("admin.sock")))
        func command(_ name: String, _ body: [UInt8] = []) throws -> Int {
            try officer.send("POST", "/trust/customers/\(name)", headers: headers("sekisho"), body: body)
                .head.status
        }
        let list = TestRevocationList(
            [TestRevocationList.Entry(leaf.certificate)], number: 1, at: WallTime(seconds: Clock.wall()))
        let part = EpochPart(.crl, name: "1.crl", bytes: list.signed(by: bank.customers))
        #expect(try command("stage", StagingBody.encode([part])) == 200)
        #expect(try command("commit") == 200)
        try expectEnd(of: client, for: "session")
    }

    @Test func `a tunnel's use keeps its session, and the session's whole time ends both`() throws {
        bank.settings.session.idleSeconds = 10
        bank.settings.session.absoluteSeconds = 24
        try running.gateway.reload(bank.settings)
        let password = try #require(try journey.logIn("TSUSER0002").cookie)
        let unused = try tunnel(TestBank.login, "/ws", cookie: password)
        System.pause(seconds: 1)
        let used = try tunnel(TestBank.login, "/ws", cookie: password)
        let lasted = life(of: used, seconds: 60) ?? 0
        #expect(14_000_000...40_000_000 ~= lasted)
        #expect(throws: (any Error).self) { _ = try unused.receiveAll() }
    }

    @Test func `a tunnel that nobody uses ends with its idle session`() throws {
        bank.settings.session.idleSeconds = 2
        try running.gateway.reload(bank.settings)
        let password = try #require(try journey.logIn("TSUSER0002").cookie)
        let client = try tunnel(TestBank.login, "/ws", cookie: password)
        let begin = Clock.monotonic()
        #expect(throws: (any Error).self) { _ = try client.receive(through: "more") }
        #expect(1_000_000...9_000_000 ~= Clock.monotonic().microseconds(since: begin))
    }

    @Test func `a tunnel ends at the age that its route has, whatever it carries`() throws {
        let client = try tunnel(TestBank.login, "/short")
        let lasted = life(of: client, seconds: 20) ?? 0
        #expect(1_500_000...10_000_000 ~= lasted)
        #expect(bank.log.flush())
        #expect(try bank.logged().contains("\"reason\":\"age\""))
    }
}
