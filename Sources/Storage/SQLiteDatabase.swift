import Synchronization

/// A SQLite file: one connection that writes, a few that read, each behind its own lock.
///
/// In WAL mode readers never wait for the writer. A transaction is on disk (synchronous FULL) when `write`
/// returns.
/// Every call may block, on the disk or on another process, and belongs on the blocking pool. A closure
/// must not call the same database again: it holds a connection.
final class SQLiteDatabase: Sendable {
    private let writer: Mutex<SQLiteConnection>
    private let readers: [SQLiteReader]
    private let nextReader = Atomic<UInt>(0)

    /// Opens the file, creating it for its owner alone (0600) when it is absent, and brings `schemas` up to
    /// date.
    ///
    /// Refuses a file that other users of the machine may read, that another program made, or whose schema
    /// is newer than this program's.
    init(
        path: String, schemas: [Schema], options: SQLiteOptions = SQLiteOptions()
    ) throws(DatabaseFault) {
        try SQLiteFile.prepare(path)
        let connection = try SQLiteConnection(path, options: options)
        try connection.claim(path)
        try connection.keepWriteAheadLog()
        try connection.run("PRAGMA journal_size_limit = 67108864")
        try connection.migrate(schemas)
        var readers: [SQLiteReader] = []
        for _ in 0..<max(1, options.readerCount) {
            readers.append(try SQLiteReader(path: path, options: options))
        }
        self.readers = readers
        writer = Mutex(connection)
    }

    /// Lends a connection that can only read. Statements inside are not one transaction: each sees what is
    /// committed when it starts.
    func read<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        let start = Int(nextReader.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(readers.count))
        for offset in 0..<readers.count {
            let reader = readers[(start + offset) % readers.count]
            if let value = try reader.readIfFree(body) { return value }
        }
        return try readers[start].read(body)
    }

    /// Runs `body` in one transaction on the writing connection: committed when this returns, and on disk
    /// unless `durability` says that it may wait; undone when `body` or the commit throws.
    func write<Value: Sendable>(
        _ durability: Durability = .synced,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try writer.withLock { (connection) throws(DatabaseFault) -> Value in
            try DatabaseConnection(.sqlite(connection)).transaction(durability, body)
        }
    }
}

/// A connection that can only read, and its lock.
final class SQLiteReader: Sendable {
    private let connection: Mutex<SQLiteConnection>

    init(path: String, options: SQLiteOptions) throws(DatabaseFault) {
        let connection = try SQLiteConnection(path, options: options)
        try connection.run("PRAGMA query_only = ON")
        self.connection = Mutex(connection)
    }

    func read<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try connection.withLock { (connection) throws(DatabaseFault) -> Value in
            try body(DatabaseConnection(.sqlite(connection)))
        }
    }

    /// Nil, and nothing run, when somebody else is reading here.
    func readIfFree<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value? {
        try connection.withLockIfAvailable { (connection) throws(DatabaseFault) -> Value in
            try body(DatabaseConnection(.sqlite(connection)))
        }
    }
}
