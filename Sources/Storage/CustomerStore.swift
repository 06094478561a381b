public import Identity
public import Text

/// Customers, with `Schema.identity`.
public struct CustomerStore: CustomerRepository {
    let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func customer(_ id: CustomerID) throws(StoreFault) -> Customer? {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.customer(id)
        }
    }

    /// A customer who was 利用停止 and is saved as active starts with a clean counter, and so does one who is
    /// saved as 利用停止 and was not: the bank has lifted the stop, or stops the customer itself.
    public func save(_ customers: [Customer]) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            for customer in customers { try connection.save(customer) }
        }
    }

    public func change(_ id: CustomerID, _ change: CustomerChange) throws(StoreFault) -> Customer? {
        try database.change { (connection) throws(DatabaseFault) in
            guard var customer = try connection.customer(id) else { return nil }
            switch change {
            case .status(let status):
                let isLifted = customer.status == .stopped && status == .active
                if isLifted || status == .stopped { customer.failures = FailureCounter() }
                customer.status = status
            case .passwordHash(let hash, let now):
                customer.passwordHash = hash
                customer.passwordChangedAt = now
                customer.failures = FailureCounter()
            case .duty(let duty): customer.duty = duty
            }
            try connection.run(
                """
                UPDATE customers SET status = ?2, password_hash = ?3, failures = ?4, pauses = ?5,
                    paused_until = ?6, duty = ?7, password_changed_at = ?8 WHERE id = ?1
                """,
                DatabaseValue(id.text), DatabaseValue(customer.status.rawValue),
                DatabaseValue(customer.passwordHash), DatabaseValue(customer.failures.consecutive),
                DatabaseValue(customer.failures.pauses),
                DatabaseValue(customer.failures.pausedUntil?.seconds),
                DatabaseValue(customer.duty?.rawValue),
                DatabaseValue(customer.passwordChangedAt?.seconds))
            return customer
        }
    }

    public func recordFailure(
        _ id: CustomerID, _ policy: LockoutPolicy, at now: WallTime
    ) throws(StoreFault) -> FailureCounter {
        try database.change { (connection) throws(DatabaseFault) -> FailureCounter in
            guard let customer = try connection.customer(id) else {
                throw DatabaseFault(.conflict, "the customer was removed during the login")
            }
            guard customer.status == .active else { return customer.failures }
            let (counter, stops) = policy.afterFailure(customer.failures, at: now)
            guard counter != customer.failures else { return counter }
            try connection.run(
                """
                UPDATE customers SET failures = ?2, pauses = ?3, paused_until = ?4, status = ?5 WHERE id = ?1
                """,
                DatabaseValue(id.text), DatabaseValue(counter.consecutive), DatabaseValue(counter.pauses),
                DatabaseValue(counter.pausedUntil?.seconds),
                DatabaseValue((stops ? CustomerStatus.stopped : .active).rawValue))
            return counter
        }
    }

    /// Writes nothing for a customer without failures, which is nearly every one.
    public func recordSuccess(_ id: CustomerID) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                """
                UPDATE customers SET failures = 0, pauses = 0, paused_until = NULL
                WHERE id = ?1 AND (failures > 0 OR pauses > 0 OR paused_until IS NOT NULL)
                """, DatabaseValue(id.text))
        }
    }

    public func recordUnknown(bucket: Int) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                """
                INSERT INTO unknown_logins (bucket, failures) VALUES (?1, 1)
                ON CONFLICT (bucket) DO UPDATE SET failures = unknown_logins.failures + 1
                """, DatabaseValue(bucket))
        }
    }

    public func replacePasswordHash(
        _ old: String, by new: String, of id: CustomerID
    ) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                "UPDATE customers SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2",
                DatabaseValue(id.text), DatabaseValue(old), DatabaseValue(new))
        }
    }

    public func count() throws(StoreFault) -> Int {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.first("SELECT count(*) FROM customers") { (row) throws(DatabaseFault) in
                try row.count(0)
            }
        } ?? 0
    }
}

let customerColumns = """
    id, display_name, role, method, status, password_hash, failures, pauses, paused_until, duty, \
    password_changed_at
    """
let customerByID = "SELECT \(customerColumns) FROM customers WHERE id = ?1"
private let restarted = """
    customers.status = 'stopped' AND excluded.status = 'active'
        OR customers.status <> 'stopped' AND excluded.status = 'stopped'
    """
/// A list that does not say when is not about that.
let onKnownPassword = """
    password_changed_at = coalesce(excluded.password_changed_at, customers.password_changed_at)
    """
let onKnownCustomer = """
    ON CONFLICT (id) DO UPDATE SET
        display_name = excluded.display_name, role = excluded.role, method = excluded.method,
        status = excluded.status, password_hash = excluded.password_hash,
        failures = CASE WHEN \(restarted) THEN 0 ELSE customers.failures END,
        pauses = CASE WHEN \(restarted) THEN 0 ELSE customers.pauses END,
        paused_until = CASE WHEN \(restarted) THEN NULL ELSE customers.paused_until END,
        \(onKnownPassword)
    """
private let upsertCustomer = """
    INSERT INTO customers (\(customerColumns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    \(onKnownCustomer), duty = excluded.duty
    """

func readCustomer(_ row: borrowing DatabaseRow) throws(DatabaseFault) -> Customer {
    Customer(
        id: try row.customerID(0), displayName: try row.text(1), role: try row.choice(2),
        method: try row.choice(3), status: try row.choice(4), passwordHash: try row.text(5),
        failures: FailureCounter(
            consecutive: try row.count(6), pauses: try row.count(7),
            pausedUntil: try row.integerIfPresent(8).map(WallTime.init(seconds:))),
        duty: try row.choiceIfPresent(9),
        passwordChangedAt: try row.integerIfPresent(10).map(WallTime.init(seconds:)))
}

extension DatabaseConnection {
    fileprivate func customer(_ id: CustomerID) throws(DatabaseFault) -> Customer? {
        try first(customerByID, DatabaseValue(id.text), read: readCustomer)
    }

    fileprivate func save(_ customer: Customer) throws(DatabaseFault) {
        try run(
            upsertCustomer, DatabaseValue(customer.id.text), DatabaseValue(customer.displayName),
            DatabaseValue(customer.role.rawValue), DatabaseValue(customer.method.rawValue),
            DatabaseValue(customer.status.rawValue), DatabaseValue(customer.passwordHash),
            DatabaseValue(customer.failures.consecutive), DatabaseValue(customer.failures.pauses),
            DatabaseValue(customer.failures.pausedUntil?.seconds), DatabaseValue(customer.duty?.rawValue),
            DatabaseValue(customer.passwordChangedAt?.seconds))
    }
}

extension DatabaseRow {
    func customerID(_ column: Int) throws(DatabaseFault) -> CustomerID {
        guard let id = CustomerID(try text(column)) else {
            throw DatabaseFault(.corrupt, "a stored customer ID is none")
        }
        return id
    }
}
