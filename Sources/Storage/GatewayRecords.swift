public import Authorization
import Identity

/// The gateway's store as the consent backend reads it, with `Schema.identity` and `Schema.trust`; it writes
/// nothing there.
public struct GatewayRecords: StandingRepository {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func endings(
        of customer: String, certificate: [UInt8]?
    ) throws(ConsentStoreFault) -> Set<GrantEnding> {
        do throws(DatabaseFault) {
            return try database.read { (connection) throws(DatabaseFault) in
                var endings: Set<GrantEnding> = []
                if try connection.status(of: customer) != .active { endings.insert(.userSuspended) }
                if let certificate, try connection.isRevoked(certificate) { endings.insert(.certRevoked) }
                return endings
            }
        } catch {
            throw ConsentStoreFault("the gateway's store: \(error)")
        }
    }
}

extension DatabaseConnection {
    fileprivate func status(of customer: String) throws(DatabaseFault) -> CustomerStatus {
        let status = try first("SELECT status FROM customers WHERE id = ?1", DatabaseValue(customer)) {
            (row) throws(DatabaseFault) -> CustomerStatus in try row.choice(0)
        }
        guard let status else { throw DatabaseFault(.conflict, "a customer with a grant is not there") }
        return status
    }

    /// By the verdict on the certificate when it was presented last, or when the trust epoch changed since.
    /// Store by store, so that the primary key finds it.
    fileprivate func isRevoked(_ fingerprint: [UInt8]) throws(DatabaseFault) -> Bool {
        try first(
            """
            SELECT 1 FROM seen_certificates WHERE store IN (SELECT name FROM trust_stores)
                AND fingerprint = ?1 AND verdict = 'revoked' LIMIT 1
            """, DatabaseValue(fingerprint)
        ) { (_) throws(DatabaseFault) in true } ?? false
    }
}
