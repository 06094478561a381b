import Storage

/// A schema to try databases with.
let insert = "INSERT INTO notes (id, body) VALUES (?1, ?2)"
let addColumn = "ALTER TABLE notes ADD COLUMN starred INTEGER NOT NULL DEFAULT 0"
let notes = [
    Migration(
        1, "notes and tags",
        """
        CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE tags (
            note INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE, tag TEXT NOT NULL
        ) STRICT;
        """)
]

func count(_ database: Database) throws(DatabaseFault) -> Int? {
    try database.read { (connection) throws(DatabaseFault) in
        try connection.first("SELECT count(*) FROM notes") { (row) throws(DatabaseFault) in try row.count(0) }
    }
}

func add(_ number: Int, to database: Database) throws(DatabaseFault) {
    try database.write { (connection) throws(DatabaseFault) in
        _ = try connection.run(insert, DatabaseValue(number), "note")
    }
}

/// Lets everything made in `body` go before it returns, so that the database is closed.
@inline(never)
func closedAfterwards(_ body: () throws -> Void) throws {
    try body()
}
