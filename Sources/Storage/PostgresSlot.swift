import Synchronization

/// A place for one connection, and its lock.
final class PostgresSlot: Sendable {
    private let server: PostgresServer
    private let connection = Mutex<PostgresConnection?>(nil)

    init(_ server: PostgresServer) {
        self.server = server
    }

    func use<Value: Sendable>(
        _ body: (PostgresConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try connection.withLock { (connection) throws(DatabaseFault) -> Value in
            try use(&connection, body)
        }
    }

    /// Nil, and nothing run, when somebody else is here.
    func useIfFree<Value: Sendable>(
        _ body: (PostgresConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value? {
        try connection.withLockIfAvailable { (connection) throws(DatabaseFault) -> Value in
            try use(&connection, body)
        }
    }

    /// A connection may have been lost since it was last used, and nobody noticed: then the same is done on a
    /// new one, unless the transaction may have been committed.
    private func use<Value: Sendable>(
        _ kept: inout PostgresConnection?, _ body: (PostgresConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        try server.admit()
        if let connection = kept.take(), server.mayAnswer(connection) {
            do throws(DatabaseFault) { return try run(connection, &kept, body) } catch {
                guard connection.isLost, !connection.isSilent, !connection.mayHaveCommitted else {
                    throw error
                }
            }
        }
        return try run(server.connect(), &kept, body)
    }

    /// Keeps the connection unless it is lost.
    private func run<Value: Sendable>(
        _ connection: PostgresConnection, _ kept: inout PostgresConnection?,
        _ body: (PostgresConnection) throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        defer {
            server.note(connection)
            if !connection.isLost { kept = connection }
        }
        return try body(connection)
    }
}
