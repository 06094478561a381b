import Crypto
import Logs
import Storage
import TestFolders
import TestPKI
import Testing
import Text
import Trust
import X509

@testable import Gateway

@Suite struct SeenLedgerTests {
    private let bank: TestBank
    private let seen: SeenCertificateStore
    private let ledger: SeenLedger
    private let now = WallTime(seconds: 1_800_000_000)

    init() throws {
        bank = try TestBank()
        seen = SeenCertificateStore(bank.database)
        ledger = SeenLedger(seen, logs: GatewayLogs(log: bank.log, audit: bank.audit))
    }

    private func sighting(
        _ leaf: Certificate, customer: String? = nil, after seconds: Int64 = 0, epoch: UInt64 = 1
    ) throws -> SeenLedger.Sighting {
        let at = now.adding(seconds: seconds)
        let judge = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(epoch), anchors: [bank.customers.certificate],
            intermediates: [], policy: TrustPolicy())
        return SeenLedger.Sighting(
            store: "customers", presented: [leaf], verdict: judge.judge([leaf], at: at), epoch: epoch,
            customer: customer, at: at)
    }

    private func noted() throws -> [SeenCertificate] {
        _ = ledger.flush()
        return try seen.seen(in: "customers", since: WallTime(seconds: 0), after: nil, countMax: 10_000)
    }

    @Test func `a certificate is written down with its anchor, verdict and customer`() throws {
        let leaf = bank.customers.issue("TSUSER0001").certificate
        let foreign = bank.partners.issue("TSUSER0002").certificate
        ledger.note(try sighting(leaf))
        ledger.note(try sighting(leaf, customer: "TSUSER0001"))
        ledger.note(try sighting(foreign))
        let all = try noted()
        let own = try #require(all.first { $0.fingerprint == leaf.fingerprint.bytes })
        #expect(own.customer == "TSUSER0001")
        #expect(own.anchor == bank.customers.certificate.fingerprint.bytes)
        #expect(own.verdict == "trusted")
        #expect(own.der == leaf.der)
        #expect(own.subject == leaf.subject.rfc4514)
        #expect(own.serial == leaf.serialHex)
        let other = try #require(all.first { $0.fingerprint == foreign.fingerprint.bytes })
        #expect(other.anchor == nil)
        #expect(other.verdict == "unknownIssuer")
        #expect(all.count == 2)
    }

    @Test func `a certificate that comes again and again is noted now and then`() throws {
        let leaf = bank.customers.issue("TSUSER0001").certificate
        ledger.note(try sighting(leaf))
        #expect(ledger.depth == 1)
        ledger.note(try sighting(leaf, after: 599))
        #expect(ledger.depth == 1)
        ledger.note(try sighting(leaf, after: 600))
        ledger.note(try sighting(leaf, after: 601, epoch: 2))
        #expect(ledger.depth == 3)
        #expect(try noted().first?.lastSeen == now.adding(seconds: 601))
    }

    @Test func `the queue is bounded, and those refused leave room for the others`() throws {
        let refused = bank.partners.issue("TSUSER0001").certificate
        for epoch in 1...2000 as ClosedRange<UInt64> { ledger.note(try sighting(refused, epoch: epoch)) }
        #expect(ledger.depth == SeenLedger.waitingMax / 4)
        let trusted = bank.customers.issue("TSUSER0001").certificate
        for epoch in 1...5000 as ClosedRange<UInt64> { ledger.note(try sighting(trusted, epoch: epoch)) }
        #expect(ledger.depth == SeenLedger.waitingMax)
        #expect(ledger.flush().count == SeenLedger.waitingMax)
        #expect(ledger.depth == 0)
        _ = bank.log.flush()
        let lost = (2000 - SeenLedger.waitingMax / 4) + (5000 - SeenLedger.waitingMax * 3 / 4)
        #expect(try bank.logged().contains("\"count\":\(lost)"))
    }
}
