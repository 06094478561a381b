import Crypto
import Identity
import Storage
import Testing
import Text

@testable import Customers

private struct Unreadable: Error {}

@Suite struct CustomerImportTests {
    private let folder: TemporaryFolder
    private let store: CustomerStore
    private let quick: ScryptParameters
    private let hash: String
    /// As a field: a hash's parameters are parted by commas.
    private var quoted: String { "\"\(hash)\"" }

    init() throws {
        folder = try TemporaryFolder()
        store = CustomerStore(
            try Database.sqlite(path: folder.path("customers.sqlite"), schemas: [.identity]))
        quick = try #require(ScryptParameters(costLog2: 10, blockSize: 1))
        hash = try PasswordHash.make(of: Array("Sakura2026".utf8), parameters: quick).encoded
    }

    private func run(
        _ text: String, hashes: Bool = false, piece: Int = 1000
    ) throws(CustomerTransferFault<Never>) -> CustomerImport.Outcome {
        var rest = Array(text.utf8)[...]
        return try CustomerImport(into: store, hashes: hashes, parameters: quick).run(
            next: { () throws(Never) in
                defer { rest = rest.dropFirst(piece) }
                return rest.prefix(piece)
            }, progress: { _, _ in })
    }

    private func faults(_ text: String, hashes: Bool = false) throws -> [String] {
        guard case .refused(let faults) = try run(text, hashes: hashes) else { return [] }
        return faults.map(\.description)
    }

    private func customer(_ id: String) throws -> Customer? { try store.customer(#require(CustomerID(id))) }

    private var stagedCount: Int {
        get throws { try store.stagedDuplicates(countMax: 1).count + store.stagedKnownCount() }
    }

    @Test func `a list becomes customers, in whatever order its columns stand`() throws {
        let list = """
            \u{FEFF}role,id,password_hash,method,name,status\r
            master,TSUSER0001,\(quoted),certificate,"都島, 太郎",active\r
            general,IDUSER0003,\(quoted),password,網島 次郎,stopped\r

            """
        guard case .imported(2, 0) = try run(list, piece: 7) else {
            Issue.record("not imported")
            return
        }
        #expect(
            try customer("TSUSER0001")
                == Customer(
                    id: #require(CustomerID("TSUSER0001")), displayName: "都島, 太郎", role: .master,
                    method: .certificate, passwordHash: hash))
        #expect(try customer("IDUSER0003")?.status == .stopped)
    }

    @Test func `known customers are replaced, keep their counters, and a lifted stop clears them`() throws {
        let counter = FailureCounter(consecutive: 1, pauses: 2, pausedUntil: WallTime(seconds: 5))
        for (id, status) in [("A", CustomerStatus.active), ("B", .stopped)] {
            try store.save([
                Customer(
                    id: #require(CustomerID(id)), displayName: "old", role: .general, method: .password,
                    status: status, passwordHash: "old", failures: counter)
            ])
        }
        let list =
            "id,name,role,method,status,password_hash\n" + "A,new,master,either,active,\(quoted)\n"
            + "B,new,master,either,active,\(quoted)\n"
        guard case .imported(2, 2) = try run(list) else {
            Issue.record("not imported")
            return
        }
        let (one, other) = (try customer("A"), try customer("B"))
        #expect(one?.displayName == "new" && one?.passwordHash == hash && one?.failures == counter)
        #expect(other?.status == .active && other?.failures == FailureCounter())
    }

    @Test func `a list that says nothing of status stops nobody and lifts no stop`() throws {
        let counter = FailureCounter(consecutive: 0, pauses: 3, pausedUntil: nil)
        try store.save([
            Customer(
                id: #require(CustomerID("A")), displayName: "old", role: .general, method: .password,
                status: .stopped, passwordHash: "old", failures: counter)
        ])
        let list =
            "id,name,role,method,password_hash\n" + "A,new,master,either,\(quoted)\n"
            + "B,b,master,either,\(quoted)\n"
        guard case .imported(2, 1) = try run(list) else {
            Issue.record("not imported")
            return
        }
        let known = try customer("A")
        #expect(known?.displayName == "new" && known?.passwordHash == hash && known?.role == .master)
        #expect(known?.status == .stopped && known?.failures == counter)
        #expect(try customer("B")?.status == .active)
    }

    @Test func `a list may say when passwords were changed, and known customers keep what it leaves out`()
        throws
    {
        let moment = try #require(WallTime(rfc3339: "2026-11-23T18:50:29+09:00"))
        for (list, expected) in [
            ("", nil), ("2026-11-23T18:50:29+09:00", moment), ("", moment), ("2026-11-23T09:50:30Z", nil),
        ] as [(String, WallTime?)] {
            let list =
                "id,name,role,method,password_changed_at,password_hash\nA,a,master,either,\(list),\(quoted)\n"
            guard case .imported(1, _) = try run(list) else {
                Issue.record("not imported")
                return
            }
            #expect(try customer("A")?.passwordChangedAt == expected ?? customer("A")?.passwordChangedAt)
        }
        #expect(try customer("A")?.passwordChangedAt == moment.adding(seconds: 1))
        let told = try faults(
            "id,name,role,method,password_changed_at,password_hash\nA,a,master,either,soon,\(quoted)\n")
        #expect(told == ["2: password_changed_at: expected a moment like 2026-11-23T09:50:29Z, not “soon”"])
    }

    @Test func `everything that is wrong is told with its line, and nothing is imported`() throws {
        let list = """
            id,name,role,method,status,password_hash
            GOOD,a,master,either,active,\(quoted)
            two words,b,emperor,smile,gone,\(quoted)
            C,,general,either,active,$scrypt$secret
            D,d,general,either,active
            E,e,general,either,active,
            "F",f,general,either,active,{SHA256}zEYxSllbTLklCzV5QIjp0UDj5aWDp2XZGvzl8Bu1eYs=
            G,g\u{202E},general,either,active,\(quoted)
            """
        let told = try faults(list)
        #expect(
            told == [
                "3: id: expected 1 to 64 printable ASCII characters without space, not “two words”",
                "3: role: expected master, administrator, general, not “emperor”",
                "3: method: expected certificate, password, either, not “smile”",
                "3: status: expected active, stopped, closed, not “gone”",
                "4: name: expected 1 to 200 characters on one line, not “”",
                "5: expected 6 fields as in the header, not 5", "6: password_hash: expected something",
                "7: password_hash: too weak to be stored as it is; see --hash-passwords",
                "8: name: expected 1 to 200 characters on one line, not “g\u{FFFD}”",
            ])
        #expect(!told.joined().contains("secret") && !told.joined().contains("zEYx"))
        #expect(try store.count() == 0)
    }

    @Test(arguments: [
        ("", "1: expected a header with the names of columns"),
        ("id,name,role,method\n", "1: expected one of the columns password_hash and password"),
        (
            "id,name,role,method,password,password_hash\n",
            "1: expected one of the columns password_hash and password"
        ),
        ("id,name,role,password\n", "1: the column method is missing"),
        ("id,id,name,role,method,password\n", "1: the column id is there twice"),
        (
            "id,nmae\n",
            "1: column 2: expected one of id, name, role, method, status, password_hash, password,"
                + " password_changed_at"
        ),
        ("\"id\n", "1: a quote that is never closed"),
    ])
    func `a header that is not understood is refused`(text: String, fault: String) throws {
        #expect(try faults(text) == [fault])
    }

    @Test func `what is no CSV ends the reading, after what was found before`() throws {
        let list =
            "id,name,role,method,password_hash\nA B,a,master,either,\(quoted)\nC,c\"c,master,either,x\n"
        #expect(try faults(list).map { String($0.prefix(2)) } == ["2:", "3:"])
    }

    @Test func `a customer who is there twice is refused with both lines`() throws {
        var list = "id,name,role,method,password_hash\n"
        for id in ["A", "B", "C", "B", "a", "A"] { list += "\(id),x,general,either,\(quoted)\n" }
        #expect(try faults(list) == ["7: id: “A” is already in line 2", "5: id: “B” is already in line 3"])
        #expect(try store.count() == 0)
    }

    @Test(arguments: [99, 100, 101, 250])
    func `complaints are bounded`(count: Int) throws {
        let list = "id,name,role,method,password_hash\n" + String(repeating: "x\n", count: count)
        #expect(try faults(list).count == min(count, CustomerImport.faultsMax))
    }

    @Test func `passwords and weak digests are hashed only when asked for`() throws {
        let plain =
            "id,name,role,method,password\nA,a,general,password,Sakura2026\nB,b,general,password,short\n"
        #expect(
            try faults(plain) == [
                "2: password: not ready to be stored; see --hash-passwords",
                "3: password: not ready to be stored; see --hash-passwords",
            ])
        #expect(
            try faults(plain, hashes: true) == [
                "3: password: expected 8 to 128 bytes without control characters"
            ])
        let good = plain.replacing("short", with: "Momiji2026")
        guard case .imported(2, 0) = try run(good, hashes: true) else {
            Issue.record("not imported")
            return
        }
        for (id, password) in [("A", "Sakura2026"), ("B", "Momiji2026")] {
            let stored = try PasswordHash(parsing: customer(id)?.passwordHash ?? "")
            #expect(try stored.matches(Array(password.utf8)))
        }
        let weak =
            "id,name,role,method,password_hash\nC,c,general,password,"
            + "{SSHA256}eqwsaRYW+K1g4TXL0nkT3qzDgugni0J/VQPgOdMUIqhzYWx0c2FsdHNhbHQ=\n"
        guard case .imported(1, 0) = try run(weak, hashes: true) else {
            Issue.record("not imported")
            return
        }
        let stored = try PasswordHash(parsing: customer("C")?.passwordHash ?? "")
        #expect(try stored.matches(Array("Tanoshii-2026".utf8)) && stored.needsRehash())
    }

    @Test func `ten thousand customers go out and in again`() throws {
        var list = "id,name,role,method,password_hash\n"
        // Not in the order of their IDs.
        for index in 0..<10_000 {
            list += "USER\(index * 7919 % 10_000),客 \(index),general,either,\(quoted)\n"
        }
        guard case .imported(10_000, 0) = try run(list, piece: 65_536) else {
            Issue.record("not imported")
            return
        }
        #expect(try store.count() == 10_000)
        var exported: [UInt8] = []
        let count = try CustomerExport(of: store).run(
            write: { (bytes: [UInt8]) throws(Never) in exported += bytes }, progress: { _ in })
        #expect(count == 10_000)
        let other = CustomerStore(
            try Database.sqlite(path: folder.path("other.sqlite"), schemas: [.identity]))
        var rest = exported[...]
        let outcome = try CustomerImport(into: other, hashes: false).run(
            next: { () throws(Never) in
                defer { rest = rest.dropFirst(4096) }
                return rest.prefix(4096)
            }, progress: { _, _ in })
        guard case .imported(10_000, 0) = outcome else {
            Issue.record("not imported again: \(outcome)")
            return
        }
        #expect(
            try other.customers(after: nil, countMax: 20_000) == store.customers(after: nil, countMax: 20_000)
        )
    }

    @Test func `a file that can't be read on leaves the customers as they were`() throws {
        var pieces = ["id,name,role,method,password_hash\nA,a,general,either,\(quoted)\n"]
        #expect(throws: CustomerTransferFault<Unreadable>.self) {
            try CustomerImport(into: store, hashes: false).run(
                next: { () throws(Unreadable) in
                    guard let piece = pieces.popLast() else { throw Unreadable() }
                    return Array(piece.utf8)[...]
                }, progress: { _, _ in })
        }
        #expect(try store.count() == 0)
    }

    @Test func `an import that another one has cut off takes nothing over`() throws {
        let row = StagedCustomer(
            line: 2,
            Customer(
                id: try #require(CustomerID("A")), displayName: "a", role: .general, method: .either,
                passwordHash: hash))
        try store.beginImport()
        try store.stage([row], for: 1)
        try store.beginImport()
        #expect(throws: StoreFault.self) { try store.finishImport(1, count: 1, keepsStatus: false) }
        try store.stage([row], for: 2)
        try store.abandonImport(1)
        try store.finishImport(2, count: 1, keepsStatus: false)
        #expect(try store.count() == 1)
    }
}
