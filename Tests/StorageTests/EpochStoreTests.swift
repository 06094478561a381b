import Identity
import Storage
import TestFolders
import Testing
import Text
import Trust

@Suite(.everyStore) struct EpochStoreTests {
    let folder: TestFolder
    let store: EpochStore

    init() throws {
        folder = try TestFolder()
        store = EpochStore(try Self.database(folder))
    }

    private static func database(_ folder: TestFolder) throws -> Database {
        try storeDatabase(in: folder, [.trust])
    }

    private func part(_ role: EpochPart.Role, _ byte: UInt8, count: Int = 10) -> EpochPart {
        EpochPart(
            role: role, name: "\(role)-\(byte).pem", hash: [byte],
            bytes: [UInt8](repeating: byte, count: count))
    }

    private func draft(
        _ byte: UInt8, store: String = "customers", parts: [EpochPart]? = nil,
        origin: EpochOrigin = .committed, source: UInt64? = nil
    ) -> EpochDraft {
        EpochDraft(
            store: store, contentHash: [byte], digest: [byte, byte], policy: #"{"depthMax":3}"#,
            parts: parts ?? [part(.anchors, byte)], origin: origin, source: source, author: "root (0)",
            at: WallTime(seconds: 1_800_000_000 + Int64(byte)))
    }

    @Test func `a store without epochs has none in force`() throws {
        #expect(try store.numbersInForce() == [:])
        #expect(try store.epoch(1, of: "customers") == nil)
        #expect(try store.history(of: "customers", countMax: 10) == [])
        #expect(try store.filesDigest(of: "customers") == nil)
    }

    @Test func `an epoch comes back as it was recorded, also by another program`() throws {
        let parts = [
            part(.anchors, 1), part(.intermediates, 2), part(.crl, 3, count: 3_000_000), part(.crl, 4),
        ]
        let draft = draft(9, parts: parts, origin: .rolledBack, source: 4)
        #expect(try store.record(draft, replacing: nil, keptMax: 5) == 1)
        for store in [store, EpochStore(try Self.database(folder))] {
            let record = try #require(try store.epoch(1, of: "customers"))
            #expect(record.parts == parts)
            #expect(record.policy == draft.policy)
            #expect(record.digest == draft.digest)
            let expected = EpochSummary(
                number: 1, contentHash: [9], origin: .rolledBack, source: 4, author: "root (0)",
                recordedAt: draft.at, isKept: true)
            #expect(record.summary == expected)
            #expect(try store.history(of: "customers", countMax: 10) == [expected])
            #expect(try store.numbersInForce() == ["customers": 1])
        }
    }

    @Test func `an epoch is recorded only over the one it was reviewed against`() throws {
        #expect(try store.record(draft(1), replacing: nil, keptMax: 5) == 1)
        #expect(try store.record(draft(2), replacing: nil, keptMax: 5) == nil)
        #expect(try store.record(draft(2), replacing: 2, keptMax: 5) == nil)
        #expect(try store.record(draft(2), replacing: 1, keptMax: 5) == 2)
        #expect(try store.record(draft(3), replacing: 1, keptMax: 5) == nil)
        #expect(try store.numbersInForce() == ["customers": 2])
        #expect(try store.history(of: "customers", countMax: 10).map(\.contentHash) == [[2], [1]])
        // Refused for a store that has no epoch at all, too.
        #expect(try store.record(draft(1, store: "partners"), replacing: 1, keptMax: 5) == nil)
        #expect(try store.record(draft(1, store: "partners"), replacing: nil, keptMax: 5) == 1)
        #expect(try store.numbersInForce() == ["customers": 2, "partners": 1])
    }

    @Test func `of many who commit at once, over the same epoch, one succeeds`() throws {
        _ = try store.record(draft(1), replacing: nil, keptMax: 5)
        let database = try Self.database(folder)
        let numbers = concurrently(8) { index in
            try? EpochStore(database).record(
                EpochDraft(
                    store: "customers", contentHash: [UInt8(index)], digest: [0], policy: "", parts: [],
                    origin: .committed, author: "", at: WallTime(seconds: 0)), replacing: 1, keptMax: 5)
        }
        #expect(numbers.compactMap { $0 ?? nil } == [2])
        #expect(try store.history(of: "customers", countMax: 10).count == 2)
    }

    @Test func `old epochs lose their parts and nothing else, and shared parts stay`() throws {
        let shared = part(.crl, 100)
        var inForce: UInt64?
        for byte in 1...6 as ClosedRange<UInt8> {
            inForce = try store.record(
                draft(byte, parts: [part(.anchors, byte), shared]), replacing: inForce, keptMax: 3)
        }
        let history = try store.history(of: "customers", countMax: 10)
        #expect(history.map(\.number) == [6, 5, 4, 3, 2, 1])
        #expect(history.map(\.isKept) == [true, true, true, false, false, false])
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(try store.epoch(number, of: "customers") == nil)
        }
        for number in 4...6 as ClosedRange<UInt64> {
            #expect(try store.epoch(number, of: "customers")?.parts.count == 2)
        }
        #expect(try store.history(of: "customers", countMax: 2).map(\.number) == [6, 5])
        // What was dropped can be recorded anew.
        #expect(try store.record(draft(1), replacing: 6, keptMax: 3) == 7)
        #expect(try store.epoch(7, of: "customers")?.parts == [part(.anchors, 1)])
    }

    @Test func `what the files said last is remembered by store`() throws {
        try store.setFilesDigest([1], of: "customers")
        #expect(try store.filesDigest(of: "customers") == nil)
        _ = try store.record(draft(1), replacing: nil, keptMax: 5)
        try store.setFilesDigest([1], of: "customers")
        #expect(try store.filesDigest(of: "customers") == [1])
        _ = try store.record(draft(2), replacing: 1, keptMax: 5)
        #expect(try store.filesDigest(of: "customers") == [1])
    }
}
