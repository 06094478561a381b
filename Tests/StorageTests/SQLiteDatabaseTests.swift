import Storage
import TestFolders
import Testing

@Suite struct SQLiteDatabaseTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func open(_ migrations: [Migration] = notes, readers: Int = 2) throws -> Database {
        try Database.sqlite(
            path: folder.file(), schemas: [Schema(name: "notes", migrations: migrations)],
            options: SQLiteOptions(readerCount: readers, busyMilliseconds: 2_000))
    }

    // MARK: Opening

    @Test func `a path that cannot be opened is unavailable`() throws {
        let fault = #expect(throws: DatabaseFault.self) {
            try Database.sqlite(path: "/nonexistent/folder/store.db", schemas: [])
        }
        #expect(fault?.kind == .unavailable)
    }

    @Test func `a folder is not a database`() throws {
        let fault = #expect(throws: DatabaseFault.self) {
            try Database.sqlite(path: folder.path, schemas: [])
        }
        #expect(fault?.kind == .unavailable)
    }

    @Test func `a file of something else is corrupt and left as it was`() throws {
        let text = Array(String(repeating: "not a database at all\n", count: 100).utf8)
        try folder.write(text, to: "store.db")
        let fault = #expect(throws: DatabaseFault.self) { try open() }
        #expect(fault?.kind == .corrupt)
        #expect(try folder.size(of: "store.db") == text.count)
    }

    @Test func `another program's database is foreign`() throws {
        try closedAfterwards { _ = try open() }
        for mark: [UInt8] in [[0, 0, 0, 0], [1, 2, 3, 4]] {
            try folder.write(mark, to: "store.db", at: 68)
            let fault = #expect(throws: DatabaseFault.self) { try open() }
            #expect(fault?.kind == .foreign)
        }
    }

    @Test func `a damaged file is a fault and not a crash, wherever the damage is`() throws {
        try closedAfterwards {
            let database = try open()
            try database.write { (connection) throws(DatabaseFault) in
                for number in 1...500 {
                    try connection.run(insert, DatabaseValue(number), DatabaseValue("note \(number)"))
                }
            }
        }
        let size = try folder.size(of: "store.db")
        let noise = [UInt8](repeating: 0xa5, count: 4_000)
        for offset in stride(from: 100, to: size - noise.count, by: 4_096) {
            try folder.write(noise, to: "store.db", at: offset)
        }
        let fault = #expect(throws: DatabaseFault.self) {
            let database = try open()
            _ = try database.read { (connection) throws(DatabaseFault) in
                try connection.all("SELECT body FROM notes") { (row) throws(DatabaseFault) in try row.text(0)
                }
            }
        }
        #expect(fault?.kind == .corrupt)
    }

    @Test func `a file cut short is a fault`() throws {
        try closedAfterwards {
            let database = try open()
            try database.write { (connection) throws(DatabaseFault) in
                for number in 1...500 {
                    try connection.run(insert, DatabaseValue(number), DatabaseValue("note \(number)"))
                }
            }
        }
        try folder.truncate("store.db", to: try folder.size(of: "store.db") / 2)
        let fault = #expect(throws: DatabaseFault.self) {
            let database = try open()
            _ = try database.read { (connection) throws(DatabaseFault) in
                try connection.all("SELECT body FROM notes") { (row) throws(DatabaseFault) in try row.text(0)
                }
            }
        }
        #expect(fault?.kind == .corrupt)
    }

    @Test func `a new file and its companions are the owner's alone`() throws {
        let database = try open()
        try database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run(insert, 1, "one")
        }
        #expect(Set(folder.names) == ["store.db", "store.db-wal", "store.db-shm"])
        for name in folder.names { #expect(try folder.mode(of: name) == 0o600) }
    }

    @Test func `a file that everybody may read is refused, a group's is not`() throws {
        try closedAfterwards { _ = try open() }
        for mode: UInt32 in [0o604, 0o602, 0o601] {
            try folder.setMode(mode, of: "store.db")
            let fault = #expect(throws: DatabaseFault.self) { try open() }
            #expect(fault?.kind == .exposed)
        }
        try folder.setMode(0o640, of: "store.db")
        _ = try open()
    }

    // MARK: Migrations

    @Test func `many openers of one new file all succeed`() throws {
        let path = folder.file()
        let faults = concurrently(8) { (_) -> DatabaseFault? in
            do throws(DatabaseFault) {
                _ = try Database.sqlite(path: path, schemas: [Schema(name: "notes", migrations: notes)])
                return nil
            } catch { return error }
        }
        #expect(faults.compactMap { $0 } == [])
    }

    // MARK: Statements

    @Test func `text that is not UTF-8 is corrupt`() throws {
        let database = try open()
        let fault = #expect(throws: DatabaseFault.self) {
            try database.read { (connection) throws(DatabaseFault) -> String? in
                try connection.first("SELECT CAST(x'ff41' AS TEXT)") { (row) throws(DatabaseFault) in
                    try row.text(0)
                }
            }
        }
        #expect(fault?.kind == .corrupt)
    }

    // MARK: Transactions

    @Test func `another program's write lock is waited for, then busy`() throws {
        let first = try open()
        let second = try Database.sqlite(
            path: folder.file(), schemas: [], options: SQLiteOptions(readerCount: 1, busyMilliseconds: 20))
        let fault = try first.write { (_) throws(DatabaseFault) -> DatabaseFault? in
            do throws(DatabaseFault) {
                try second.write { (connection) throws(DatabaseFault) in
                    _ = try connection.run(insert, 1, "one")
                }
                return nil
            } catch { return error }
        }
        #expect(fault?.kind == .busy)
        try second.write { (connection) throws(DatabaseFault) in _ = try connection.run(insert, 1, "one") }
        #expect(try count(first) == 1)
    }

}
