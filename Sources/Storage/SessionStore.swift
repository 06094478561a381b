public import Identity
public import Text

/// Login sessions, beside their customers, with `Schema.identity`.
public struct SessionStore: SessionRepository {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    /// A conflict when the customer is not active at this moment: a parallel login's failures may have paused
    /// or stopped the customer while this one's password was being verified.
    public func open(_ session: Session) throws(StoreFault) -> Int {
        try database.change { (connection) throws(DatabaseFault) -> Int in
            try connection.requireActive(session.customer, at: session.authenticatedAt)
            let superseded = try connection.run(
                "UPDATE sessions SET superseded = 1 WHERE customer = ?1 AND superseded = 0",
                DatabaseValue(session.customer.text))
            try connection.run(
                insertSession,
                DatabaseValue(session.idHash), DatabaseValue(session.publicID),
                DatabaseValue(session.customer.text),
                DatabaseValue(session.method.rawValue), DatabaseValue(session.certificateFingerprint),
                DatabaseValue(session.trustEpoch), DatabaseValue(session.authenticatedAt.seconds),
                DatabaseValue(session.lastSeenAt.seconds), DatabaseValue(session.clientAddress))
            return superseded
        }
    }

    public func session(idHash: [UInt8]) throws(StoreFault) -> Session? {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.first(sessionByHash, DatabaseValue(idHash), read: readSession)
        }
    }

    public func isSuperseded(idHash: [UInt8]) throws(StoreFault) -> Bool {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.first(
                "SELECT superseded FROM sessions WHERE id_hash = ?1", DatabaseValue(idHash)
            ) { (row) throws(DatabaseFault) in try row.bool(0) }
        } ?? false
    }

    /// Never back in time. Not synced: a session that a power cut makes look idle only ends earlier.
    public func touch(idHash: [UInt8], at now: WallTime) throws(StoreFault) {
        try database.change(.relaxed) { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                "UPDATE sessions SET last_seen_at = ?2 WHERE id_hash = ?1 AND last_seen_at < ?2",
                DatabaseValue(idHash), DatabaseValue(now.seconds))
        }
    }

    public func end(idHash: [UInt8]) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM sessions WHERE id_hash = ?1", DatabaseValue(idHash))
        }
    }

    public func end(publicID: String) throws(StoreFault) -> Session? {
        try database.change { (connection) throws(DatabaseFault) in
            try connection.first(
                "DELETE FROM sessions WHERE public_id = ?1 RETURNING \(sessionColumns)",
                DatabaseValue(publicID), read: readSession)
        }
    }

    public func endAll(of customer: CustomerID?) throws(StoreFault) -> Int {
        guard let customer else { return try endAll() }
        return try database.change { (connection) throws(DatabaseFault) in
            let ended = try connection.first(
                "SELECT count(*) FROM sessions WHERE customer = ?1 AND superseded = 0",
                DatabaseValue(customer.text)
            ) { (row) throws(DatabaseFault) in try row.count(0) }
            try connection.run("DELETE FROM sessions WHERE customer = ?1", DatabaseValue(customer.text))
            return ended ?? 0
        }
    }

    /// In small transactions, like `purge`: who logs in during this is a new session, and may stay.
    private func endAll() throws(StoreFault) -> Int {
        var ended = 0
        while true {
            let part = try list(of: nil, after: nil, countMax: Self.purgedAtOnceMax)
            if part.isEmpty { return ended }
            ended += try database.change { (connection) throws(DatabaseFault) in
                var count = 0
                for session in part {
                    count += try connection.run(
                        "DELETE FROM sessions WHERE id_hash = ?1", DatabaseValue(session.idHash))
                }
                return count
            }
        }
    }

    public func list(
        of customer: CustomerID?, after last: Session?, countMax: Int
    ) throws(StoreFault) -> [Session] {
        let time = DatabaseValue(last?.authenticatedAt.seconds ?? .min)
        let name = DatabaseValue(last?.publicID ?? "")
        return try database.lookUp { (connection) throws(DatabaseFault) in
            if let customer {
                try connection.all(
                    """
                    SELECT \(sessionColumns) FROM sessions
                    WHERE customer = ?4 AND superseded = 0 AND (authenticated_at, public_id) > (?1, ?2)
                    ORDER BY authenticated_at, public_id LIMIT ?3
                    """, time, name, DatabaseValue(countMax), DatabaseValue(customer.text), read: readSession)
            } else {
                try connection.all(
                    """
                    SELECT \(sessionColumns) FROM sessions
                    WHERE superseded = 0 AND (authenticated_at, public_id) > (?1, ?2)
                    ORDER BY authenticated_at, public_id LIMIT ?3
                    """, time, name, DatabaseValue(countMax), read: readSession)
            }
        }
    }

    /// In small transactions, so that logins need not wait for the end of it.
    public func purge(authenticatedBefore time: WallTime) throws(StoreFault) -> Int {
        var purged = 0
        while true {
            let count = try database.change { (connection) throws(DatabaseFault) in
                try connection.run(
                    """
                    DELETE FROM sessions WHERE id_hash IN (
                        SELECT id_hash FROM sessions WHERE authenticated_at < ?1 LIMIT ?2
                    )
                    """, DatabaseValue(time.seconds), DatabaseValue(Self.purgedAtOnceMax))
            }
            purged += count
            guard count == Self.purgedAtOnceMax else { return purged }
        }
    }

    private static let purgedAtOnceMax = 500
}

private let sessionColumns = """
    id_hash, public_id, customer, method, certificate, trust_epoch, authenticated_at, last_seen_at, \
    client_address
    """
private let sessionByHash = "SELECT \(sessionColumns) FROM sessions WHERE id_hash = ?1 AND superseded = 0"
private let insertSession =
    "INSERT INTO sessions (\(sessionColumns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"

private func readSession(_ row: borrowing DatabaseRow) throws(DatabaseFault) -> Session {
    Session(
        idHash: try row.bytes(0), publicID: try row.text(1), customer: try row.customerID(2),
        method: try row.choice(3), certificateFingerprint: try row.bytesIfPresent(4),
        trustEpoch: try row.unsignedIfPresent(5),
        authenticatedAt: WallTime(seconds: try row.integer(6)),
        lastSeenAt: WallTime(seconds: try row.integer(7)),
        clientAddress: try row.text(8))
}

extension DatabaseConnection {
    fileprivate func requireActive(_ customer: CustomerID, at now: WallTime) throws(DatabaseFault) {
        let isActive = try first(
            "SELECT status, paused_until FROM customers WHERE id = ?1", DatabaseValue(customer.text)
        ) { (row) throws(DatabaseFault) in
            let status: CustomerStatus = try row.choice(0)
            let pausedUntil = try row.integerIfPresent(1) ?? .min
            return status == .active && pausedUntil <= now.seconds
        }
        guard isActive == true else {
            throw DatabaseFault(.conflict, "the customer was paused, stopped or removed during the login")
        }
    }
}
