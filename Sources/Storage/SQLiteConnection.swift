import CSQLite

/// One connection to a SQLite file, used by one thread at a time.
///
/// A statement still in use higher up the stack is prepared anew for the inner call.
///
/// Sendable, because `SQLiteDatabase` keeps each behind a lock of its own and lends it inside a
/// `DatabaseConnection`, which cannot be copied out of the closure it is lent to.
final class SQLiteConnection: @unchecked Sendable {
    private let handle: SQLiteHandle
    private let cache = SQLiteStatementCache()
    private var durability = Durability.synced

    init(_ path: String, options: SQLiteOptions) throws(DatabaseFault) {
        handle = try SQLiteHandle(path: path)
        unsafe sqlite3_busy_timeout(handle.pointer, Int32(clamping: options.busyMilliseconds))
        unsafe sekisho_sqlite3_db_config_DEFENSIVE(handle.pointer)
        try run("PRAGMA synchronous = FULL")
        try run("PRAGMA foreign_keys = ON")
        try run("PRAGMA trusted_schema = OFF")
        try run("PRAGMA cell_size_check = ON")
        try run("PRAGMA temp_store = MEMORY")
    }

    @discardableResult
    func run(_ sql: String, _ values: [DatabaseValue] = []) throws(DatabaseFault) -> Int {
        let before = unsafe sqlite3_total_changes64(handle.pointer)
        try forEach(sql, values) { (_) throws(DatabaseFault) in true }
        // The total tells whether anything changed, and counts cascades; the other is kept from an earlier
        // statement when nothing did.
        guard unsafe sqlite3_total_changes64(handle.pointer) != before else { return 0 }
        return Int(unsafe sqlite3_changes64(handle.pointer))
    }

    func forEach(
        _ sql: String, _ values: [DatabaseValue] = [],
        _ visit: (borrowing DatabaseRow) throws(DatabaseFault) -> Bool
    ) throws(DatabaseFault) {
        let statement = try cache.statement(sql, on: handle)
        try statement.start(values)
        defer { statement.finish() }
        while try statement.step() {
            guard try visit(DatabaseRow(.sqlite(statement.row))) else { return }
        }
    }

    func runScript(_ script: String) throws(DatabaseFault) {
        let code = unsafe sqlite3_exec(handle.pointer, script, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw unsafe DatabaseFault(sqlite: handle.pointer, code: code, "script")
        }
    }

    /// Takes the write lock at once rather than at the first change, when it could no longer be waited for.
    func transaction<Value>(
        _ durability: Durability, _ body: () throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try setDurability(durability)
        try run("BEGIN IMMEDIATE")
        do throws(DatabaseFault) {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // Some faults (disk full, I/O) have rolled back already, and there is nothing left to roll back.
            if unsafe sqlite3_get_autocommit(handle.pointer) == 0 { _ = try? run("ROLLBACK") }
            throw error
        }
    }

    /// For the transactions that begin from now on.
    private func setDurability(_ wanted: Durability) throws(DatabaseFault) {
        guard wanted != durability else { return }
        try run(wanted == .synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
        durability = wanted
    }
}

/// The prepared statements of one connection. SQL texts are constants of the program, so their number is
/// bounded.
final class SQLiteStatementCache {
    private var statements: [String: SQLiteStatement] = [:]

    func statement(_ sql: String, on handle: borrowing SQLiteHandle) throws(DatabaseFault) -> SQLiteStatement
    {
        if let kept = statements[sql], !kept.isInUse { return kept }
        let prepared = try SQLiteStatement(sql, on: handle)
        if statements[sql] == nil, statements.count < Self.statementsMax { statements[sql] = prepared }
        return prepared
    }

    private static let statementsMax = 256
}
