public import Authorization
import Text

/// What auditors read and the institution ends.
extension ConsentStore {
    /// Grants of every status in the order they were made, after the given one.
    public func grants(after last: Grant?, countMax: Int) throws(ConsentStoreFault) -> [Grant] {
        try read { (connection) throws(DatabaseFault) in
            let ids = try connection.all(
                """
                SELECT id FROM consent_grant WHERE granted_at > ?1 OR (granted_at = ?1 AND id > ?2)
                ORDER BY granted_at, id LIMIT ?3
                """,
                DatabaseValue(last?.grantedAt.seconds ?? -1), DatabaseValue(last?.id.text ?? ""),
                DatabaseValue(countMax)
            ) { (row) throws(DatabaseFault) in GrantID(try row.text(0)) }
            var grants: [Grant] = []
            for id in ids { if let grant = try connection.grant(id) { grants.append(grant) } }
            return grants
        }
    }

    /// Ends what a customer has allowed, such as when the customer is suspended.
    /// Returns what has ended.
    public func endGrants(of customer: String) throws(ConsentStoreFault) -> [Grant] {
        try end(
            "SELECT id FROM consent_grant WHERE status = 'active' AND customer = ?1 ORDER BY id",
            DatabaseValue(customer))
    }

    /// Ends what was allowed on the evidence of a certificate, such as when it is revoked.
    /// Returns what has ended.
    public func endGrants(restingOn fingerprint: [UInt8]) throws(ConsentStoreFault) -> [Grant] {
        try end(
            "SELECT id FROM consent_grant WHERE status = 'active' AND certificate = ?1 ORDER BY id",
            DatabaseValue(fingerprint))
    }

    private func end(_ sql: String, _ value: DatabaseValue) throws(ConsentStoreFault) -> [Grant] {
        try write { (connection) throws(DatabaseFault) in
            let ids = try connection.all(sql, value) { (row) throws(DatabaseFault) in
                GrantID(try row.text(0))
            }
            var ended: [Grant] = []
            for id in ids where try connection.end(id, as: .endedByInstitution) {
                if let grant = try connection.grant(id) { ended.append(grant) }
            }
            return ended
        }
    }
}
