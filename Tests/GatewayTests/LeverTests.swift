import Crypto
import Glibc
import HTTP
import Identity
import Logs
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

/// What makes connections cheaper changes nothing that anybody sees.
@Suite struct LeverTests {
    private let backend: Backend
    private let bank: TestBank
    private let personas: [(name: String, identity: TestCertificate?)]

    init() throws {
        backend = try Backend()
        bank = try TestBank(upstreamPort: backend.port)
        try bank.add("TSUSER0001", .certificate)
        let now = WallTime(seconds: Clock.wall())
        let authority = bank.customers
        let revoked = authority.issue("TSUSER0001")
        let list = TestRevocationList([.init(revoked.certificate)], at: now)
        let path = try bank.folder.write(list.signed(by: authority), to: "customers.crl")
        for store in ["customers", "partners"] {
            bank.settings.trust[store] = .init(
                anchors: [bank.folder.file("customers.pem")], crls: [path],
                revocation: .init(check: .leaf, whenUnknown: .deny))
        }
        bank.settings.mapping.removeLast()
        bank.settings.limits.drainSeconds = 0
        personas = [
            ("trusted", authority.issue("TSUSER0001")),
            ("trusted, RSA", authority.issue("TSUSER0001", key: .rsa2048)),
            ("nobody's", authority.issue("TSUSER0404")),
            ("expired", authority.issue("TSUSER0001", notAfter: now.adding(seconds: -60))),
            ("not yet valid", authority.issue("TSUSER0001", notBefore: now.adding(seconds: 3600))),
            ("revoked", revoked),
            ("of an unknown CA", TestAuthority(name: "Stranger").issue("TSUSER0001")),
            ("for servers", authority.issue("TSUSER0001", extendedKeyUsage: ["serverAuth"])),
            ("none", nil),
        ]
    }

    @Test func `verdicts, pages and audit records are the same with each lever and without it`() throws {
        let everything = try story(Levers())
        func expectTheSame(_ levers: Levers) throws {
            let found = difference(everything, try story(levers))
            #expect(found == nil)
        }
        // It is the same when it happens again.
        try expectTheSame(Levers())
        for page in ["APL-1104", " 401 ", " 200 ", " 403 "] {
            #expect(everything.contains { $0.contains(page) }, "\(page)")
        }
        for reason in ["expired", "revoked", "unknownIssuer", "wrongPurpose"] {
            #expect(everything.contains { $0.hasPrefix("audit") && $0.contains(reason) })
        }
        try expectTheSame(Levers(hasLeanLibrary: false))
        try expectTheSame(Levers(keepsCertificates: false))
        try expectTheSame(Levers(keepsVerdicts: false))
        try expectTheSame(Levers(hasRecordTransport: false))
        bank.settings.limits.tlsSessionSeconds = 0
        try expectTheSame(Levers())
        let none = Levers(
            hasLeanLibrary: false, keepsCertificates: false, keepsVerdicts: false, hasRecordTransport: false)
        try expectTheSame(none)
    }

    /// Where large blocks come from is settled for a whole process, before it uses OpenSSL: so two processes
    /// tell the same story, each of a bank of its own.
    @Test func `verdicts, pages and audit records are the same wherever OpenSSL has its memory from`()
        async throws
    {
        let apart = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) {
            try #require(OpenSSLMemory.separateLargeBlocks())
            try LeverTests().tellStory()
        }
        let together = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) {
            try LeverTests().tellStory()
        }
        let stories = [apart, together].map { result in
            String(decoding: result?.standardOutputContent ?? [], as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix(Self.mark) }.map(String.init)
        }
        #expect(stories[0].count > 2 * personas.count)
        let found = difference(stories[0], stories[1])
        #expect(found == nil)
    }

    /// Where one story is another than the other one.
    private func difference(_ some: [String], _ others: [String]) -> String? {
        if let (a, b) = zip(some, others).first(where: { $0 != $1 }) {
            let same = zip(a, b).prefix { $0 == $1 }.count
            return "\(a.prefix(60)): \(a.dropFirst(same).prefix(80)) / \(b.dropFirst(same).prefix(80))"
        }
        return some.count == others.count ? nil : "\(some.count) lines, \(others.count)"
    }

    /// What it says on standard output, without what differs from bank to bank.
    private func tellStory() throws {
        for line in try story(Levers()) {
            print(Self.mark + line.replacing(/[0-9A-Fa-f]{32,}/, with: "HASH").replacing("\n", with: " "))
        }
        fflush(nil)
    }

    /// In front of each line of a story.
    private static let mark = "story: "

    /// Everybody comes twice to each host, taking up the TLS session if that is offered; told without
    /// what differs each time.
    private func story(_ levers: Levers) throws -> [String] {
        let before = try bank.audited().count
        let gateway = try Gateway(
            bank.settings, database: bank.database, log: bank.log, audit: bank.audit, levers: levers)
        let endpoint = Endpoint.tcp(address: "127.0.0.1", port: gateway.ports[0] ?? 0)
        var lines: [String] = []
        for (name, identity) in personas {
            let context = try ClientContext(
                anchorsPEM: bank.serverRoot.pem,
                identity: identity.map { ClientIdentity(chainPEM: $0.pem, keyPEM: $0.keyPEM) },
                keepsSessions: true)
            for host in [TestBank.partner, TestBank.certificate] {
                var session: ClientSession?
                for _ in 0..<2 {
                    let answers = try visit(host, endpoint, context, &session)
                    lines += answers.map { "\(name) at \(host): \($0)" }
                }
            }
        }
        gateway.stop()
        let audit = try bank.audited().dropFirst(before).split(separator: "\n")
        let records = try audit.map { try JSONReader.read(Array($0.utf8), dialect: .json) }
        lines += records.map { "audit: \(told($0))" }
        // Each time differ support codes, what tells one form from the next, and the name for another try.
        return lines.map { line in
            line.replacing(/[0-9A-Z]{5}-[0-9A-Z]{5}/, with: "CODE")
                .replacing(/name="t" value="[^"]*"/, with: "")
                .replacing(/https:\/\/[0-9a-f]{10}\./, with: "https://ANEW.")
        }
    }

    private func visit(
        _ host: String, _ endpoint: Endpoint, _ context: ClientContext, _ session: inout ClientSession?
    ) throws -> [String] {
        func ask(_ path: String, _ fields: String = "") throws -> String {
            let client = try RawTLS(to: endpoint, context, serverName: host, resuming: session)
            try client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n")
            let answer = try client.receiveAll()
            session = client.connection.clientSession
            return answer
        }
        let first = try ask(host == TestBank.partner ? "/" : "/.sekisho/certificate?c=none")
        guard host == TestBank.certificate else { return [content(first)] }
        // By the login host, which seals where to go on to.
        let login = try RawTLS(to: endpoint, context, serverName: TestBank.login)
        try login.send("GET / HTTP/1.1\r\nHost: \(TestBank.login)\r\nConnection: close\r\n\r\n")
        let start = try login.receiveAll()
        let sealed = try #require(start.firstMatch(of: /c=([^\r&]+)/)?.1)
        let cookie = try #require(start.firstMatch(of: /Set-Cookie: ([^;]+)/)?.1)
        let page = try ask("/.sekisho/certificate?c=\(sealed)", "Cookie: \(cookie)\r\n")
        return [content(first), content(page.replacing(sealed, with: "SEALED"))]
    }

    /// The status line and the body; of the fields in between some have the time in them.
    private func content(_ answer: String) -> String {
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        return "\(parts.first?.prefix { $0 != "\r\n" } ?? "") \(parts.dropFirst().first ?? "")"
    }

    private func told(_ record: JSONNode) -> String {
        guard case .object(let members) = record.value else { return "no record" }
        return members.filter { !Self.changing.contains($0.key) }
            .map { "\($0.key)=\($0.node.string ?? $0.node.integer.map(String.init) ?? "…")" }
            .joined(separator: " ")
    }

    private static let changing: Set = [
        "time", "chain", "seq", "prev", "hash", "request", "trace", "code", "connection", "session",
    ]
}
