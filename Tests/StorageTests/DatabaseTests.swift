import Storage
import TestFolders
import Testing

/// What every kind of store promises to those who keep rows in it.
@Suite(.everyStore) struct DatabaseTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func open(_ migrations: [Migration] = notes) throws -> Database {
        try storeDatabase(in: folder, [Schema(name: "notes", migrations: migrations)])
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
        let fault = #expect(throws: DatabaseFault.self) {
            try database.read { (connection) throws(DatabaseFault) in try connection.run("SELECT 1 FROM half")
            }
        }
        #expect(fault?.kind == .statement)
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
        try closedAfterwards { _ = try storeDatabase(in: folder, both) }
        _ = try storeDatabase(in: folder, [people])
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
            .null, 0, .integer(.min), .integer(.max), "", "都島信用組合", .bytes([]),
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

    @Test func `text with NUL in it is refused`() throws {
        let database = try open()
        let fault = #expect(throws: DatabaseFault.self) {
            try database.write { (connection) throws(DatabaseFault) in
                try connection.run(insert, 1, "nul \0 inside")
            }
        }
        #expect(fault?.kind == .statement)
    }

    @Test func `a statement whose fault is caught still undoes the transaction, or is undone alone`() throws {
        let database = try open()
        let outcome = Result {
            try database.write { (connection) throws(DatabaseFault) in
                try connection.run(insert, 1, "one")
                _ = try? connection.run(insert, 1, "again")
            }
        }
        let isKept = try count(database) == 1
        switch outcome {
        case .success: #expect(isKept)
        case .failure: #expect(!isKept)
        }
    }

    @Test func `writes that read what the other changes do not both win`() throws {
        let database = try open()
        try database.write { (connection) throws(DatabaseFault) in
            for number in 1...2 { try connection.run(insert, DatabaseValue(number), "on") }
        }
        // Either may go off, as long as the other is on.
        _ = concurrently(8) { (thread) -> Int? in
            try? database.write { (connection) throws(DatabaseFault) in
                let on = try connection.first("SELECT count(*) FROM notes WHERE body = 'on'") {
                    (row) throws(DatabaseFault) in try row.count(0)
                }
                guard on == 2 else { return 0 }
                return try connection.run(
                    "UPDATE notes SET body = 'off' WHERE id = ?1", DatabaseValue(thread % 2 + 1))
            }
        }
        let on = try database.read { (connection) throws(DatabaseFault) in
            try connection.first("SELECT count(*) FROM notes WHERE body = 'on'") {
                (row) throws(DatabaseFault) in
                try row.count(0)
            }
        }
        #expect(on == 1)
    }
}

private enum Colour: String { case red }
