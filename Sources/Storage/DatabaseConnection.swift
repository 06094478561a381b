/// One connection, lent by `Database` to one closure at a time.
///
/// Statements are prepared once and kept; SQL text is the key, so it must be a constant, with values bound
/// and never pasted in.
public struct DatabaseConnection: ~Copyable {
    private let driver: Driver

    enum Driver {
        case sqlite(SQLiteConnection)
        case postgres(PostgresConnection)
    }

    init(_ driver: Driver) {
        self.driver = driver
    }

    /// Runs a statement and returns how many rows it inserted, changed or deleted, not counting cascades.
    @discardableResult
    public func run(_ sql: String, _ values: DatabaseValue...) throws(DatabaseFault) -> Int {
        try run(sql, values: values)
    }

    @discardableResult
    public func run(_ sql: String, values: [DatabaseValue]) throws(DatabaseFault) -> Int {
        switch driver {
        case .sqlite(let connection): try connection.run(sql, values)
        case .postgres(let connection): try connection.run(sql, values)
        }
    }

    /// The first row, or nil. More rows are not looked at.
    public func first<Value>(
        _ sql: String, _ values: DatabaseValue...,
        read: (borrowing DatabaseRow) throws(DatabaseFault) -> Value
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
        _ sql: String, _ values: DatabaseValue...,
        read: (borrowing DatabaseRow) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> [Value] {
        var found: [Value] = []
        try forEach(sql, values: values) { (row) throws(DatabaseFault) in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Lends each row to `visit` until it answers false. A driver may fetch every row before the first visit:
    /// bound the statement with LIMIT, and walk through a large table key by key.
    public func forEach(
        _ sql: String, values: [DatabaseValue] = [],
        _ visit: (borrowing DatabaseRow) throws(DatabaseFault) -> Bool
    ) throws(DatabaseFault) {
        switch driver {
        case .sqlite(let connection): try connection.forEach(sql, values, visit)
        case .postgres(let connection): try connection.forEach(sql, values, visit)
        }
    }

    /// Several statements at once, as in a migration; nothing can be bound.
    func runScript(_ script: String) throws(DatabaseFault) {
        switch driver {
        case .sqlite(let connection): try connection.runScript(script)
        case .postgres(let connection): try connection.runScript(script)
        }
    }

    /// `body` in a transaction of its own; there must be none yet.
    func transaction<Value>(
        _ durability: Durability, isolation: Isolation = .serializable,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        switch driver {
        case .sqlite(let connection):
            try connection.transaction(durability) { () throws(DatabaseFault) in try body(self) }
        case .postgres(let connection):
            try connection.transaction(durability, isolation) { () throws(DatabaseFault) in try body(self) }
        }
    }
}
