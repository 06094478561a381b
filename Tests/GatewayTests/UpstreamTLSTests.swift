import HTTP
import Reactor
import Serving
import Settings
import Synchronization
import TLS
import TestFolders
import TestPKI
import Testing
import X509

@testable import Gateway

/// Upstreams under TLS: they prove who they are, and see who we are.
@Suite struct UpstreamTLSTests {
    static let name = "web.bank.example"
    let root = TestAuthority(name: "Web CA")

    private func running(_ web: Web, _ change: (TestBank) throws -> Void = { _ in }) throws -> RunningBank {
        try RunningBank { bank in
            bank.settings.upstreams["bank"] = GatewaySettings.Upstream(
                endpoint: .tcp(address: "127.0.0.1", port: web.port),
                tls: GatewaySettings.UpstreamTLS(
                    name: Self.name, anchors: [try bank.folder.write(root.pem, to: "web-ca.pem")]))
            try change(bank)
        }
    }

    private func status(_ running: RunningBank) throws -> Int {
        try running.client(to: TestBank.login).send("GET", "/public", headers: headers(TestBank.login)).head
            .status
    }

    @Test func `a server with the right name from the right CA is believed`() throws {
        let web = try Web(root.issueServer(names: [Self.name]))
        defer { web.stop() }
        #expect(try status(running(web)) == 200)
        #expect(web.shown == ["nobody"])
    }

    @Test func `a server that does not prove who it is gets no byte of the request`() throws {
        let hostile: [(String, TestCertificate)] = [
            ("another name", root.issueServer(names: ["other.bank.example"])),
            (
                "the name as a common name only",
                root.issue(TestName([[.utf8("CN", Self.name)]]), extendedKeyUsage: ["serverAuth"])
            ),
            ("another CA", TestAuthority(name: "Stranger").issueServer(names: [Self.name])),
            ("another CA of the same name", TestAuthority(name: "Web CA").issueServer(names: [Self.name])),
            ("a client's", root.issue("x", extendedKeyUsage: ["clientAuth"], san: ["DNS:\(Self.name)"])),
        ]
        for (what, certificate) in hostile {
            let web = try Web(certificate)
            defer { web.stop() }
            #expect(try status(running(web)) == 503, "\(what)")
            #expect(web.shown == [], "\(what)")
        }
    }

    @Test func `row 53: an answer in the clear, before TLS, is no answer`() throws {
        let web = try Web(nil)
        defer { web.stop() }
        let running = try running(web)
        #expect(try status(running) == 503)
        #expect(try running.bank.logged().contains("upstream.failed"))
    }

    @Test func `the gateway shows its own certificate, and another one after a reload`() throws {
        let partners = TestAuthority(name: "Gateway CA")
        let web = try Web(root.issueServer(names: [Self.name]), asks: true)
        defer { web.stop() }
        let running = try running(web) { bank in
            let own = partners.issue("gateway-1")
            bank.settings.upstreams["bank"]?.tls?.certificate = try bank.folder.write(own.pem, to: "own.pem")
            bank.settings.upstreams["bank"]?.tls?.key = try bank.folder.write(own.keyPEM, to: "own.key")
        }
        #expect(try status(running) == 200)
        #expect(web.shown.last == "CN=gateway-1")
        let next = partners.issue("gateway-2")
        _ = try running.bank.folder.write(next.pem, to: "own.pem")
        _ = try running.bank.folder.write(next.keyPEM, to: "own.key")
        try running.gateway.reload(running.bank.settings)
        #expect(try status(running) == 200)
        #expect(web.shown.last == "CN=gateway-2")
        // A CA that is taken out is worth nothing from the next request on.
        _ = try running.bank.folder.write(TestAuthority(name: "Web CA").pem, to: "web-ca.pem")
        try running.gateway.reload(running.bank.settings)
        #expect(try status(running) == 503)
    }

    @Test func `files that do not fit are told of, and the old ones stay`() throws {
        let web = try Web(root.issueServer(names: [Self.name]))
        defer { web.stop() }
        let running = try running(web)
        var settings = running.bank.settings
        settings.upstreams["bank"]?.tls?.anchors = [running.bank.folder.file("none.pem")]
        let missing = #expect(throws: GatewayFault.self) { try running.gateway.reload(settings) }
        #expect(missing?.complaints.first?.contains("none.pem") == true)
        settings = running.bank.settings
        settings.upstreams["bank"]?.tls?.certificate = settings.hosts[0].certificate
        settings.upstreams["bank"]?.tls?.key = try running.bank.folder.write(
            root.issue("x").keyPEM, to: "other.key")
        let unfit = #expect(throws: GatewayFault.self) { try running.gateway.reload(settings) }
        #expect(unfit?.complaints.first?.hasPrefix("upstreams.bank.tls: ") == true)
        #expect(try status(running) == 200)
    }
}

/// A web tier that remembers who asked it, by the subject of the certificate that was shown.
private final class Web: Sendable {
    let port: UInt16
    private let thread: LoopThread
    private let guests: Guests

    final class Guests: Sendable {
        let subjects = Mutex<[String]>([])
    }

    private final class Service: ExchangeService {
        let guests: Guests
        init(_ guests: Guests) { self.guests = guests }
        func connectionOpened(_ connection: PeerConnection) {}
        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {}
        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text("plain", status: 400)
        }
        func serve(_ exchange: Exchange) {
            let subject = exchange.connection.tls?.presentedChain.first?.subject.rfc4514
            guests.subjects.withLock { $0.append(subject ?? "nobody") }
            exchange.respond(.text("web"))
        }
    }

    /// - Parameter certificate: Nil for a server in the clear.
    init(_ certificate: TestCertificate?, asks: Bool = false) throws {
        let host = certificate.map {
            ServerHost(
                names: ["web.bank.example"], chainPEM: $0.pem, keyPEM: $0.keyPEM,
                clientCertificate: asks ? .requested(advertising: []) : .none, isStrictest: true)
        }
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 16, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        let guests = Guests()
        self.guests = guests
        thread = try LoopThread.start(name: "web") { loop in
            let context = host.flatMap { try? ServerContext(hosts: [$0]) }
            if host != nil, context == nil { return }
            let server = Server(
                on: loop, limits: ServingLimits(), service: Service(guests), tls: context)
            loop.context = server
            try? server.listen(on: socket)
        }
    }

    var shown: [String] { guests.subjects.withLock { $0 } }

    func stop() {
        _ = thread.mailbox.post { loop in
            guard let server = loop.context as? Server else { return loop.stop() }
            server.drain(seconds: 0) { loop.stop() }
        }
        thread.join()
    }
}
