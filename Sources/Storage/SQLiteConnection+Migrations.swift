import CSQLite

extension SQLiteConnection {
    /// Marks an empty file as ours; refuses one that holds another program's tables.
    func claim(_ path: String) throws(DatabaseFault) {
        let mark = try first("PRAGMA application_id") { (row) throws(DatabaseFault) in try row.integer(0) }
        guard mark != Self.applicationID else { return }
        // Decided and marked under the write lock: two programs may open a new file at the same moment.
        try transaction { (connection) throws(DatabaseFault) in
            let mark = try connection.first("PRAGMA application_id") { (row) throws(DatabaseFault) in
                try row.integer(0)
            }
            guard mark != Self.applicationID else { return }
            let tableCount = try connection.first("SELECT count(*) FROM sqlite_schema") {
                (row) throws(DatabaseFault) in try row.integer(0)
            }
            guard mark == 0, tableCount == 0 else {
                throw DatabaseFault(.foreign, "\(path) is a database of another program")
            }
            try connection.runScript("PRAGMA application_id = \(Self.applicationID)")
        }
    }

    /// Readers and the writer must not wait for each other, and the file must say so to the next program too.
    ///
    /// Two processes that open a new file at once may be in each other's way here; SQLite does not wait for
    /// this lock by itself, so that it is tried again for a while.
    func keepWriteAheadLog() throws(DatabaseFault) {
        for _ in 0..<Self.writeAheadLogTries {
            do throws(DatabaseFault) { return try setWriteAheadLog() } catch {
                guard error.kind == .busy else { throw error }
            }
            sqlite3_sleep(Self.writeAheadLogPauseMilliseconds)
        }
        try setWriteAheadLog()
    }

    private func setWriteAheadLog() throws(DatabaseFault) {
        let mode = try first("PRAGMA journal_mode = WAL") { (row) throws(DatabaseFault) in try row.text(0) }
        guard mode == "wal" else {
            throw DatabaseFault(.unavailable, "the journal mode stays \(mode ?? "unknown"), not wal")
        }
    }

    private static let writeAheadLogTries = 250
    private static let writeAheadLogPauseMilliseconds: Int32 = 20

    /// Applies the migrations of `schema` that the file does not have yet, each in a transaction of its own.
    func migrate(_ schema: Schema) throws(DatabaseFault) {
        try run(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                schema TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
                applied_at INTEGER NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS INTEGER)),
                PRIMARY KEY (schema, number)
            ) STRICT, WITHOUT ROWID
            """)
        for migration in schema.migrations {
            try transaction { (connection) throws(DatabaseFault) in
                try connection.apply(migration, of: schema)
            }
        }
        try refuseNewer(than: schema)
    }

    private func apply(_ migration: Migration, of schema: Schema) throws(DatabaseFault) {
        let applied = try first(
            "SELECT name FROM schema_migrations WHERE schema = ?1 AND number = ?2",
            SQLiteValue(schema.name), SQLiteValue(migration.number)
        ) { (row) throws(DatabaseFault) in try row.text(0) }
        if let applied {
            guard applied == migration.name else {
                throw DatabaseFault(
                    .newerSchema,
                    "migration \(migration.number) of \(schema.name) is \"\(applied)\" in the file"
                        + " and \"\(migration.name)\" in this program")
            }
            return
        }
        try runScript(migration.script)
        try run(
            "INSERT INTO schema_migrations (schema, number, name) VALUES (?1, ?2, ?3)",
            SQLiteValue(schema.name), SQLiteValue(migration.number), SQLiteValue(migration.name))
    }

    private func refuseNewer(than schema: Schema) throws(DatabaseFault) {
        let newest = try first(
            "SELECT coalesce(max(number), 0) FROM schema_migrations WHERE schema = ?1",
            SQLiteValue(schema.name)
        ) { (row) throws(DatabaseFault) in try row.count(0) }
        guard let newest, newest > schema.migrations.count else { return }
        throw DatabaseFault(
            .newerSchema,
            "the file's \(schema.name) schema is at \(newest), this program knows \(schema.migrations.count)")
    }

    /// "Sksh" in ASCII: what `file` and SQLite's own tools show for a database of ours.
    private static var applicationID: Int64 { 0x536b_7368 }
}

extension SQLiteConnection {
    private func transaction(_ body: (borrowing SQLiteConnection) throws(DatabaseFault) -> Void)
        throws(DatabaseFault)
    {
        try begin()
        do throws(DatabaseFault) {
            try body(self)
            try commit()
        } catch {
            rollBack()
            throw error
        }
    }
}
