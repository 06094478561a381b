import Glibc
import Settings
import Synchronization

/// A database on a PostgreSQL server, over a few connections that are opened when they are first needed, and
/// again when they were lost.
///
/// While the server cannot be reached, calls are refused at once, and one at a time tries it.
final class PostgresDatabase: Sendable {
    private let slots: [PostgresSlot]
    private let nextSlot = Atomic<UInt>(0)
    private let crossingMilliseconds: Int

    init(
        _ address: PostgresAddress, schemas: [Schema], options: PostgresOptions
    ) throws(DatabaseFault) {
        let server = PostgresServer(address, options)
        slots = (0..<max(1, options.connectionCountMax)).map { _ in PostgresSlot(server) }
        crossingMilliseconds = options.crossingMilliseconds
        try server.connectToMigrate().migrate(schemas)
    }

    func read<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try onConnection { (connection) throws(DatabaseFault) in
            try Self.read(on: connection, body)
        }
    }

    /// As if no other write ran at the same time: the server undoes one of two that cross (SERIALIZABLE), and
    /// that one is run again.
    func write<Value: Sendable>(
        _ durability: Durability, _ isolation: Isolation,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        let deadline = ContinuousClock.now + .milliseconds(crossingMilliseconds)
        var pauseMicrosecondsMax: UInt32 = 500
        while true {
            do throws(DatabaseFault) {
                return try onConnection { (connection) throws(DatabaseFault) in
                    try Self.transaction(durability, isolation, on: connection, body)
                }
            } catch {
                guard error.isCrossing, ContinuousClock.now < deadline else { throw error }
            }
            // Those that crossed each other must not meet again.
            usleep(UInt32.random(in: 0...pauseMicrosecondsMax))
            pauseMicrosecondsMax = min(pauseMicrosecondsMax * 2, 20_000)
        }
    }

    // Swift 6.3.1 crashes when its optimiser takes these two into their callers.
    @inline(never)
    private static func read<Value>(
        on connection: PostgresConnection,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        let database = DatabaseConnection(.postgres(connection))
        return try body(database)
    }

    @inline(never)
    private static func transaction<Value>(
        _ durability: Durability, _ isolation: Isolation, on connection: PostgresConnection,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        let database = DatabaseConnection(.postgres(connection))
        return try database.transaction(durability, isolation: isolation, body)
    }

    /// On the first connection that is free, so that few are open when few are needed.
    private func onConnection<Value: Sendable>(
        _ body: (PostgresConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        for slot in slots {
            if let value = try slot.useIfFree(body) { return value }
        }
        let turn = nextSlot.wrappingAdd(1, ordering: .relaxed).oldValue
        return try slots[Int(turn % UInt(slots.count))].use(body)
    }
}
