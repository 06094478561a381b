public import Identity
import Text

/// A customer on the way into the store, with the line of the file that says so.
public struct StagedCustomer: Sendable {
    public let line: Int
    public let customer: Customer

    public init(line: Int, _ customer: Customer) {
        self.line = line
        self.customer = customer
    }
}

/// Two lines of a file that are about one customer.
public struct StagedDuplicate: Sendable, Hashable {
    public let id: CustomerID
    public let firstLine: Int
    public let line: Int
}

/// Importing many customers: all of a file or nothing.
///
/// Rows first go into a table of their own, a few thousand at a time, so that logins need not wait while the
/// file is read and checked. Then one transaction takes all of them over; on SQLite logins that write wait
/// for it, on PostgreSQL only the failed ones of customers who are known already. One import at a time: a
/// second one empties the table, and the first one's last step then refuses.
extension CustomerStore {
    /// Forgets what an earlier import left behind.
    public func beginImport() throws(StoreFault) {
        try database.change(.relaxed) { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM customer_imports")
        }
    }

    /// In one transaction.
    /// - Parameter token: Tells this import from another. No two rows of an import have the same line.
    public func stage(_ rows: [StagedCustomer], for token: Int64) throws(StoreFault) {
        try database.change(.relaxed) { (connection) throws(DatabaseFault) in
            var rest = rows[...]
            while rest.count >= rowsAtOnce {
                try connection.run(stageMany, values: rest.prefix(rowsAtOnce).flatMap { $0.values(token) })
                rest = rest.dropFirst(rowsAtOnce)
            }
            for row in rest { try connection.run(stageOne, values: row.values(token)) }
        }
    }

    /// IDs that more than one staged row has, in the order of the file.
    public func stagedDuplicates(countMax: Int) throws(StoreFault) -> [StagedDuplicate] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all(duplicates, DatabaseValue(countMax)) { (row) throws(DatabaseFault) in
                StagedDuplicate(
                    id: try row.customerID(0), firstLine: try row.count(1), line: try row.count(2))
            }
        }
    }

    /// How many staged customers are known already.
    public func stagedKnownCount() throws(StoreFault) -> Int {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.first(knownCount) { (row) throws(DatabaseFault) in try row.count(0) }
        } ?? 0
    }

    /// Takes all staged rows over at once, as `save` would, and empties the table.
    /// - Parameters:
    ///   - count: How many there must be.
    ///   - keepsStatus: Known customers stay active, stopped or closed as they are.
    public func finishImport(_ token: Int64, count: Int, keepsStatus: Bool) throws(StoreFault) {
        try database.change(isolation: .statementByStatement) { (connection) throws(DatabaseFault) in
            let taken = try connection.run(
                keepsStatus ? takeOverKeepingStatus : takeOver, DatabaseValue(token))
            guard taken == count else {
                throw DatabaseFault(.conflict, "another import began meanwhile")
            }
            try connection.run("DELETE FROM customer_imports")
        }
    }

    /// Forgets what was staged, if it is still this import's.
    public func abandonImport(_ token: Int64) throws(StoreFault) {
        try database.change(.relaxed) { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM customer_imports WHERE import = ?1", DatabaseValue(token))
        }
    }

    /// Customers in the order of their IDs, for lists that are too long to be held at once.
    public func customers(after last: CustomerID?, countMax: Int) throws(StoreFault) -> [Customer] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all(
                "SELECT \(customerColumns) FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2",
                DatabaseValue(last?.text ?? ""), DatabaseValue(countMax), read: readCustomer)
        }
    }
}

extension StagedCustomer {
    fileprivate func values(_ token: Int64) -> [DatabaseValue] {
        [
            DatabaseValue(line), DatabaseValue(token), DatabaseValue(customer.id.text),
            DatabaseValue(customer.displayName), DatabaseValue(customer.role.rawValue),
            DatabaseValue(customer.method.rawValue), DatabaseValue(customer.status.rawValue),
            DatabaseValue(customer.passwordHash), DatabaseValue(customer.passwordChangedAt?.seconds),
        ]
    }
}

/// Values of one statement; with nine each, well within what either driver can bind.
private let rowsAtOnce = 100
private let stageOne = stage(rows: 1)
private let stageMany = stage(rows: rowsAtOnce)

private func stage(rows: Int) -> String {
    let tuples = (0..<rows).map { row in
        "(" + (1...9).map { "?\(row * 9 + $0)" }.joined(separator: ", ") + ")"
    }
    return """
        INSERT INTO customer_imports
            (line, import, id, display_name, role, method, status, password_hash, password_changed_at)
        VALUES \(tuples.joined(separator: ", "))
        """
}

private let duplicates = """
    SELECT id, min(line), max(line) FROM customer_imports GROUP BY id HAVING count(*) > 1
    ORDER BY min(line) LIMIT ?1
    """
private let knownCount = """
    SELECT count(*) FROM customer_imports
    WHERE EXISTS (SELECT 1 FROM customers WHERE customers.id = customer_imports.id)
    """
/// In the order of IDs, so that a large table grows at one place at a time.
private let takeOver = "\(insertStaged) \(onKnownCustomer)"
private let takeOverKeepingStatus = """
    \(insertStaged) ON CONFLICT (id) DO UPDATE SET
        display_name = excluded.display_name, role = excluded.role, method = excluded.method,
        password_hash = excluded.password_hash, \(onKnownPassword)
    """
private let insertStaged = """
    INSERT INTO customers
        (id, display_name, role, method, status, password_hash, failures, pauses, paused_until,
        password_changed_at)
    SELECT id, display_name, role, method, status, password_hash, 0, 0, NULL, password_changed_at
    FROM customer_imports
    WHERE import = ?1 ORDER BY id
    """
