public import Settings

/// Where repositories keep their rows: a SQLite file of this machine, or a PostgreSQL server that several
/// nodes share.
///
/// SQL is written once, for both: parameters are ?1, ?2, …; tables are created STRICT, of TEXT, INTEGER and
/// BLOB; `ON CONFLICT`, `RETURNING`, partial indexes and `CASE` are fine, functions of one driver alone are
/// not.
///
/// Every call may block, on the disk, on a lock or on the network, and belongs on a blocking pool. A closure
/// must not call the same database again: it holds a connection.
public struct Database: Sendable {
    private let driver: Driver
    /// Told of every reading and writing, its microseconds, waiting for a connection included, and whether it
    /// failed; on the thread that asked.
    public var observer: (@Sendable (_ operation: Operation, _ microseconds: Int, _ failed: Bool) -> Void)?

    /// What is asked of a database.
    public enum Operation: String, Sendable {
        case read, write
    }

    private enum Driver: Sendable {
        case sqlite(SQLiteDatabase)
        case postgres(PostgresDatabase)
    }

    /// A file of this machine, brought up to date with `schemas`; created for its owner alone when absent.
    ///
    /// Refuses a file that other users of the machine may read, that another program made, or whose schema is
    /// newer than this program's.
    public static func sqlite(
        path: String, schemas: [Schema], options: SQLiteOptions = SQLiteOptions()
    ) throws(DatabaseFault) -> Database {
        Database(driver: .sqlite(try SQLiteDatabase(path: path, schemas: schemas, options: options)))
    }

    /// A server's database, brought up to date with `schemas`, on one connection at a time however many nodes
    /// start.
    ///
    /// Refuses one that holds another program's tables, or whose schema is newer than this program's.
    public static func postgres(
        _ address: PostgresAddress, schemas: [Schema], options: PostgresOptions = PostgresOptions()
    ) throws(DatabaseFault) -> Database {
        Database(driver: .postgres(try PostgresDatabase(address, schemas: schemas, options: options)))
    }

    /// What the configuration names.
    /// - Parameter server: How it is used, where it is a server.
    public static func open(
        _ store: StoreURL, schemas: [Schema], server: PostgresOptions = PostgresOptions()
    ) throws(DatabaseFault) -> Database {
        switch store {
        case .sqlite(let path): try sqlite(path: path, schemas: schemas)
        case .postgresql(let address): try postgres(address, schemas: schemas, options: server)
        }
    }

    /// Lends a connection for reading. Statements inside are not one transaction: each sees what is committed
    /// when it starts.
    public func read<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try observed(.read) { () throws(DatabaseFault) in
            switch driver {
            case .sqlite(let database): try database.read(body)
            case .postgres(let database): try database.read(body)
            }
        }
    }

    /// Runs `body` in one transaction, as if no other write ran at the same time on any node (unless
    /// `isolation` says otherwise): committed when this returns, and on disk unless `durability` says that it
    /// may wait; undone when `body` or the commit throws.
    ///
    /// `body` may run more than once, when what other nodes wrote meanwhile crossed it; what it did to the
    /// database before is undone then. It must leave nothing else behind.
    public func write<Value: Sendable>(
        _ durability: Durability = .synced, isolation: Isolation = .serializable,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try observed(.write) { () throws(DatabaseFault) in
            switch driver {
            case .sqlite(let database): try database.write(durability, body)
            case .postgres(let database): try database.write(durability, isolation, body)
            }
        }
    }

    private func observed<Value>(
        _ operation: Operation, _ body: () throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        guard let observer else { return try body() }
        let start = ContinuousClock.now
        let microseconds = { Int((ContinuousClock.now - start) / .microseconds(1)) }
        do throws(DatabaseFault) {
            let value = try body()
            observer(operation, microseconds(), false)
            return value
        } catch {
            observer(operation, microseconds(), true)
            throw error
        }
    }

    /// Whether it answers at all, within the driver's own time limits.
    public func answers() -> Bool {
        do throws(DatabaseFault) {
            return try read { (connection) throws(DatabaseFault) in
                try connection.first("SELECT 1") { _ throws(DatabaseFault) in true } ?? false
            }
        } catch {
            return false
        }
    }
}
