import Crypto
import HTTP
import Identity
import Logs
import Reactor
import Serving
import Settings
import Storage
import Synchronization
import TestFolders
import TestPKI
import Testing
import Text
import Trust
import X509

@testable import Gateway

/// Revocation lists on the road of every change of trust.
@Suite struct TrustRevocationTests {
    private let bank: TestBank
    private let now = WallTime(seconds: Clock.wall())

    init() throws {
        bank = try TestBank()
        bank.settings.trust["customers"]?.revocation = GatewaySettings.Revocation(
            check: .leaf, whenUnknown: .allow)
    }

    private func opened(_ ledger: (any SeenCertificateRepository)? = nil) throws -> TrustRegistry {
        let registry = TrustRegistry(
            epochs: EpochStore(bank.database), seen: ledger ?? SeenCertificateStore(bank.database),
            logs: GatewayLogs(log: bank.log, audit: bank.audit))
        try registry.open(bank.settings, at: now)
        return registry
    }

    private func list(
        _ revoked: [Certificate] = [], number: UInt64, by authority: TestAuthority? = nil,
        named: Certificate? = nil, at moment: WallTime? = nil
    ) -> EpochPart {
        let list = TestRevocationList(
            revoked.map { TestRevocationList.Entry($0) }, number: number, at: moment ?? now)
        let bytes = list.signed(by: authority ?? bank.customers, named: named)
        return EpochPart(.crl, name: "\(number).crl", bytes: bytes)
    }

    private func put(_ registry: TrustRegistry, _ parts: EpochPart..., allowing count: Int = 0) throws {
        _ = try registry.stage("customers", parts: parts, by: "a", at: now)
        _ = try registry.commit("customers", allowing: count, by: "a", at: now)
    }

    private func verdict(_ registry: TrustRegistry, _ leaf: TestCertificate) throws -> String {
        switch try registry.view("customers").epoch.judge([leaf.certificate], at: now) {
        case .absent: "absent"
        case .trusted: "trusted"
        case .refused(let reason, _): reason.rawValue
        }
    }

    @Test func `a list revokes when it is committed, survives a restart, and a rollback takes it back`()
        throws
    {
        let registry = try opened()
        let leaf = bank.customers.issue("TSUSER0001")
        try put(registry, list(number: 1))
        #expect(try verdict(registry, leaf) == "trusted")
        try put(registry, list([leaf.certificate], number: 2))
        #expect(try verdict(registry, leaf) == "revoked")
        #expect(try verdict(opened(), leaf) == "revoked")
        _ = try registry.rollBack("customers", to: nil, by: "a", at: now)
        #expect(try verdict(registry, leaf) == "trusted")
        #expect(try registry.view("customers").epoch.number.value == 4)
    }

    // Threats row 22.
    @Test func `of two lists the newer one is used, and an older one is never staged`() throws {
        let registry = try opened()
        let leaf = bank.customers.issue("TSUSER0001")
        try put(registry, list(number: 5), list([leaf.certificate], number: 6))
        #expect(try verdict(registry, leaf) == "revoked")
        for number in [4, 5] as [UInt64] {
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.stage("customers", parts: [list(number: number)], by: "a", at: now)
                } == "faults")
        }
        #expect(try registry.view("customers").staged == nil)
        // Nor is none at all, while it is asked for.
        let none = EpochPart(.crl, name: "none", bytes: [])
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.stage("customers", parts: [none], by: "a", at: now)
            } == "faults")
        #expect(try verdict(registry, leaf) == "revoked")
    }

    @Test func `a CA that is retired takes its list with it`() throws {
        let registry = try opened()
        try put(registry, list(number: 1), list(number: 1, by: bank.otherCustomers))
        let anchors = EpochPart(.anchors, name: "a.pem", bytes: bank.customers.pem)
        try put(registry, anchors)
        let epoch = try registry.view("customers").epoch
        #expect(epoch.revocationLists.map(\.issuer) == [bank.customers.certificate.subject])
    }

    // Threats row 23.
    @Test func `a list that another authority of the same name has signed is refused`() throws {
        let registry = try opened()
        let impostor = TestAuthority(name: "Test Customer CA")
        for part in [list(number: 1, by: impostor), list(number: 1, by: bank.partners)] {
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.stage("customers", parts: [part], by: "a", at: now)
                } == "faults")
        }
        // A first start with such a list is none.
        let path = try bank.folder.write(list(number: 1, by: impostor).bytes, to: "bad.crl")
        bank.settings.trust["partners"]?.crls = [path]
        bank.settings.trust["partners"]?.revocation.check = .leaf
        let fresh = try Database.sqlite(path: bank.folder.file("fresh.db"), schemas: [.trust])
        let other = TrustRegistry(
            epochs: EpochStore(fresh), seen: SeenCertificateStore(fresh),
            logs: GatewayLogs(log: bank.log, audit: bank.audit))
        #expect(throws: GatewayFault.self) { try other.open(bank.settings, at: now) }
    }

    @Test func `a list cut off anywhere is refused`() throws {
        let registry = try opened()
        let whole = list([bank.customers.issue("TSUSER0001").certificate], number: 1).bytes
        for count in 1..<whole.count {
            let part = EpochPart(.crl, name: "cut.crl", bytes: Array(whole[..<count]))
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.stage("customers", parts: [part], by: "a", at: now)
                } == "faults")
        }
    }

    @Test func `a review finds who is revoked among those lately seen`() throws {
        let registry = try opened()
        let leaf = bank.customers.issue("TSUSER0001").certificate
        try note([leaf], in: registry)
        _ = try registry.stage("customers", parts: [list([leaf], number: 1)], by: "a", at: now)
        let review = try registry.review("customers", at: now)
        #expect(review.lockouts.groups.map(\.key.reason) == [.revoked])
        #expect(review.revocationLists.added.count == 1)
        #expect(
            trustCode { () throws(TrustFailure) in try registry.commit("customers", by: "a", at: now) }
                == "lockouts")
        _ = try registry.commit("customers", allowing: 1, by: "a", at: now)
    }

    // The consent backend asks the ledger whether a certificate under which somebody consented is revoked.
    @Test func `the ledger knows who is revoked, though the certificate never comes again`() throws {
        try bank.add("TSUSER0001", .certificate)
        let registry = try opened()
        let leaves = [bank.customers.issue("TSUSER0001"), bank.customers.issue("TSUSER0002")].map(
            \.certificate)
        try note(leaves, in: registry)
        func verdicts() throws -> [String] {
            let seen = try registry.seen.seen(
                in: "customers", since: WallTime(seconds: 0), after: nil, countMax: 10)
            return leaves.map { leaf in
                seen.first { $0.fingerprint == leaf.fingerprint.bytes }?.verdict ?? "gone"
            }
        }
        #expect(try verdicts() == ["trusted", "trusted"])
        _ = try registry.stage("customers", parts: [list([leaves[0]], number: 1)], by: "a", at: now)
        _ = try registry.review("customers", at: now)
        #expect(try verdicts() == ["trusted", "trusted"], "a review changes nothing")
        _ = try registry.commit("customers", allowing: 1, by: "a", at: now)
        #expect(try verdicts() == ["revoked", "trusted"])
        let records = GatewayRecords(bank.database)
        let endings = try leaves.map { leaf in
            try records.endings(
                of: "TSUSER0001", certificate: leaf.fingerprint.bytes, authenticatedAt: now
            ).map { "\($0)" }
        }
        #expect(endings == [["certRevoked"], []])
        // A list without it, under a higher number: it was on hold alone.
        try put(registry, list(number: 2))
        #expect(try verdicts() == ["trusted", "trusted"])
    }

    private func note(_ leaves: [Certificate], in registry: TrustRegistry) throws {
        for leaf in leaves { try sight(leaf, by: registry) }
        registry.writeSightings()
    }

    /// As a request does, under the epoch that the gateway has in force.
    private func sight(_ leaf: Certificate, by registry: TrustRegistry) throws {
        let epoch = try registry.view("customers").epoch
        registry.ledger.note(
            SeenLedger.Sighting(
                store: "customers", presented: [leaf], verdict: epoch.judge([leaf], at: now),
                epoch: epoch.number.value, customer: "TSUSER0001", at: now))
    }

    private func ledgerVerdict(_ leaf: Certificate) throws -> String? {
        try SeenCertificateStore(bank.database).seen(
            in: "customers", since: WallTime(seconds: 0), after: nil, countMax: 10
        ).first { $0.fingerprint == leaf.fingerprint.bytes }?.verdict
    }

    // Whoever presented a certificate a moment before it was revoked.
    @Test func `the ledger knows who is revoked, though the sighting was still on its way to it`() throws {
        let registry = try opened()
        let leaves = [bank.customers.issue("TSUSER0001"), bank.customers.issue("TSUSER0002")].map(
            \.certificate)
        try sight(leaves[0], by: registry)
        _ = try registry.stage("customers", parts: [list([leaves[0]], number: 1)], by: "a", at: now)
        // The review counts whom nobody has written down yet.
        #expect(
            trustCode { () throws(TrustFailure) in try registry.commit("customers", by: "a", at: now) }
                == "lockouts")
        // A request that the old epoch judged is noted when the new one is in force.
        let late = try registry.view("customers").epoch.judge([leaves[1]], at: now)
        try put(registry, list(leaves, number: 1), allowing: 1)
        #expect(try ledgerVerdict(leaves[0]) == "revoked")
        registry.ledger.note(
            SeenLedger.Sighting(
                store: "customers", presented: [leaves[1]], verdict: late, epoch: 1, customer: nil, at: now))
        registry.writeSightings()
        #expect(try ledgerVerdict(leaves[1]) == "revoked")
    }

    @Test
    func `what another gateway wrote during a commit is judged by it, and by the other when it follows`()
        throws
    {
        let registry = try opened()
        let other = try opened()
        let leaves = [bank.customers.issue("TSUSER0001"), bank.customers.issue("TSUSER0002")].map(
            \.certificate)
        try put(registry, list(leaves, number: 1))
        // The other gateway has not looked yet, and writes what the old epoch says.
        for leaf in leaves { try sight(leaf, by: other) }
        other.writeSightings()
        #expect(try ledgerVerdict(leaves[0]) == "trusted")
        other.takeUpOthers()
        #expect(try leaves.map(ledgerVerdict) == ["revoked", "revoked"])
    }

    @Test func `what is noted while a review goes on is looked at once more`() throws {
        let leaf = bank.customers.issue("TSUSER0001").certificate
        let interrupted = InterruptedLedger(SeenCertificateStore(bank.database))
        let registry = try opened(interrupted)
        let trusted = try registry.view("customers").epoch.judge([leaf], at: now)
        interrupted.afterReading.withLock { [now] step in
            step = { store throws(StoreFault) in
                try store.note(
                    [
                        SeenCertificate(
                            SeenLedger.Sighting(
                                store: "customers", presented: [leaf], verdict: trusted, epoch: 1,
                                customer: nil, at: now))
                    ], in: "customers")
            }
        }
        try put(registry, list([leaf], number: 1))
        #expect(try ledgerVerdict(leaf) == "revoked")
    }

    @Test(arguments: [false, true])
    func `what the store did not take is written later, by whoever runs then`(isRestarted: Bool) throws {
        let leaf = bank.customers.issue("TSUSER0001").certificate
        let interrupted = InterruptedLedger(SeenCertificateStore(bank.database))
        let registry = try opened(interrupted)
        try note([leaf], in: registry)
        registry.settleLedgers(at: now)
        #expect(registry.unsettled == [])
        interrupted.fails.withLock { $0 = true }
        try put(registry, list([leaf], number: 1), allowing: 1)
        #expect(try ledgerVerdict(leaf) == "trusted")
        registry.settleLedgers(at: now)
        #expect(try ledgerVerdict(leaf) == "trusted")
        interrupted.fails.withLock { $0 = false }
        let later = isRestarted ? try opened() : registry
        #expect(later.unsettled.contains("customers"))
        later.settleLedgers(at: now)
        #expect(try ledgerVerdict(leaf) == "revoked")
        #expect(!later.unsettled.contains("customers"))
    }

    @Test func `an epoch that changes something else shares the lists, and holds none that is gone`() throws {
        let registry = try opened()
        try put(registry, list(number: 1))
        weak let first = try registry.view("customers").epoch.revocationLists[0]
        let anchors = EpochPart(.anchors, name: "a.pem", bytes: bank.customers.pem)
        try put(registry, anchors)
        #expect(try registry.view("customers").epoch.revocationLists[0] === first)
        try put(registry, list(number: 2))
        #expect(first == nil)
    }

    // A file in a folder of lists, as a download puts it there.
    @Test func `a folder of lists is read whole`() throws {
        let folder = bank.folder.file("crl")
        try #require(TestFolder.make(folder))
        defer { TestFolder.remove(folder, ["1.crl", "2.crl", ".part"]) }
        let leaf = bank.otherCustomers.issue("TSUSER0001")
        for (name, bytes) in [
            ("1.crl", list(number: 1).bytes),
            ("2.crl", list([leaf.certificate], number: 1, by: bank.otherCustomers).bytes),
            (".part", Array("half".utf8)),
        ] {
            try Files.replace("\(folder)/\(name)", with: bytes, isPrivate: true)
        }
        bank.settings.trust["customers"]?.crls = [folder]
        let registry = try opened()
        #expect(try registry.view("customers").epoch.revocationLists.count == 2)
        #expect(try verdict(registry, leaf) == "revoked")
    }

    @Test func `a list is warned of in the last quarter of its time`() throws {
        let registry = try opened()
        try put(registry, list(number: 1))
        let end = now.adding(seconds: 86_340)
        #expect(registry.expiring(at: end.adding(seconds: -21_600)) == [])
        let soon = registry.expiring(at: end.adding(seconds: -21_599))
        #expect(soon.map(\.kind) == [.crl])
        #expect(soon.first?.until == end)
    }

    // Threats rows 5 and 62, over real connections.
    @Test func `the next request of a kept connection knows of a revocation, and of its end`() throws {
        let partner = TestBank.partner
        let revoked = TestBox()
        let running = try RunningBank { bank in
            bank.settings.trust["partners"]?.revocation = GatewaySettings.Revocation(
                check: .leaf, whenUnknown: .allow)
            bank.settings.trust["partners"]?.lockoutsMax = 10
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
            revoked.certificate = bank.partners.issue("api.partner.example")
        }
        let leaf = try #require(revoked.certificate)
        let client = try running.client(to: partner, as: leaf)
        let other = try running.client(to: partner, as: running.bank.partners.issue("other.example"))
        func status(_ client: BlockingClient) throws -> Int {
            try client.send("GET", "/", headers: headers(partner)).head.status
        }
        #expect(try status(client) == 200)
        #expect(try status(other) == 200)
        let officer = try BlockingClient(to: .unix(path: running.bank.folder.file("admin.sock")))
        func command(_ name: String, _ body: [UInt8] = []) throws -> Int {
            try officer.send("POST", "/trust/partners/\(name)", headers: headers("sekisho"), body: body)
                .head.status
        }
        let list = list([leaf.certificate], number: 1, by: running.bank.partners)
        #expect(try command("stage", StagingBody.encode([list])) == 200)
        #expect(try status(client) == 200)
        #expect(try command("commit") == 200)
        #expect(try status(client) == 401)
        #expect(try status(other) == 200)
        #expect(try status(running.client(to: partner, as: leaf)) == 401)
        #expect(try command("rollback") == 200)
        #expect(try status(client) == 200)
        #expect(try command("commit") == 409)
    }

    // At its full size, with five million entries in 195 MB, `scripts/bench-rotation` measures it.
    @Test func `row 26: requests are answered at once while a large list is read`() throws {
        let partner = TestBank.partner
        let running = try RunningBank { bank in
            bank.settings.trust["partners"]?.revocation = .init(check: .leaf, whenUnknown: .allow)
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
        }
        let bank = running.bank
        var list = TestRevocationList(at: now)
        list.entriesDER = Self.entries(300_000)
        let body = StagingBody.encode([
            EpochPart(.crl, name: "large.crl", bytes: list.signed(by: bank.partners))
        ])
        let client = try running.client(to: partner, as: bank.partners.issue("api.partner.example"))
        func ask() throws -> Int { try client.send("GET", "/", headers: headers(partner)).head.status }
        #expect(try ask() == 200)

        let socket = Endpoint.unix(path: bank.folder.file("admin.sock"))
        let officer = Officer()
        let pool = BlockingPool(threadCount: 1, queueMax: 1)
        let isAsked = pool.submit {
            let client = try? BlockingClient(to: socket)
            for (command, body) in [("stage", body), ("commit", [])] {
                let answer = try? client?.send(
                    "POST", "/trust/partners/\(command)", headers: headers("sekisho"), body: body)
                officer.answers.withLock { $0.append(answer?.head.status ?? 0) }
            }
        }
        try #require(isAsked)
        var answered = 0
        while officer.answers.withLock({ $0.count }) < 2 {
            #expect(try ask() == 200)
            answered += 1
        }
        #expect(officer.answers.withLock { $0 } == [200, 200])
        // A loop that reads the list itself answers one request for each of the two commands, or hardly more.
        #expect(answered > 10)
        #expect(try ask() == 200)
    }

    private final class Officer: Sendable {
        let answers = Mutex<[Int]>([])
    }

    /// So many entries with serial numbers of five octets, made fast.
    private static func entries(_ count: Int) -> [UInt8] {
        let one = TestRevocationList.Entry(serial: [0x40, 0, 0, 0, 0]).der
        var all: [UInt8] = []
        all.reserveCapacity(count * one.count)
        for index in 0..<count {
            all += one
            // Behind the headers of the entry and of the number, and its first octet.
            let place = all.count - one.count + 5
            for octet in 0..<4 { all[place + octet] = UInt8(truncatingIfNeeded: index >> (8 * octet)) }
        }
        return all
    }

    // MARK: Findings

    @Test func `what is amiss in the epoch in force is told once, when it begins, and every day`() throws {
        let registry = try opened()
        func told(_ kind: String) throws -> Int {
            return try bank.logged().split(separator: "\n").filter {
                $0.contains("trust.finding") && $0.contains("\"\(kind)\"")
                    && $0.contains("\"level\":\"error\"")
            }.count
        }
        registry.tellFindings(at: now, again: true)
        #expect(try told("crlMissing") == 2)
        registry.tellFindings(at: now, again: false)
        #expect(try told("crlMissing") == 2)
        try put(registry, list(number: 1))
        #expect(try told("crlMissing") == 3, "the other authority has none yet")
        let end = now.adding(seconds: 86_340)
        registry.tellFindings(at: end.adding(seconds: -1), again: false)
        #expect(try told("crlStale") == 0)
        registry.tellFindings(at: end, again: false)
        registry.tellFindings(at: end.adding(seconds: 60), again: false)
        #expect(try told("crlStale") == 1)
        registry.tellFindings(at: end.adding(seconds: 86_400), again: true)
        #expect(try told("crlStale") == 2)
    }

    @Test func `of many findings at once some are told, the gravest first, and how many more there are`()
        throws
    {
        let registry = try opened()
        let old = (0..<5).map {
            TestAuthority(name: TestName([[.utf8("CN", "Old \($0)")]]), notAfter: now.adding(seconds: -60))
        }
        let many = (0..<30).map { TestAuthority(name: TestName([[.utf8("CN", "CA \($0)")]])) }
        let anchors = (old + many + [bank.customers, bank.otherCustomers]).flatMap(\.pem)
        try put(registry, EpochPart(.anchors, name: "many.pem", bytes: anchors))
        let lines = try bank.logged().split(separator: "\n").filter {
            $0.contains("trust.finding") && $0.contains("\"epoch\":2")
        }
        let told = lines.filter { $0.contains("\"trust.finding\"") }
        #expect(told.count == 20)
        #expect(told.allSatisfy { $0.contains("\"level\":\"error\"") && $0.contains("crlMissing") })
        let left = lines.filter { $0.contains("\"trust.findingsLeftOut\"") }
        #expect(left.count == 1)
        // 37 without a list, of which 20 are told, and five that have expired.
        #expect(left.first?.contains("\"count\":22") == true)
        #expect(left.first?.contains("crlMissing expired") == true)
        // And not again a minute later.
        registry.tellFindings(at: now.adding(seconds: 60), again: false)
        let more = try bank.logged().split(separator: "\n").filter {
            $0.contains("trust.finding") && $0.contains("\"epoch\":2")
        }
        #expect(more.count == lines.count)
    }

    private final class TestBox {
        var certificate: TestCertificate?
    }
}
