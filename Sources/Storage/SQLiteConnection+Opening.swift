import CSQLite

extension SQLiteConnection {
    /// Marks an empty file as ours; refuses one that holds another program's tables.
    func claim(_ path: String) throws(DatabaseFault) {
        guard try integer("PRAGMA application_id") != Self.applicationID else { return }
        // Decided and marked under the write lock: two programs may open a new file at the same moment.
        try transaction(.synced) { () throws(DatabaseFault) in try markIfEmpty(path) }
    }

    private func markIfEmpty(_ path: String) throws(DatabaseFault) {
        let mark = try integer("PRAGMA application_id")
        guard mark != Self.applicationID else { return }
        guard mark == 0, try integer("SELECT count(*) FROM sqlite_schema") == 0 else {
            throw DatabaseFault(.foreign, "\(path) is a database of another program")
        }
        try runScript("PRAGMA application_id = \(Self.applicationID)")
    }

    private func integer(_ sql: String) throws(DatabaseFault) -> Int64? {
        var found: Int64?
        try forEach(sql) { (row) throws(DatabaseFault) in
            found = try row.integer(0)
            return false
        }
        return found
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
        var mode: String?
        try forEach("PRAGMA journal_mode = WAL") { (row) throws(DatabaseFault) in
            mode = try row.text(0)
            return false
        }
        guard mode == "wal" else {
            throw DatabaseFault(.unavailable, "the journal mode stays \(mode ?? "unknown"), not wal")
        }
    }

    private static let writeAheadLogTries = 250
    private static let writeAheadLogPauseMilliseconds: Int32 = 20

    func migrate(_ schemas: [Schema]) throws(DatabaseFault) {
        let connection = DatabaseConnection(.sqlite(self))
        try connection.makeLedger()
        for schema in schemas { try connection.migrate(schema) }
    }

    /// "Sksh" in ASCII: what `file` and SQLite's own tools show for a database of ours.
    private static var applicationID: Int64 { 0x536b_7368 }
}
