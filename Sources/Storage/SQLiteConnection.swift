import CSQLite

/// One connection to a SQLite file, lent by `SQLiteDatabase` to one closure at a time.
///
/// Statements are prepared once and kept; SQL text is the key, so it must be a constant, with values bound
/// and never pasted in. A statement still in use higher up the stack is prepared anew for the inner call.
public struct SQLiteConnection: ~Copyable {
    private let handle: SQLiteHandle
    private let cache = SQLiteStatementCache()
    private var durability = Durability.synced

    /// Not a throwing initialiser: one of a `~Copyable` value cannot throw after its handle is set.
    static func open(_ path: String, options: SQLiteOptions) throws(DatabaseFault) -> SQLiteConnection {
        let connection = SQLiteConnection(handle: try SQLiteHandle(path: path))
        unsafe sqlite3_busy_timeout(connection.handle.pointer, Int32(clamping: options.busyMilliseconds))
        unsafe sekisho_sqlite3_db_config_DEFENSIVE(connection.handle.pointer)
        try connection.run("PRAGMA synchronous = FULL")
        try connection.run("PRAGMA foreign_keys = ON")
        try connection.run("PRAGMA trusted_schema = OFF")
        try connection.run("PRAGMA cell_size_check = ON")
        try connection.run("PRAGMA temp_store = MEMORY")
        return connection
    }

    private init(handle: consuming SQLiteHandle) {
        self.handle = handle
    }

    /// Runs a statement and returns how many rows it inserted, changed or deleted, not counting cascades.
    @discardableResult
    public func run(_ sql: String, _ values: SQLiteValue...) throws(DatabaseFault) -> Int {
        try run(sql, values: values)
    }

    @discardableResult
    public func run(_ sql: String, values: [SQLiteValue]) throws(DatabaseFault) -> Int {
        let before = unsafe sqlite3_total_changes64(handle.pointer)
        try forEach(sql, values: values) { (_) throws(DatabaseFault) in true }
        // The total tells whether anything changed, and counts cascades; the other is kept from an earlier
        // statement when nothing did.
        guard unsafe sqlite3_total_changes64(handle.pointer) != before else { return 0 }
        return Int(unsafe sqlite3_changes64(handle.pointer))
    }

    /// The first row, or nil. More rows are not looked at.
    public func first<Value>(
        _ sql: String, _ values: SQLiteValue...,
        read: (borrowing SQLiteRow) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value? {
        var found: Value?
        try forEach(sql, values: values) { (row) throws(DatabaseFault) in
            found = try read(row)
            return false
        }
        return found
    }

    /// Every row, in the statement's order. Bound the statement with LIMIT.
    public func all<Value>(
        _ sql: String, _ values: SQLiteValue...,
        read: (borrowing SQLiteRow) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> [Value] {
        var found: [Value] = []
        try forEach(sql, values: values) { (row) throws(DatabaseFault) in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Lends each row to `visit` until it answers false.
    public func forEach(
        _ sql: String, values: [SQLiteValue] = [],
        _ visit: (borrowing SQLiteRow) throws(DatabaseFault) -> Bool
    ) throws(DatabaseFault) {
        let statement = try cache.statement(sql, on: handle)
        try statement.start(values)
        defer { statement.finish() }
        while try statement.step() {
            guard try visit(statement.row) else { return }
        }
    }

    /// Several statements at once, as in a migration; nothing can be bound.
    func runScript(_ script: String) throws(DatabaseFault) {
        let code = unsafe sqlite3_exec(handle.pointer, script, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw unsafe DatabaseFault(sqlite: handle.pointer, code: code, "script")
        }
    }

    /// For the transactions that begin from now on.
    mutating func setDurability(_ wanted: Durability) throws(DatabaseFault) {
        guard wanted != durability else { return }
        try run(wanted == .synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
        durability = wanted
    }

    /// Takes the write lock now rather than at the first change, when it could no longer be waited for.
    func begin() throws(DatabaseFault) {
        try run("BEGIN IMMEDIATE")
    }

    func commit() throws(DatabaseFault) {
        try run("COMMIT")
    }

    func rollBack() {
        // Some faults (disk full, I/O) have rolled back already, and then there is nothing left to roll back.
        if unsafe sqlite3_get_autocommit(handle.pointer) == 0 { _ = try? run("ROLLBACK") }
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
