import Storage
import Testing

@Suite struct SQLiteDatabaseTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

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

    @Test func `a schema newer than the program is refused`() throws {
        try closedAfterwards { _ = try open(notes + [Migration(2, "add a column", addColumn)]) }
        let fault = #expect(throws: DatabaseFault.self) { try open() }
        #expect(fault?.kind == .newerSchema)
    }

    @Test func `a migration under another name is refused`() throws {
        try closedAfterwards { _ = try open() }
        let fault = #expect(throws: DatabaseFault.self) {
            try open([Migration(1, "something else", "CREATE TABLE other (id INTEGER)")])
        }
        #expect(fault?.kind == .newerSchema)
    }

    @Test func `a migration that fails half way leaves nothing of itself`() throws {
        let broken =
            notes + [Migration(2, "half", "CREATE TABLE half (id INTEGER) STRICT; CREATE TABLE nonsense (")]
        #expect(throws: DatabaseFault.self) { try open(broken) }
        let database = try open()
        let tables = try database.read { (connection) throws(DatabaseFault) in
            try connection.all("SELECT name FROM sqlite_schema WHERE name = 'half'") {
                (row) throws(DatabaseFault) in
                try row.text(0)
            }
        }
        #expect(tables.isEmpty)
    }

    @Test func `a later migration keeps what is stored`() throws {
        try closedAfterwards {
            let database = try open()
            try database.write { (connection) throws(DatabaseFault) in
                _ = try connection.run(insert, 1, "one")
            }
        }
        let database = try open(notes + [Migration(2, "add a column", addColumn)])
        let row = try database.read { (connection) throws(DatabaseFault) in
            try connection.first("SELECT body, starred FROM notes") { (row) throws(DatabaseFault) in
                "\(try row.text(0)) \(try row.bool(1))"
            }
        }
        #expect(row == "one false")
    }

    @Test func `two schemas share a file and count for themselves`() throws {
        let people = Schema(
            name: "people", migrations: [Migration(1, "people", "CREATE TABLE people (id INTEGER)")])
        let both = [Schema(name: "notes", migrations: notes), people]
        try closedAfterwards { _ = try Database.sqlite(path: folder.file(), schemas: both) }
        _ = try Database.sqlite(path: folder.file(), schemas: [people])
    }

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

    @Test func `the wrong number of values is a fault of the statement`() throws {
        let database = try open()
        for values: [DatabaseValue] in [[], [1], [1, "one", "more"]] {
            let fault = #expect(throws: DatabaseFault.self) {
                try database.write { (connection) throws(DatabaseFault) in
                    try connection.run(insert, values: values)
                }
            }
            #expect(fault?.kind == .statement)
        }
    }

    @Test func `two statements in one text are refused`() throws {
        let database = try open()
        let fault = #expect(throws: DatabaseFault.self) {
            try database.write { (connection) throws(DatabaseFault) in
                try connection.run("DELETE FROM notes; DELETE FROM notes")
            }
        }
        #expect(fault?.kind == .statement)
    }

    @Test func `values come back as they went in`() throws {
        let database = try open()
        let values: [DatabaseValue] = [
            .null, 0, .integer(.min), .integer(.max), "", "都島信用組合", "nul \0 inside", .bytes([]),
            .bytes([0, 255]),
        ]
        let found = try database.write { (connection) throws(DatabaseFault) -> [DatabaseValue] in
            var found: [DatabaseValue] = []
            for value in values {
                let back = try connection.first("SELECT ?1", value) {
                    (row) throws(DatabaseFault) -> DatabaseValue in
                    switch value {
                    case .null: row.isNull(0) ? .null : "not null"
                    case .integer: .integer(try row.integer(0))
                    case .text: .text(try row.text(0))
                    case .bytes: .bytes(try row.bytes(0))
                    }
                }
                found += back.map { [$0] } ?? []
            }
            return found
        }
        #expect(found == values)
    }

    @Test func `every 64-bit number survives as unsigned`() throws {
        let database = try open()
        for number: UInt64 in [0, 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max] {
            let back = try database.read { (connection) throws(DatabaseFault) in
                try connection.first("SELECT ?1", DatabaseValue(number)) { (row) throws(DatabaseFault) in
                    try row.unsigned(0)
                }
            }
            #expect(back == number)
        }
    }

    @Test func `a column of another type is corrupt, not converted`() throws {
        let database = try open()
        let attempts: [(DatabaseValue, (borrowing DatabaseRow) throws(DatabaseFault) -> Void)] = [
            ("12", { (row) throws(DatabaseFault) in _ = try row.integer(0) }),
            (12, { (row) throws(DatabaseFault) in _ = try row.text(0) }),
            (.null, { (row) throws(DatabaseFault) in _ = try row.text(0) }),
            ("text", { (row) throws(DatabaseFault) in _ = try row.bytes(0) }),
            (2, { (row) throws(DatabaseFault) in _ = try row.bool(0) }),
            (-1, { (row) throws(DatabaseFault) in _ = try row.count(0) }),
            ("green", { (row) throws(DatabaseFault) in _ = try row.choice(0, of: Colour.self) }),
        ]
        for (value, read) in attempts {
            let fault = #expect(throws: DatabaseFault.self) {
                try database.read { (connection) throws(DatabaseFault) -> Void in
                    try connection.first("SELECT ?1", value, read: read)
                }
            }
            #expect(fault?.kind == .corrupt)
        }
    }

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

    @Test func `a statement may run inside its own rows`() throws {
        let database = try open()
        let sums = try database.write { (connection) throws(DatabaseFault) -> [Int64] in
            for number in 1...3 { try connection.run(insert, DatabaseValue(number), "x") }
            let sql = "SELECT id FROM notes ORDER BY id"
            return try connection.all(sql) { (outer) throws(DatabaseFault) in
                let inner = try connection.all(sql) { (row) throws(DatabaseFault) in try row.integer(0) }
                return try outer.integer(0) * 10 + Int64(inner.count)
            }
        }
        #expect(sums == [13, 23, 33])
    }

    @Test func `rows changed are counted without cascades and not carried over`() throws {
        let database = try open()
        let counts = try database.write { (connection) throws(DatabaseFault) -> [Int] in
            [
                try connection.run(insert, 1, "one"),
                try connection.run("INSERT INTO tags (note, tag) VALUES (1, 'a'), (1, 'b')"),
                try connection.run("DELETE FROM notes WHERE id = 99"),
                try connection.run("SELECT 1"),
                try connection.run("DELETE FROM notes"),
            ]
        }
        #expect(counts == [1, 2, 0, 0, 1])
    }

    // MARK: Transactions

    @Test func `constraints say conflict and undo the whole transaction`() throws {
        let database = try open()
        for sql in [insert, "INSERT INTO tags (note, tag) VALUES (?1 + 100, ?2)"] {
            let fault = #expect(throws: DatabaseFault.self) {
                try database.write { (connection) throws(DatabaseFault) in
                    try connection.run(insert, 1, "one")
                    try connection.run(sql, 1, "again")
                }
            }
            #expect(fault?.kind == .conflict)
        }
        #expect(try count(database) == 0)
        try database.write { (connection) throws(DatabaseFault) in _ = try connection.run(insert, 1, "one") }
        #expect(try count(database) == 1)
    }

    @Test func `a reader cannot write`() throws {
        let database = try open()
        #expect(throws: DatabaseFault.self) {
            try database.read { (connection) throws(DatabaseFault) in try connection.run(insert, 1, "one") }
        }
        #expect(try count(database) == 0)
    }

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

    @Test func `many threads in two programs write and read, and nothing is lost`() throws {
        let databases = [try open(), try open()]
        let faults = concurrently(16) { (thread) -> DatabaseFault? in
            do throws(DatabaseFault) {
                for turn in 0..<10 {
                    try databases[thread % 2].write { (connection) throws(DatabaseFault) in
                        _ = try connection.run(insert, DatabaseValue(thread * 100 + turn), "note")
                    }
                    _ = try count(databases[(thread + 1) % 2])
                }
                return nil
            } catch { return error }
        }
        #expect(faults.compactMap { $0 } == [])
        #expect(try count(databases[0]) == 160)
    }
}

private enum Colour: String { case red }

private let insert = "INSERT INTO notes (id, body) VALUES (?1, ?2)"
private let addColumn = "ALTER TABLE notes ADD COLUMN starred INTEGER NOT NULL DEFAULT 0"
private let notes = [
    Migration(
        1, "notes and tags",
        """
        CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE tags (
            note INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE, tag TEXT NOT NULL
        ) STRICT;
        """)
]

private func count(_ database: Database) throws(DatabaseFault) -> Int? {
    try database.read { (connection) throws(DatabaseFault) in
        try connection.first("SELECT count(*) FROM notes") { (row) throws(DatabaseFault) in try row.count(0) }
    }
}

/// Lets everything made in `body` go before it returns, so that the database is closed.
@inline(never)
private func closedAfterwards(_ body: () throws -> Void) throws {
    try body()
}
