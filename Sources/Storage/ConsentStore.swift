import Authorization
import Text

/// All that the consent backend keeps, with `Schema.ofConsentBackend`.
public struct ConsentStore: Sendable {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    /// Whether it answers at all, within the driver's own time limits.
    public func answers() -> Bool { database.answers() }

    func read<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(ConsentStoreFault) -> Value {
        do throws(DatabaseFault) {
            return try database.read(body)
        } catch {
            throw ConsentStoreFault(error)
        }
    }

    func write<Value: Sendable>(
        _ durability: Durability = .synced,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(ConsentStoreFault) -> Value {
        do throws(DatabaseFault) {
            return try database.write(durability, body)
        } catch {
            throw ConsentStoreFault(error)
        }
    }

    /// For what customers and partners do all the time. Each statement of `body` must say itself what it has
    /// to find, and lock by changing it what must not change under it: then PostgreSQL need not watch all
    /// that is read, nor begin anew when neighbours on a page of an index cross. Two that meet on a unique
    /// index have their way one after the other: the second runs again.
    func writeInTurn<Value: Sendable>(
        _ durability: Durability = .synced,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(ConsentStoreFault) -> Value {
        var attempt = 1
        while true {
            do throws(DatabaseFault) {
                return try database.write(durability, isolation: .statementByStatement, body)
            } catch {
                guard error.kind == .conflict, attempt < Self.turnsMax else { throw ConsentStoreFault(error) }
                attempt += 1
            }
        }
    }

    /// Of what happens to one customer at once; a conflict that stays is a fault.
    private static let turnsMax = 10
}

extension ConsentStoreFault {
    fileprivate init(_ fault: DatabaseFault) {
        let isLasting =
            switch fault.kind {
            case .unavailable, .busy, .full: false
            case .corrupt, .conflict, .foreign, .newerSchema, .exposed, .statement: true
            }
        self.init(fault.description, isLasting: isLasting)
    }
}

extension DatabaseRow {
    func moment(_ column: Int) throws(DatabaseFault) -> WallTime {
        WallTime(seconds: try integer(column))
    }

    /// The period in two columns, from the given one.
    func period(_ column: Int) throws(DatabaseFault) -> ConsentPeriod {
        ConsentPeriod(from: try moment(column), until: try moment(column + 1))
    }

    func scopes(_ column: Int) throws(DatabaseFault) -> Scopes {
        let text = try text(column)
        guard let scopes = text.isEmpty ? Scopes([Scope]()) : Scopes(text) else {
            throw DatabaseFault(.corrupt, "scopes")
        }
        return scopes
    }

    func challenge(_ column: Int) throws(DatabaseFault) -> CodeChallenge {
        guard let challenge = CodeChallenge(digest: try bytes(column)) else {
            throw DatabaseFault(.corrupt, "challenge")
        }
        return challenge
    }
}
