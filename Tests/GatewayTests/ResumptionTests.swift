import HTTP
import Reactor
import Serving
import Settings
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import Trust

@testable import Gateway

/// What a resumed TLS session is worth: what its certificates are worth now.
@Suite struct ResumptionTests {
    private let running: RunningBank
    private var bank: TestBank { running.bank }

    init() throws {
        running = try RunningBank { bank in
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
            bank.settings.trust["partners"]?.revocation = .init(check: .leaf, whenUnknown: .allow)
        }
    }

    private func context(_ version: TLSVersion, _ identity: TestCertificate) throws -> ClientContext {
        try ClientContext(
            anchorsPEM: bank.serverRoot.pem,
            identity: ClientIdentity(chainPEM: identity.pem, keyPEM: identity.keyPEM), versionMin: version,
            versionMax: version, keepsSessions: true)
    }

    private func connect(
        _ context: ClientContext, with session: ClientSession? = nil, to running: RunningBank? = nil
    ) throws -> RawTLS {
        try RawTLS(
            to: (running ?? self.running).endpoint, context, serverName: TestBank.partner, resuming: session)
    }

    /// Sends the one request of a connection and returns the status.
    private func status(of client: RawTLS) throws -> Int {
        try client.send("GET /1 HTTP/1.1\r\nHost: \(TestBank.partner)\r\nConnection: close\r\n\r\n")
        let response = try client.receiveAll()
        return try #require(Int(response.dropFirst(9).prefix(3)))
    }

    // Threats row 7.
    @Test(arguments: TLSVersion.allCases)
    func `backends cannot tell a resumed session from a first one`(version: TLSVersion) throws {
        func identity() throws -> [String] {
            let claims = try running.assertedClaims()
            let certificate = running.backend.requests.last?.head.headers["Client-Cert"] ?? "none"
            return [claims["sub"]?.string, claims["epoch"]?.integer.map(String.init), certificate].map {
                $0 ?? "absent"
            }
        }
        let context = try context(version, bank.partners.issue("api.partner.example"))
        let first = try connect(context)
        #expect(try status(of: first) == 200)
        let before = try identity()
        let second = try connect(context, with: first.connection.clientSession)
        #expect(second.connection.isResumed)
        #expect(try status(of: second) == 200)
        #expect(try identity() == before)
        #expect(before.last?.hasPrefix(":MII") == true)
        #expect(running.backend.requests.count == 2)
    }

    // Threats row 4.
    @Test(arguments: TLSVersion.allCases)
    func `a session ends with its anchor, and a resumed connection too`(version: TLSVersion) throws {
        let context = try context(version, bank.partners.issue("api.partner.example"))
        let first = try connect(context)
        #expect(try status(of: first) == 200)
        // Resumed under the old epoch, and asking under the new one.
        let early = try connect(context, with: first.connection.clientSession)
        #expect(early.connection.isResumed)
        let more = try connect(context)
        #expect(try status(of: more) == 200)
        bank.settings.trust["partners"]?.anchors.removeFirst()
        bank.settings.trust["partners"]?.lockoutsMax = 10
        try running.gateway.reload(bank.settings)
        #expect(try status(of: early) == 401)
        let late = try connect(context, with: more.connection.clientSession)
        #expect(try status(of: late) == 401)
        #expect(running.backend.requests.count == 2)
    }

    // Threats row 5.
    @Test(arguments: TLSVersion.allCases)
    func `a session is worth nothing once its certificate is revoked`(version: TLSVersion) throws {
        let leaf = bank.partners.issue("api.partner.example")
        let revoked = try context(version, leaf)
        let other = try context(version, bank.partners.issue("other.example"))
        let first = try connect(revoked)
        #expect(try status(of: first) == 200)
        let more = try connect(revoked)
        #expect(try status(of: more) == 200)
        let neighbour = try connect(other)
        #expect(try status(of: neighbour) == 200)
        // Resumed while nothing was known, and asking when it is.
        let early = try connect(revoked, with: first.connection.clientSession)
        #expect(early.connection.isResumed)

        let list = TestRevocationList([.init(leaf.certificate)], at: WallTime(seconds: Clock.wall()))
        let part = EpochPart(.crl, name: "1.crl", bytes: list.signed(by: bank.partners))
        let officer = try BlockingClient(to: .unix(path: bank.folder.file("admin.sock")))
        for (command, body) in [
            ("stage", StagingBody.encode([part])), ("commit", Array(#"{"allowLockout":1}"#.utf8)),
        ] {
            let answer = try officer.send(
                "POST", "/trust/partners/\(command)", headers: headers("sekisho"), body: body)
            #expect(answer.head.status == 200)
        }
        #expect(try status(of: early) == 401)
        #expect(try status(of: connect(revoked, with: more.connection.clientSession)) == 401)
        #expect(try status(of: connect(revoked)) == 401)
        #expect(running.backend.requests.count == 3)
        // Its neighbour goes on, and has to shake hands again: its session was made under another policy.
        let again = try connect(other, with: neighbour.connection.clientSession)
        #expect(!again.connection.isResumed)
        #expect(try status(of: again) == 200)
    }

    // Threats row 30, resumed.
    @Test(arguments: TLSVersion.allCases)
    func `a certificate that expires meanwhile is refused in a resumed session`(version: TLSVersion) throws {
        let end = WallTime(seconds: Clock.wall() + 2)
        let context = try context(version, bank.partners.issue("api.partner.example", notAfter: end))
        var client = try connect(context)
        #expect(try status(of: client) == 200)
        let deadline = Clock.monotonic().adding(milliseconds: 10_000)
        var last = 200
        var session = client.connection.clientSession
        while last == 200, Clock.monotonic() < deadline {
            client = try connect(context, with: session)
            #expect(client.connection.isResumed)
            last = try status(of: client)
            session = client.connection.clientSession ?? session  // TLS 1.2 goes on with the first
        }
        #expect(last == 401)
        #expect(Clock.wall() >= end.seconds)
    }

    @Test(arguments: TLSVersion.allCases)
    func `who was refused is asked for a certificate again`(version: TLSVersion) throws {
        let stranger = TestAuthority(name: "Nobody's CA")
        let context = try context(version, stranger.issue("api.partner.example"))
        let first = try connect(context)
        #expect(try status(of: first) == 401)
        let second = try connect(context, with: first.connection.clientSession)
        #expect(!second.connection.isResumed)
        #expect(try status(of: second) == 401)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a session is found on whichever loop its client comes back to`(version: TLSVersion) throws {
        let running = try RunningBank { $0.settings.workers = 4 }
        let context = try ClientContext(
            anchorsPEM: running.bank.serverRoot.pem, versionMin: version, versionMax: version,
            keepsSessions: true)
        var session: ClientSession?
        for turn in 0..<24 {
            let client = try RawTLS(
                to: running.endpoint, context, serverName: TestBank.login, resuming: session)
            #expect(client.connection.isResumed == (turn > 0))
            try client.send("GET / HTTP/1.1\r\nHost: \(TestBank.login)\r\nConnection: close\r\n\r\n")
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 303"))
            session = client.connection.clientSession ?? session
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `nothing is resumed where sessions last no time`(version: TLSVersion) throws {
        let running = try RunningBank { $0.settings.limits.tlsSessionSeconds = 0 }
        let context = try ClientContext(
            anchorsPEM: running.bank.serverRoot.pem, versionMin: version, versionMax: version,
            keepsSessions: true)
        let first = try RawTLS(to: running.endpoint, context, serverName: TestBank.login)
        try first.send("GET / HTTP/1.1\r\nHost: \(TestBank.login)\r\nConnection: close\r\n\r\n")
        _ = try first.receiveAll()
        let second = try RawTLS(
            to: running.endpoint, context, serverName: TestBank.login,
            resuming: first.connection.clientSession)
        #expect(!second.connection.isResumed)
    }
}
