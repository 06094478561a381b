public import Authorization
import Identity
public import Text

/// The gateway's store as the consent backend reads it, with `Schema.identity` and `Schema.trust`; it writes
/// nothing there.
public struct GatewayRecords: StandingRepository {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func endings(
        of customer: String, certificate: [UInt8]?, authenticatedAt login: WallTime
    ) throws(ConsentStoreFault) -> Set<GrantEnding> {
        do throws(DatabaseFault) {
            return try database.read { (connection) throws(DatabaseFault) in
                let standing = try connection.standing(of: customer)
                var endings: Set<GrantEnding> = []
                switch standing.status {
                case .active: break
                case .stopped: endings.insert(standing.isLockedOut ? .passwordLockout : .userSuspended)
                case .closed: endings.insert(.userSuspended)
                }
                if let changedAt = standing.passwordChangedAt, changedAt > login {
                    endings.insert(.passwordChange)
                }
                if let certificate, try connection.isRevoked(certificate) { endings.insert(.certRevoked) }
                return endings
            }
        } catch {
            throw ConsentStoreFault("the gateway's store: \(error)")
        }
    }
}

extension DatabaseConnection {
    fileprivate func standing(of customer: String) throws(DatabaseFault) -> Customer {
        let known = try first(customerByID, DatabaseValue(customer), read: readCustomer)
        guard let known else { throw DatabaseFault(.conflict, "a customer with a grant is not there") }
        return known
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
