import Identity
import Storage
import TestFolders
import Testing
import Text
import Trust

@Suite(.everyStore) struct SeenCertificateStoreTests {
    let folder: TestFolder
    let store: SeenCertificateStore

    init() throws {
        folder = try TestFolder()
        store = SeenCertificateStore(
            try storeDatabase(in: folder, [.trust]))
    }

    private static let beginning = WallTime(seconds: 0)

    private func seen(
        _ byte: UInt8, at seconds: Int64 = 1000, customer: String? = nil, anchor: [UInt8]? = [0xA],
        chain: [UInt8] = []
    ) -> SeenCertificate {
        SeenCertificate(
            fingerprint: [byte], issuer: "CN=CA", serial: "0\(byte)", subject: "CN=顧客\(byte)",
            customer: customer, anchor: anchor, verdict: anchor == nil ? "unknownIssuer" : "trusted",
            epoch: 3, lastSeen: WallTime(seconds: seconds), der: [0x30, byte],
            chain: chain.map { SeenIssuer(fingerprint: [$0, $0], der: [0x30, $0]) })
    }

    private func all(_ name: String = "customers", since: Int64 = 0) throws -> [SeenCertificate] {
        try store.seen(in: name, since: WallTime(seconds: since), after: nil, countMax: 1000)
    }

    @Test func `what was noted comes back whole, in pages`() throws {
        let noted = [
            seen(1, customer: "TS1", chain: [7, 8]), seen(2, anchor: nil), seen(3, chain: [7]),
            seen(200, chain: [8, 9, 7]),
        ]
        try store.note(noted.reversed(), in: "customers")
        try store.note([seen(5)], in: "partners")
        #expect(try all() == noted)
        #expect(try all("partners") == [seen(5)])
        var pages: [[SeenCertificate]] = []
        var last: [UInt8]?
        while true {
            let page = try store.seen(in: "customers", since: Self.beginning, after: last, countMax: 3)
            guard !page.isEmpty else { break }
            pages.append(page)
            last = page.last?.fingerprint
        }
        #expect(pages == [Array(noted[..<3]), Array(noted[3...])])
        #expect(try all(since: 1001) == [])
        #expect(try all(since: 1000).count == 4)
    }

    @Test func `a certificate seen again is brought up to date, and a known customer stays known`() throws {
        try store.note([seen(1, at: 1000, customer: "TS1", chain: [7, 8])], in: "customers")
        try store.note([seen(1, at: 2000, anchor: nil, chain: [8])], in: "customers")
        let expected = seen(1, at: 2000, customer: "TS1", anchor: nil, chain: [8])
        #expect(try all() == [expected])
        // An older sighting that arrives late changes nothing.
        try store.note([seen(1, at: 1999, customer: "TS2")], in: "customers")
        #expect(try all().first?.lastSeen == WallTime(seconds: 2000))
        #expect(try all().first?.customer == "TS1")
        try store.note([seen(1, at: 2000, customer: "TS2")], in: "customers")
        #expect(try all().first?.customer == "TS2")
    }

    @Test func `a change of epoch changes verdicts, and what was seen before it does not change them back`()
        throws
    {
        try store.note([seen(1), seen(2)], in: "customers")
        try store.note([seen(1)], in: "partners")
        try store.rejudge([[1], [9]], as: "revoked", under: 4, in: "customers")
        #expect(try all().map(\.verdict) == ["revoked", "trusted"])
        #expect(try all().map(\.isTrusted) == [false, true])
        #expect(try all("partners").map(\.verdict) == ["trusted"])
        // Judged under epoch 3, and written late.
        try store.note([seen(1, at: 2000)], in: "customers")
        #expect(try all().map(\.verdict) == ["revoked", "trusted"])
        // Nor does an older epoch's change count against a newer one's.
        try store.rejudge([[1]], as: "trusted", under: 4, in: "customers")
        #expect(try all().map(\.verdict) == ["revoked", "trusted"])
        try store.rejudge([[1]], as: "trusted", under: 5, in: "customers")
        #expect(try all().map(\.verdict) == ["trusted", "trusted"])
    }

    @Test func `anchors are used by those whose paths end there`() throws {
        try store.note(
            [
                seen(1, at: 1000, customer: "A"), seen(2, at: 3000, customer: "A"), seen(3, at: 2000),
                seen(4, at: 5000, anchor: [0xB]), seen(5, at: 9000, anchor: nil), seen(6, at: 10),
            ], in: "customers")
        let uses = try store.uses(in: "customers", since: WallTime(seconds: 11))
            .sorted { $0.anchor[0] < $1.anchor[0] }
        #expect(
            uses == [
                AnchorUse(
                    anchor: [0xA], lastSeen: WallTime(seconds: 3000), certificateCount: 3, customerCount: 1),
                AnchorUse(
                    anchor: [0xB], lastSeen: WallTime(seconds: 5000), certificateCount: 1, customerCount: 0),
            ])
        #expect(try store.uses(in: "partners", since: Self.beginning) == [])
    }

    @Test func `what is old is forgotten, and of the rest the newest stay`() throws {
        for byte in 1...20 as ClosedRange<UInt8> {
            try store.note([seen(byte, at: Int64(byte), chain: [byte])], in: "customers")
        }
        try store.note([seen(1, at: 1)], in: "partners")
        // At the limit nothing goes.
        #expect(
            try store.forget(
                in: "customers", before: WallTime(seconds: 1), trustedMax: 20, refusedMax: 0) == 0)
        #expect(
            try store.forget(
                in: "customers", before: WallTime(seconds: 5), trustedMax: 16, refusedMax: 0) == 4)
        #expect(try all().map(\.fingerprint) == (5...20).map { [$0] })
        #expect(
            try store.forget(
                in: "customers", before: WallTime(seconds: 5), trustedMax: 15, refusedMax: 0) == 1)
        #expect(try all().map(\.fingerprint) == (6...20).map { [$0] })
        #expect(try all("partners").count == 1)
        // The issuers that nobody needs are gone too: noting them again makes them anew.
        try store.note([seen(1, at: 30, chain: [1, 2])], in: "customers")
        #expect(try all().first?.chain.map(\.fingerprint) == [[1, 1], [2, 2]])
    }

    // A flood of certificates that nobody trusts must not push out those of customers.
    @Test func `those never trusted have a bound of their own`() throws {
        try store.note([seen(1, at: 1), seen(2, at: 2, customer: "A")], in: "customers")
        try store.note([seen(2, at: 3, anchor: nil)], in: "customers")  // trusted once
        for byte in 10...60 as ClosedRange<UInt8> {
            try store.note([seen(byte, at: 1000 + Int64(byte), anchor: nil)], in: "customers")
        }
        #expect(
            try store.forget(in: "customers", before: Self.beginning, trustedMax: 2, refusedMax: 5) == 46)
        #expect(try all().map(\.fingerprint) == [[1], [2], [56], [57], [58], [59], [60]])
    }

    @Test func `more than a transaction's worth is forgotten whole`() throws {
        let many = (0..<1203).map { index in
            var certificate = seen(1, at: Int64(index), chain: [UInt8(index % 7)])
            certificate = SeenCertificate(
                fingerprint: [UInt8(index >> 8), UInt8(index & 255)], issuer: "", serial: "", subject: "",
                anchor: [1], verdict: "trusted", epoch: 1, lastSeen: certificate.lastSeen, der: [1],
                chain: certificate.chain)
            return certificate
        }
        try store.note(many, in: "customers")
        #expect(
            try store.forget(
                in: "customers", before: Self.beginning, trustedMax: 3, refusedMax: 0) == 1200)
        #expect(try all().count == 3)
    }
}
