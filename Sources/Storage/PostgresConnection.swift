/// One connection to a PostgreSQL server, used by one thread at a time.
///
/// Rows are fetched all at once, so that a statement may run inside another's rows.
///
/// Sendable, because `PostgresSlot` keeps each behind a lock of its own and lends it inside a
/// `DatabaseConnection`, which cannot be copied out of the closure it is lent to.
final class PostgresConnection: @unchecked Sendable {
    private let line: PostgresLine
    private var prepared: [String: PostgresStatement] = [:]
    /// What went wrong first in the transaction that is open; the server refuses everything after it.
    private var transactionFault: DatabaseFault?
    /// Whether the connection was lost on COMMIT, and nobody knows what became of the transaction.
    private(set) var mayHaveCommitted = false

    var isLost: Bool { line.isLost }

    var isSilent: Bool { line.isSilent }
    /// How often the server had fallen silent when this was opened.
    let silences: Int

    init(_ parameters: String, silenceMilliseconds: Int, silences: Int) throws(DatabaseFault) {
        line = try PostgresLine(parameters, silenceMilliseconds: silenceMilliseconds)
        self.silences = silences
        // Only `transaction` may change anything. Whoever configured the server or the role may think
        // differently of what must not be lost.
        try run(
            """
            SELECT set_config('default_transaction_read_only', 'on', false),
                CASE WHEN current_setting('synchronous_commit') = 'off'
                    THEN set_config('synchronous_commit', 'on', false) END
            """, [])
    }

    @discardableResult
    func run(_ sql: String, _ values: [DatabaseValue]) throws(DatabaseFault) -> Int {
        try execute(sql, values).changedCount
    }

    func forEach(
        _ sql: String, _ values: [DatabaseValue],
        _ visit: (borrowing DatabaseRow) throws(DatabaseFault) -> Bool
    ) throws(DatabaseFault) {
        let result = try execute(sql, values)
        for number in 0..<result.rowCount {
            guard try visit(DatabaseRow(.postgres(result.row(number)))) else { return }
        }
    }

    /// Several statements at once; nothing can be bound.
    func runScript(_ script: String) throws(DatabaseFault) {
        try noted { () throws(DatabaseFault) in try line.command(PostgresDialect.script(script)) }
    }

    /// As if no other transaction ran beside it: where one crosses it, `isCrossing` of the fault says so, and
    /// nothing has happened.
    func transaction<Value>(
        _ durability: Durability, _ isolation: Isolation, _ body: () throws(DatabaseFault) -> Value
    ) throws(DatabaseFault) -> Value {
        transactionFault = nil
        mayHaveCommitted = false
        let level = isolation == .serializable ? "SERIALIZABLE" : "READ COMMITTED"
        let relaxed = durability == .relaxed ? "; SET LOCAL synchronous_commit = off" : ""
        do throws(DatabaseFault) {
            try line.command("BEGIN ISOLATION LEVEL \(level) READ WRITE\(relaxed)")
            let value = try body()
            try commit()
            return value
        } catch {
            if !isLost { _ = try? line.command("ROLLBACK") }
            throw transactionFault ?? error
        }
    }

    private func commit() throws(DatabaseFault) {
        // A body that went on after a refused statement has done nothing, and must not believe otherwise.
        if let fault = transactionFault { throw fault }
        do throws(DatabaseFault) { try line.command("COMMIT") } catch {
            mayHaveCommitted = isLost
            throw error
        }
    }

    private func execute(_ sql: String, _ values: [DatabaseValue]) throws(DatabaseFault) -> PostgresResult {
        let values = try PostgresValues(values)
        let name = try statement(sql, values)
        return try noted { () throws(DatabaseFault) in try line.execute(name, values) }
    }

    /// The name of a statement prepared for values of these types.
    private func statement(_ sql: String, _ values: PostgresValues) throws(DatabaseFault) -> String {
        let kept = prepared[sql]
        if let kept, kept.takes(values) { return kept.name }
        let (text, parameterCount) = PostgresDialect.statement(sql)
        guard values.count == parameterCount else {
            throw DatabaseFault(
                .statement, "\(values.count) values for \(parameterCount) parameters in \(sql)")
        }
        // What cannot be kept is prepared without a name, for this call alone.
        let isKept = kept == nil && prepared.count < Self.statementsMax
        let name = isKept ? "s\(prepared.count)" : ""
        try noted { () throws(DatabaseFault) in
            try line.prepare(name, text, values.types)
            if isKept { prepared[sql] = PostgresStatement(name: name, types: try line.types(of: name)) }
        }
        return name
    }

    private func noted<Value>(_ body: () throws(DatabaseFault) -> Value) throws(DatabaseFault) -> Value {
        do throws(DatabaseFault) { return try body() } catch {
            transactionFault = transactionFault ?? error
            throw error
        }
    }

    private static let statementsMax = 256
}

/// A statement that the server keeps under a name, for values of these types.
struct PostgresStatement {
    let name: String
    let types: [PostgresType]

    /// NULL fits every type.
    func takes(_ values: PostgresValues) -> Bool {
        types.count == values.count
            && zip(types, values.types).allSatisfy { $1 == .unspecified || $0 == $1 }
    }
}
