import Crypto
import Identity
import Logs
import Reactor
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

/// A failure's code; nil when there was none.
func trustCode<Value>(_ body: () throws(TrustFailure) -> Value) -> String? {
    do throws(TrustFailure) {
        _ = try body()
        return nil
    } catch {
        return error.code
    }
}

@Suite struct TrustRegistryTests {
    private let bank: TestBank
    private let logs: GatewayLogs
    private let now = WallTime(seconds: 1_800_000_000)

    init() throws {
        bank = try TestBank()
        logs = GatewayLogs(log: bank.log, audit: bank.audit)
    }

    /// As a gateway has it that starts on the bank's store.
    private func opened() throws -> TrustRegistry {
        let registry = TrustRegistry(
            epochs: EpochStore(bank.database), seen: SeenCertificateStore(bank.database), logs: logs)
        try registry.open(bank.settings, at: now)
        return registry
    }

    private func part(_ role: EpochPart.Role, _ authorities: TestAuthority...) -> EpochPart {
        EpochPart(role, name: "new.pem", bytes: authorities.flatMap(\.pem))
    }

    /// Somebody was here, trusted, with a certificate of this authority.
    private func note(
        _ leaf: Certificate, in registry: TrustRegistry, customer: String? = nil, chain: [Certificate] = [],
        store: String = "customers"
    ) throws {
        let epoch = try registry.view(store).epoch
        let presented = [leaf] + chain
        registry.ledger.note(
            SeenLedger.Sighting(
                store: store, presented: presented, verdict: epoch.judge(presented, at: now),
                epoch: epoch.number.value, customer: customer, at: now))
        registry.writeSightings()
    }

    private func inForce(_ registry: TrustRegistry, _ store: String = "customers") throws -> UInt64 {
        try registry.view(store).epoch.number.value
    }

    // MARK: Starting

    @Test func `the first start takes the files as epoch 1, and the next serves what was in force`() throws {
        let first = try opened()
        #expect(try inForce(first) == 1)
        #expect(try first.view("customers").epoch.anchors.count == 2)
        _ = try first.stage("customers", parts: [part(.anchors, bank.customers)], by: "test", at: now)
        _ = try first.commit("customers", by: "test", at: now)
        #expect(try inForce(first) == 2)

        let second = try opened()
        #expect(try inForce(second) == 2)
        #expect(try second.view("customers").epoch.anchors == [bank.customers.certificate])
        #expect(try inForce(second, "partners") == 1)
        let history = try second.epochs.history(of: "customers", countMax: 10)
        #expect(history.map(\.origin) == [.committed, .imported])
        #expect(history.map(\.author) == ["test", "gateway"])
    }

    @Test func `a start with other files serves the epoch in force and warns`() throws {
        _ = try opened()
        #expect(try !bank.logged().contains("trust.filesDiffer"))
        _ = try bank.folder.write(bank.partners.pem, to: "customers.pem")
        let second = try opened()
        #expect(try second.view("customers").epoch.anchors.contains(bank.customers.certificate))
        #expect(try bank.logged().contains("trust.filesDiffer"))
        // Half of a file stops nobody either, who has an epoch in force.
        _ = try bank.folder.write(Array(bank.customers.pem.dropLast(30)), to: "customers.pem")
        #expect(try inForce(opened()) == 1)
    }

    // Threats row 16.
    @Test func `a first start without good files is none`() throws {
        for bytes in [[], Array("garbage".utf8), Array(bank.customers.pem.dropLast(30))] as [[UInt8]] {
            _ = try bank.folder.write(bytes, to: "customers.pem")
            #expect(throws: GatewayFault.self) { try opened() }
        }
        #expect(try EpochStore(bank.database).numbersInForce()["customers"] == nil)
    }

    // Threats row 59.
    @Test(arguments: [
        "UPDATE trust_blobs SET bytes = substr(bytes, 1, 400)",
        // Whole files, each in the place of another.
        "UPDATE trust_blobs SET bytes = (SELECT other.bytes FROM trust_blobs other"
            + " WHERE other.hash <> trust_blobs.hash ORDER BY other.hash LIMIT 1)",
        "DELETE FROM trust_parts WHERE store = 'customers' AND ordinal = 1",
        "UPDATE trust_epochs SET policy = replace(policy, '3', '9')",
        "UPDATE trust_epochs SET policy = ''",
        "UPDATE trust_parts SET role = 'intermediates' WHERE ordinal = 1",
        "UPDATE trust_epochs SET kept = 0",
    ])
    func `an epoch that is not whole in the store is not taken`(damage: String) throws {
        _ = try opened()
        try bank.database.write { (connection) throws(DatabaseFault) in _ = try connection.run(damage) }
        #expect(throws: GatewayFault.self) { try opened() }
    }

    // MARK: Restoring

    @Test(arguments: [
        "UPDATE trust_blobs SET bytes = substr(bytes, 1, 400) WHERE hash IN"
            + " (SELECT hash FROM trust_parts WHERE store = 'customers' AND number = 2)",
        "DELETE FROM trust_parts WHERE store = 'customers' AND number = 2",
    ])
    func `an epoch that is damaged in the store gives way to one that is whole`(damage: String) throws {
        let registry = try opened()
        let third = TestAuthority(name: "Third")
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers, third)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        let repair = try TrustRepair("customers", bank.settings, database: bank.database)
        #expect(try repair.kept().map(\.isWhole) == [true, true])
        #expect(throws: GatewayFault.self) { try repair.restore(1, by: "root (0)", at: now) }
        try bank.database.write { (connection) throws(DatabaseFault) in _ = try connection.run(damage) }
        #expect(throws: GatewayFault.self) { try opened() }
        #expect(try repair.kept().filter(\.isWhole).map(\.number) == [1])
        for number in [0, 2, 3] as [UInt64] {
            #expect(throws: GatewayFault.self) { try repair.restore(number, by: "root (0)", at: now) }
        }
        let outcome = try repair.restore(1, by: "root (0)", at: now)
        #expect(outcome.number == 3)
        #expect(outcome.anchors.count == 2)
        let next = try opened()
        #expect(try inForce(next) == 3)
        let anchors = try next.view("customers").epoch.anchors
        #expect(anchors == [bank.customers.certificate, bank.otherCustomers.certificate])
        let last = try next.epochs.history(of: "customers", countMax: 1)
        #expect(last.map(\.author) == ["root (0)"])
        #expect(last.map(\.source) == [1])
        // The gateway that still had it in memory goes along.
        registry.takeUpOthers()
        #expect(try inForce(registry) == 3)
    }

    @Test func `where nothing in the store is whole, the configured files are`() throws {
        _ = try opened()
        try bank.database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("UPDATE trust_blobs SET bytes = substr(bytes, 1, 400)")
        }
        for name in ["customers", "partners"] {
            let repair = try TrustRepair(name, bank.settings, database: bank.database)
            #expect(throws: GatewayFault.self) { try repair.restore(1, by: "root (0)", at: now) }
            #expect(try repair.restore(nil, by: "root (0)", at: now).number == 2)
        }
        // The bytes of the same hash are whole again, too.
        #expect(try inForce(opened()) == 2)
        #expect(throws: GatewayFault.self) {
            try TrustRepair("nobody", bank.settings, database: bank.database)
        }
        bank.settings.trust["customers"]?.anchors = ["/nowhere.pem"]
        let repair = try TrustRepair("customers", bank.settings, database: bank.database)
        try bank.database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM trust_parts")
        }
        #expect(throws: GatewayFault.self) { try repair.restore(nil, by: "root (0)", at: now) }
    }

    // MARK: Staging

    @Test func `what is staged decides nothing until it is committed`() throws {
        let registry = try opened()
        let review = try registry.stage(
            "customers", parts: [part(.anchors, bank.customers)], by: "officer (7)", at: now)
        #expect(review.anchors.removed == [bank.otherCustomers.certificate])
        #expect(review.anchors.keptCount == 1)
        #expect(review.anchors.added.isEmpty)
        #expect(try inForce(registry) == 1)
        #expect(try registry.view("customers").staged?.author == "officer (7)")
        try registry.abort("customers")
        #expect(try registry.view("customers").staged == nil)
        #expect(trustCode { () throws(TrustFailure) in try registry.abort("customers") } == "nothingStaged")
    }

    @Test func `what is not given stays, and an empty part takes all of a kind away`() throws {
        let intermediate = bank.customers.intermediate(name: "Issuing")
        let registry = try opened()
        _ = try registry.stage("customers", parts: [part(.intermediates, intermediate)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        #expect(try registry.view("customers").epoch.intermediates == [intermediate.certificate])
        #expect(try registry.view("customers").epoch.anchors.count == 2)
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        #expect(try registry.view("customers").epoch.intermediates == [intermediate.certificate])
        _ = try registry.stage("customers", parts: [part(.intermediates)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        #expect(try registry.view("customers").epoch.intermediates == [])
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.stage("customers", parts: [part(.anchors)], by: "a", at: now)
            } == "faults")
    }

    @Test func `what cannot become an epoch is refused whole`() throws {
        let registry = try opened()
        let leaf = bank.customers.issue("TSUSER0001")
        for bytes in [
            leaf.pem, bank.customers.pem + Array("-----BEGIN CERTIFICATE-----\n".utf8), Array("x".utf8),
        ] {
            let part = EpochPart(.anchors, name: "bad.pem", bytes: bytes)
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.stage("customers", parts: [part], by: "a", at: now)
                } == "faults")
        }
        #expect(try registry.view("customers").staged == nil)
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.stage("nobody", parts: [part(.anchors, bank.customers)], by: "a", at: now)
            } == "unknownStore")
        let same = part(.anchors, bank.otherCustomers, bank.customers)
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.stage("customers", parts: [same], by: "a", at: now)
            } == "unchanged")
    }

    // MARK: Reviewing

    @Test func `a review finds who would be locked out, by anchor and reason, and who let in`() throws {
        let registry = try opened()
        let new = TestAuthority(name: "Test Customer CA G3")
        // Same name, other key: whoever has the old one's certificates is locked out.
        let impostor = TestAuthority(name: "Test Customer CA G2")
        let stays = bank.customers.issue("TSUSER0001").certificate
        try note(stays, in: registry, customer: "TSUSER0001")
        for name in ["TSUSER0002", "TSUSER0003"] as [TestName] {
            try note(bank.otherCustomers.issue(name).certificate, in: registry, customer: "TSUSER0002")
        }
        try note(new.issue("TSUSER0009").certificate, in: registry)
        try note(bank.partners.issue("p").certificate, in: registry, store: "partners")
        _ = try registry.stage(
            "customers", parts: [part(.anchors, bank.customers, new, impostor)], by: "a", at: now)
        let review = try registry.review("customers", at: now)
        #expect(review.judged == 4)
        #expect(review.lockouts.count == 2)
        #expect(review.lockouts.customerCount == 1)
        let group = TrustReview.Outcome.Group(
            anchor: bank.otherCustomers.certificate, reason: .unknownIssuer)
        #expect(review.lockouts.groups == [group: 2])
        #expect(review.lockouts.listed.allSatisfy { $0.certificate.customer == "TSUSER0002" })
        #expect(review.admissions.count == 1)
        #expect(
            review.admissions.groups == [
                TrustReview.Outcome.Group(anchor: new.certificate, reason: .unknownIssuer): 1
            ])
        // Nothing was decided.
        #expect(try inForce(registry) == 1)
    }

    @Test func `the intermediates that clients send are judged with them`() throws {
        let registry = try opened()
        let issuing = bank.otherCustomers.intermediate(name: "Issuing")
        let leaf = issuing.issue("TSUSER0001").certificate
        try note(leaf, in: registry, customer: "TSUSER0001", chain: [issuing.certificate])
        let renewed = bank.customers.renewed(name: "Test Customer CA renewed")
        _ = try registry.stage(
            "customers", parts: [part(.anchors, bank.otherCustomers, renewed)], by: "a", at: now)
        #expect(try registry.review("customers", at: now).lockouts.count == 0)
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        #expect(try registry.review("customers", at: now).lockouts.count == 1)
    }

    @Test func `who is locked out already, or expired since, is no lockout`() throws {
        let registry = try opened()
        let expiring = bank.otherCustomers.issue("TSUSER0001", notAfter: now.adding(seconds: 60)).certificate
        try note(expiring, in: registry)
        try note(bank.partners.issue("TSUSER0002").certificate, in: registry)
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        #expect(try registry.review("customers", at: now).lockouts.count == 1)
        #expect(try registry.review("customers", at: now.adding(seconds: 61)).lockouts.count == 0)
        // Seen a long time ago, and too long ago to count.
        #expect(try registry.review("customers", at: now.adding(seconds: 90 * 86400)).judged == 2)
        let late = now.adding(seconds: 91 * 86400)
        #expect(try registry.review("customers", at: late).judged == 0)
    }

    @Test func `every certificate of a long ledger is judged once`() throws {
        let registry = try opened()
        let epoch = try registry.view("customers").epoch
        let count = 1201
        let seen = (0..<count).map { number in
            let leaf = bank.otherCustomers.issue(TestName([[.utf8("CN", "TSUSER\(number)")]])).certificate
            return SeenCertificate(
                SeenLedger.Sighting(
                    store: "customers", presented: [leaf], verdict: epoch.judge([leaf], at: now), epoch: 1,
                    customer: "TSUSER\(number)", at: now))
        }
        try registry.seen.note(seen, in: "customers")
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        let review = try registry.review("customers", at: now)
        #expect(review.judged == count)
        #expect(review.lockouts.count == count)
        #expect(review.lockouts.customerCount == count)
        #expect(review.lockouts.listed.count == 1000)
    }

    // MARK: Committing

    @Test func `a commit locks out no more than the bound, or than it is told`() throws {
        let registry = try opened()
        for name in ["TSUSER0001", "TSUSER0002"] as [TestName] {
            try note(bank.otherCustomers.issue(name).certificate, in: registry)
        }
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        for allowed in [nil, 0, 1] as [Int?] {
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.commit("customers", allowing: allowed, by: "a", at: now)
                } == "lockouts")
            #expect(try inForce(registry) == 1)
            #expect(try registry.view("customers").staged != nil)
        }
        _ = try registry.commit("customers", allowing: 2, by: "a", at: now)
        #expect(try inForce(registry) == 2)
        #expect(try registry.view("customers").staged == nil)
        #expect(
            trustCode { () throws(TrustFailure) in try registry.commit("customers", by: "a", at: now) }
                == "nothingStaged")
    }

    @Test func `a commit for another epoch than is in force is refused`() throws {
        let registry = try opened()
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        for number in [0, 2] as [UInt64] {
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.commit("customers", if: number, by: "a", at: now)
                } == "epochMoved")
        }
        _ = try registry.commit("customers", if: 1, by: "a", at: now)
        #expect(try inForce(registry) == 2)
    }

    @Test func `a rollback brings the content back under a new number, and repeated goes further`() throws {
        let registry = try opened()
        let third = TestAuthority(name: "Third")
        for authorities in [[bank.customers], [bank.customers, third]] {
            let part = EpochPart(.anchors, name: "new.pem", bytes: authorities.flatMap(\.pem))
            _ = try registry.stage("customers", parts: [part], by: "a", at: now)
            _ = try registry.commit("customers", by: "a", at: now)
        }
        _ = try registry.stage("customers", parts: [part(.anchors, third)], by: "a", at: now)
        _ = try registry.rollBack("customers", to: nil, by: "b", at: now)
        #expect(try inForce(registry) == 4)
        #expect(try registry.view("customers").epoch.anchors == [bank.customers.certificate])
        #expect(try registry.view("customers").staged != nil, "what is staged stays")
        _ = try registry.rollBack("customers", to: nil, by: "b", at: now)
        #expect(try inForce(registry) == 5)
        #expect(try registry.view("customers").epoch.anchors.count == 2)
        #expect(try registry.view("customers").epoch.anchors.contains(bank.otherCustomers.certificate))
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.rollBack("customers", to: nil, by: "b", at: now)
            } == "noSuchEpoch")
        _ = try registry.rollBack("customers", to: 3, by: "b", at: now)
        #expect(try registry.view("customers").epoch.anchors.contains(third.certificate))
        #expect(
            try registry.epochs.history(of: "customers", countMax: 3).map(\.source) == [3, 1, 2])
        for number in [0, 7, 99] as [UInt64] {
            #expect(
                trustCode { () throws(TrustFailure) in
                    try registry.rollBack("customers", to: number, by: "b", at: now)
                } == "noSuchEpoch")
        }
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.rollBack("customers", to: 3, by: "b", at: now)
            } == "unchanged")
    }

    @Test func `a rollback that locks out is refused like any change`() throws {
        let registry = try opened()
        let third = TestAuthority(name: "Third")
        _ = try registry.stage(
            "customers", parts: [part(.anchors, bank.customers, bank.otherCustomers, third)], by: "a", at: now
        )
        _ = try registry.commit("customers", by: "a", at: now)
        try note(third.issue("TSUSER0001").certificate, in: registry)
        #expect(
            trustCode { () throws(TrustFailure) in
                try registry.rollBack("customers", to: 1, by: "a", at: now)
            } == "lockouts")
        #expect(try inForce(registry) == 2)
        _ = try registry.rollBack("customers", to: 1, allowing: 1, by: "a", at: now)
        #expect(try inForce(registry) == 3)
    }

    // MARK: Two gateways on one store

    @Test func `what one gateway commits the other takes up, and neither overwrites the other`() throws {
        let first = try opened()
        let second = try opened()
        _ = try first.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        _ = try second.stage("customers", parts: [part(.anchors, bank.otherCustomers)], by: "b", at: now)
        _ = try first.commit("customers", by: "a", at: now)
        #expect(
            trustCode { () throws(TrustFailure) in try second.commit("customers", by: "b", at: now) }
                == "epochMoved")
        // It has taken up the other's epoch on the way, and can go on from there.
        #expect(try inForce(second) == 2)
        #expect(try second.view("customers").epoch.anchors == [bank.customers.certificate])
        _ = try second.commit("customers", by: "b", at: now)
        #expect(try inForce(second) == 3)
        #expect(try inForce(first) == 2)
        first.takeUpOthers()
        #expect(try inForce(first) == 3)
        #expect(try first.view("customers").epoch.anchors == [bank.otherCustomers.certificate])
        #expect(try inForce(first, "partners") == 1)
    }

    @Test func `a damaged epoch of another gateway is not taken up`() throws {
        let first = try opened()
        let second = try opened()
        _ = try first.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        _ = try first.commit("customers", by: "a", at: now)
        try bank.database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM trust_parts WHERE number = 2")
        }
        second.takeUpOthers()
        #expect(try inForce(second) == 1)
        #expect(try second.view("customers").epoch.anchors.count == 2)
        #expect(try bank.logged().contains("trust.failed"))
    }

    // MARK: Files

    @Test func `changed files are taken up by a reload, once, and refused ones stay staged`() throws {
        let registry = try opened()
        let store = try #require(bank.settings.trust["customers"])
        func reload(always: Bool = false) throws(TrustFailure) -> TrustReview? {
            try registry.reload("customers", store, always: always, by: "gateway", at: now)
        }
        #expect(try reload() == nil)
        try note(bank.otherCustomers.issue("TSUSER0001").certificate, in: registry)
        // A file cut off between two blocks: it parses, and has fewer anchors.
        let third = TestAuthority(name: "Third")
        _ = try bank.folder.write(third.pem, to: "customers-g2.pem")
        #expect(trustCode { () throws(TrustFailure) in try reload() } == "lockouts")
        #expect(try inForce(registry) == 1)
        #expect(try registry.view("customers").staged != nil)
        #expect(trustCode { () throws(TrustFailure) in try reload() } == "busy")
        try registry.abort("customers")
        _ = try bank.folder.write(bank.otherCustomers.pem + third.pem, to: "customers-g2.pem")
        #expect(try reload()?.candidate.number.value == 2)
        #expect(try reload() == nil)

        // Somebody commits something else; the unchanged files do not undo it, unless they are asked for.
        _ = try registry.stage(
            "customers", parts: [part(.anchors, bank.customers, bank.otherCustomers)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        #expect(try reload() == nil)
        #expect(try inForce(registry) == 3)
        #expect(try reload(always: true)?.candidate.number.value == 4)
        // A gateway whose files are older than what another has taken up does not bring them back.
        let other = try opened()
        _ = try bank.folder.write(bank.otherCustomers.pem, to: "customers-g2.pem")
        #expect(try reload()?.candidate.number.value == 5)
        _ = try bank.folder.write(bank.otherCustomers.pem + third.pem, to: "customers-g2.pem")
        #expect(try other.reload("customers", store, always: false, by: "gateway", at: now) == nil)
        _ = try bank.folder.write(Array("garbage".utf8), to: "customers-g2.pem")
        #expect(trustCode { () throws(TrustFailure) in try reload() } == "faults")
        #expect(try inForce(registry) == 5)
    }

    @Test func `every change is told in its order, with all epochs in force`() throws {
        let registry = try opened()
        let told = Told()
        registry.publish { trust in told.all.withLock { $0.append(trust.mapValues(\.number.value)) } }
        _ = try registry.stage("customers", parts: [part(.anchors, bank.customers)], by: "a", at: now)
        _ = try registry.commit("customers", by: "a", at: now)
        _ = try registry.rollBack("customers", to: 1, by: "a", at: now)
        #expect(
            told.all.withLock { $0 } == [
                ["customers": 2, "partners": 1], ["customers": 3, "partners": 1],
            ])
    }

    private final class Told: Sendable {
        let all = Mutex<[[String: UInt64]]>([])
    }

    @Test func `warnings come before the end, from the earliest on`() throws {
        bank.settings.trust["customers"]?.expiryWarningDays = 10
        let soon = now.adding(seconds: 10 * 86400)
        let expiring = TestAuthority(name: "Soon", notAfter: soon)
        _ = try bank.folder.write(expiring.pem + bank.customers.pem, to: "customers.pem")
        let registry = try opened()
        #expect(registry.expiring(at: now) == [])
        #expect(registry.expiring(at: now.adding(seconds: 1)).map(\.name) == ["CN=Soon"])
        registry.warnOfExpiry(at: now.adding(seconds: 1))
        #expect(try bank.logged().contains("trust.expiring"))
    }
}
