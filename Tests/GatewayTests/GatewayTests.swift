import Crypto
import HTTP
import Reactor
import Serving
import Settings
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

/// The gateway itself over real TLS, with a backend that remembers what reached it.
@Suite struct GatewayTests {
    private let running: RunningBank
    private var bank: TestBank { running.bank }
    private var backend: Backend { running.backend }
    private let login = TestBank.login
    private let partner = TestBank.partner

    init() throws { running = try RunningBank() }

    // MARK: Hosts

    // Threats row 10.
    @Test func `a Host that SNI did not name is answered 421, also later on the connection`() throws {
        let client = try running.client(to: login)
        for _ in 0..<2 {
            #expect(try client.send("GET", "/public", headers: headers(login)).head.status == 200)
            for other in [partner, TestBank.certificate, "a.\(login)", "evil.example", "127.0.0.1"] {
                #expect(try client.send("GET", "/public", headers: headers(other)).head.status == 421)
            }
        }
        #expect(backend.requests.count == 2)
        #expect(backend.requests.allSatisfy { $0.head.headers["X-Forwarded-Host"] == login })
    }

    @Test func `a certificate host answers on a label in front of its name`() throws {
        let host = "again1.\(TestBank.certificate)"
        let client = try running.client(to: host)
        #expect(try client.send("GET", "/public", headers: headers(host)).head.status == 200)
        #expect(try client.send("GET", "/public", headers: headers("a.\(host)")).head.status == 421)
    }

    // MARK: Identity headers

    // Threats rows 44, 45 and 46.
    @Test func `what clients say of themselves never reaches a backend, what the gateway says always does`()
        throws
    {
        let names = [
            "Sekisho-Assertion", "sekisho_assertion", "SEKISHO.ASSERTION", "Client-Cert", "client_cert",
            "Client-Cert-Chain", "X-Customer-Id", "X_Customer_Id", "X.Customer.Id", "X-Forwarded-For",
            "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "X-SSL-Client-Cert", "SSL_CLIENT_VERIFY",
            "Remote-User",
            "X-Request-Id", "X-Original-URL",
        ]
        let spoofed = names.flatMap { [($0, "spoof"), ($0.lowercased(), "spoof")] }
        let listed = (
            "Connection", "sekisho-assertion, client-cert, x-forwarded-for, x-request-id, x-mine, host"
        )
        let identity = bank.partners.issue("api.partner.example")
        let client = try running.client(to: partner, as: identity)
        let more = spoofed + [listed, ("X-Mine", "hop"), ("X-Kept", "kept")]
        #expect(try client.send("GET", "/", headers: headers(partner, more)).head.status == 200)
        let seen = try #require(backend.requests.last).head.headers
        #expect(!seen.contains { $0.value == "spoof" })
        #expect(seen["X-Mine"] == nil)
        #expect(seen["X-Kept"] == "kept")
        #expect(seen.values(of: "Client-Cert") == [":\(Base64.encode(identity.certificate.der)):"])
        #expect(seen.values(of: "X-Forwarded-For") == ["127.0.0.1"])
        #expect(seen.values(of: "X-Forwarded-Proto") == ["https"])
        #expect(seen.values(of: "X-Request-Id").count == 1)
        let claims = try running.assertedClaims()
        #expect(claims["sub_kind"]?.string == "partner")
        #expect(claims["cnf"]?["x5t#S256"]?.string == identity.certificate.fingerprint.base64URL)
    }

    @Test func `what a backend says to the gateway's side does not reach the client`() throws {
        let response = try running.client(to: login).send("GET", "/public", headers: headers(login))
        #expect(response.text == "backend")
        #expect(response.head.headers["Sekisho-Secret"] == nil)
        #expect(response.head.headers["Strict-Transport-Security"] != nil)
    }

    // Threats row 47.
    @Test func `nothing of one request is left over for the next on the same backend connection`() throws {
        let identity = bank.partners.issue("api.partner.example")
        _ = try running.client(to: partner, as: identity).send("GET", "/1", headers: headers(partner))
        _ = try running.client(to: login).send("GET", "/public/2", headers: headers(login))
        let requests = backend.requests
        try #require(requests.count == 2)
        #expect(requests[0].peer == requests[1].peer, "the backend connection was used again")
        #expect(requests[0].head.headers["Client-Cert"] != nil)
        #expect(requests[1].head.headers["Client-Cert"] == nil)
        #expect(try running.assertedClaims()["sub_kind"]?.string == "anonymous")
    }

    @Test func `an anonymous route carries an anonymous assertion, certificate or not`() throws {
        let client = try running.client(to: TestBank.certificate, as: bank.customers.issue("TSUSER0001"))
        #expect(try client.send("GET", "/public", headers: headers(TestBank.certificate)).head.status == 200)
        let claims = try running.assertedClaims()
        #expect(claims["sub"]?.string == "anonymous")
        #expect(claims["cnf"] == nil)
        #expect(backend.requests.last?.head.headers["Client-Cert"] == nil)
    }

    @Test func `a body reaches the backend whole, with the gateway's headers`() throws {
        let body = [UInt8](repeating: 0x78, count: 60_000)
        let client = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        #expect(try client.send("POST", "/", headers: headers(partner), body: body).head.status == 200)
        #expect(backend.requests.last?.body == body)
        #expect(try running.assertedClaims()["sub_kind"]?.string == "partner")
    }

    // MARK: Partners

    @Test func `a partner without a certificate that is good here is refused in JSON`() throws {
        let unfit = [
            nil, bank.customers.issue("TSUSER0001"),
            TestAuthority(name: "Stranger").issue("api.partner.example"),
            bank.partners.issueServer(names: ["api.partner.example"]),
        ]
        for identity in unfit {
            let response = try running.client(to: partner, as: identity).send(
                "GET", "/", headers: headers(partner))
            #expect(response.head.status == 401)
            #expect(response.head.headers["Content-Type"] == "application/json")
            let body = try JSONReader.read(response.body, dialect: .json)
            #expect(body["error"]?.string == "invalid_client")
            #expect(body["support_code"]?.string?.count == 11)
        }
        #expect(backend.requests.isEmpty)
    }

    // MARK: Paths

    @Test(arguments: ["/public/..;/", "/public/%2e%2e/", "/public//own", "/public%2fown", "/a\\b"])
    func `a path that backends could read differently reaches none`(path: String) throws {
        let response = try running.client(to: login).send("GET", path, headers: headers(login))
        #expect(response.head.status == 400)
        #expect(backend.requests.isEmpty)
    }

    @Test(arguments: ["/public/%6fwn", "/public/o%77n/x", "/%70ublic/own"])
    func `a route's rule holds for every spelling of its path`(path: String) throws {
        let response = try running.client(to: login).send("GET", path, headers: headers(login))
        #expect(response.head.status == 303, "to the login page")
        #expect(backend.requests.isEmpty)
    }

    // Threats row 49.
    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "Content-Length: 5, 5\r\n\r\n", "Content-Length: +5\r\n\r\n", "Content_Length: 5\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n", "Transfer-Encoding : chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer_Encoding: chunked\r\n\r\n",
        "X: a\nTransfer-Encoding: chunked\r\n\r\n", "X: a\r\n Transfer-Encoding: chunked\r\n\r\n",
        "X: a\rTransfer-Encoding: chunked\r\n\r\n", "X: a\u{0}\r\n\r\n",
    ])
    func `a request with two readings reaches no backend, and nothing behind it either`(rest: String) throws {
        let client = try RawTLS(to: running.endpoint, running.context(), serverName: login)
        try client.send("POST /public HTTP/1.1\r\nHost: \(login)\r\n\(rest)")
        try client.send("GET /public/smuggled HTTP/1.1\r\nHost: \(login)\r\n\r\n")
        let all = try client.receiveAll()
        #expect(all.hasPrefix("HTTP/1.1 400 "))
        #expect(!all.contains("backend"))
        #expect(backend.requests.isEmpty)
    }

    @Test(arguments: [
        "5\nhello\r\n0\r\n\r\n", "5;a=\n\r\nhello\r\n0\r\n\r\n", "05x\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
    ])
    func `a chunked body with two readings is never whole for a backend`(body: String) throws {
        let client = try RawTLS(to: running.endpoint, running.context(), serverName: login)
        try client.send(
            "POST /public HTTP/1.1\r\nHost: \(login)\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
        try client.send("GET /public/smuggled HTTP/1.1\r\nHost: \(login)\r\n\r\n")
        #expect(try client.receiveAll().hasPrefix("HTTP/1.1 400 "))
        #expect(backend.requests.isEmpty)
    }

    // MARK: Backends that fail

    @Test func `a dead backend is a Japanese page with Retry-After, until it is back`() throws {
        let client = try running.client(to: login)
        #expect(try client.send("GET", "/public", headers: headers(login)).head.status == 200)
        backend.stop()
        for _ in 0..<2 {
            let response = try client.send("GET", "/public", headers: headers(login))
            #expect(response.head.status == 503)
            #expect(response.head.headers["Retry-After"] == "2")
            #expect(response.head.headers["Content-Type"] == "text/html; charset=utf-8")
            #expect(response.text.contains("ただいまサービスをご利用いただけません。"))
            #expect(response.text.contains("APL-1912"))
        }
        let machine = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        let refusal = try machine.send("GET", "/", headers: headers(partner))
        #expect(refusal.head.status == 503)
        #expect(refusal.text.contains("temporarily_unavailable"))
        try backend.restart()
        let deadline = Clock.monotonic().adding(milliseconds: 10_000)
        var status = 503
        while status != 200, Clock.monotonic() < deadline {
            status = try client.send("GET", "/public", headers: headers(login)).head.status
        }
        #expect(status == 200)
    }

    // MARK: Reloading

    // Threats rows 4 and 62.
    @Test func `an anchor that is taken out is worth nothing for the next request of a kept connection`()
        throws
    {
        let client = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        #expect(try client.send("GET", "/1", headers: headers(partner)).head.status == 200)
        #expect(try running.assertedClaims()["epoch"]?.integer == 1)
        bank.settings.trust["partners"]?.anchors.removeFirst()
        bank.settings.trust["partners"]?.lockoutsMax = 10
        try running.gateway.reload(bank.settings)
        let refusal = try client.send("GET", "/2", headers: headers(partner))
        #expect(refusal.head.status == 401)
        #expect(client.connectionTLS?.isResumed == false)
        #expect(backend.requests.count == 1)
        #expect(
            try running.client(to: partner, as: bank.partners.issue("p")).send(
                "GET", "/3", headers: headers(partner)
            ).head.status == 401)
    }

    @Test func `a host that is given another trust store judges kept connections by it`() throws {
        let client = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        #expect(try client.send("GET", "/1", headers: headers(partner)).head.status == 200)
        bank.settings.hosts[2].trust = "customers"
        try running.gateway.reload(bank.settings)
        #expect(try client.send("GET", "/2", headers: headers(partner)).head.status == 401)
    }

    // Threats row 16.
    @Test func `a reload that fails changes nothing`() throws {
        let client = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        #expect(try client.send("GET", "/1", headers: headers(partner)).head.status == 200)
        let good = bank.settings
        bank.settings.trust["partners"] = GatewaySettings.TrustStore(anchors: [
            bank.folder.file("customers.pem")
        ])
        bank.settings.trust["customers"] = GatewaySettings.TrustStore(anchors: [
            bank.folder.file("nothing.pem")
        ])
        #expect(throws: GatewayFault.self) { try running.gateway.reload(bank.settings) }
        var broken = good
        broken.hosts[2].certificate = bank.folder.file("nothing.pem")
        #expect(throws: GatewayFault.self) { try running.gateway.reload(broken) }
        #expect(running.gateway.trustSummary.map(\.epoch) == [1, 1])
        #expect(running.gateway.trustSummary.map(\.anchors) == [2, 2])
        #expect(try client.send("GET", "/2", headers: headers(partner)).head.status == 200)
    }

    @Test func `a reload with the same files is the same epoch`() throws {
        try running.gateway.reload(bank.settings)
        #expect(running.gateway.trustSummary.map(\.epoch) == [1, 1])
    }

    @Test func `what assertions say changes with a reload`() throws {
        let client = try running.client(to: login)
        _ = try client.send("GET", "/public", headers: headers(login))
        #expect(try running.assertedClaims()["aud"]?.string == "sekisho-consent")
        bank.settings.assertion.audience = "another"
        try running.gateway.reload(bank.settings)
        _ = try client.send("GET", "/public", headers: headers(login))
        #expect(try running.assertedClaims()["aud"]?.string == "another")
    }

    @Test func `a host that is gone with a reload ends its connections, the others keep theirs`() throws {
        let atLogin = try running.client(to: login)
        let atPartner = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        _ = try atLogin.send("GET", "/public", headers: headers(login))
        #expect(try atPartner.send("GET", "/1", headers: headers(partner)).head.status == 200)
        let all = bank.settings
        bank.settings.hosts = Array(all.hosts.dropLast())
        bank.settings.trust["partners"] = nil
        #expect(try running.gateway.reload(bank.settings) == [])
        let gone = try atPartner.send("GET", "/2", headers: headers(partner))
        #expect(gone.head.status == 421)
        #expect(!gone.head.keepsAlive)
        #expect(throws: ClientFailure.self) {
            _ = try running.client(to: partner, as: bank.partners.issue("p")).send(
                "GET", "/3", headers: headers(partner))
        }
        let before = atLogin.connectionTLS
        #expect(try atLogin.send("GET", "/public", headers: headers(login)).head.status == 200)
        #expect(atLogin.connectionTLS === before, "the connection was kept")

        // Back, in another order, and with a new one.
        bank.settings = all
        bank.settings.hosts.reverse()
        let added = "api2.bank.example"
        let identity = bank.serverRoot.issueServer(names: [added])
        bank.settings.hosts.append(
            GatewaySettings.Host(
                name: added, role: .partner,
                certificate: try bank.folder.write(identity.pem, to: "added.pem"),
                key: try bank.folder.write(identity.keyPEM, to: "added.key"), trust: "partners",
                routes: [GatewaySettings.Route(path: "/", upstream: "bank", access: .partner)]))
        try running.gateway.reload(bank.settings)
        #expect(try atLogin.send("GET", "/public", headers: headers(login)).head.status == 200)
        #expect(atLogin.connectionTLS === before, "the connection was kept")
        for host in [partner, added] {
            let client = try running.client(to: host, as: bank.partners.issue("api.partner.example"))
            #expect(try client.send("GET", "/4", headers: headers(host)).head.status == 200)
            #expect(try client.send("GET", "/4", headers: headers(login)).head.status == 421)
        }
    }

    // Threats row 10.
    @Test func `a host that begins to ask for certificates serves nobody whom it has not asked`() throws {
        let client = try running.client(to: login)
        #expect(try client.send("GET", "/public", headers: headers(login)).head.status == 200)
        bank.settings.hosts = [
            GatewaySettings.Host(
                name: login, role: .partner, certificate: bank.settings.hosts[0].certificate,
                key: bank.settings.hosts[0].key, trust: "partners",
                routes: [GatewaySettings.Route(path: "/public", upstream: "bank", access: .anonymous)])
        ]
        try running.gateway.reload(bank.settings)
        let answer = try client.send("GET", "/public", headers: headers(login))
        #expect(answer.head.status == 421 && !answer.head.keepsAlive)
        #expect(try client.send("GET", "/public", headers: headers(login)).head.status == 200)
    }

    @Test func `limits hold from a reload on, and what needs a new start is told`() throws {
        let client = try running.client(to: login)
        _ = try client.send("GET", "/public", headers: headers(login))
        bank.settings.limits.requestsPerConnectionMax = 1
        bank.settings.workers = 2
        bank.settings.limits.tlsSessionsMax = 5
        bank.settings.monitoring = MonitoringSettings(listen: [.tcp(address: "127.0.0.1", port: 0)])
        #expect(
            try running.gateway.reload(bank.settings) == ["workers", "limits.tlsSessionsMax", "monitoring"])
        #expect(
            try running.gateway.reload(bank.settings).count == 3, "as long as it has not been started anew")
        _ = try client.send("GET", "/public", headers: headers(login))
        #expect(try !client.send("GET", "/public", headers: headers(login)).head.keepsAlive)
    }
}
