public import Authorization
import Text

extension ConsentStore: GrantRepository {
    public func grant(_ id: GrantID) throws(ConsentStoreFault) -> Grant? {
        try read { (connection) throws(DatabaseFault) in try connection.grant(id) }
    }

    public func grants(of customer: String) throws(ConsentStoreFault) -> [Grant] {
        try read { (connection) throws(DatabaseFault) in
            try connection.all(
                """
                SELECT id, customer, partner, scopes, period_from, period_until, granted_at, session, context,
                    certificate, authenticated_at, status, accounts, address, is_challenged
                FROM consent_grant WHERE customer = ? ORDER BY granted_at DESC, id LIMIT ?
                """,
                DatabaseValue(customer), DatabaseValue(grantsShownMax)
            ) { (row) throws(DatabaseFault) in try row.grant() }
        }
    }

    public func end(_ id: GrantID, as status: GrantStatus) throws(ConsentStoreFault) -> Bool {
        try write { (connection) throws(DatabaseFault) in try connection.end(id, as: status) }
    }
}

/// More than a customer can have made by hand in the years that grants last.
private let grantsShownMax = 1000

extension DatabaseConnection {
    borrowing func grant(_ id: GrantID) throws(DatabaseFault) -> Grant? {
        try first(
            """
            SELECT id, customer, partner, scopes, period_from, period_until, granted_at, session, context,
                certificate, authenticated_at, status, accounts, address, is_challenged
            FROM consent_grant WHERE id = ?
            """,
            DatabaseValue(id.text)
        ) { (row) throws(DatabaseFault) in try row.grant() }
    }

    borrowing func insert(_ grant: Grant) throws(DatabaseFault) {
        try run(
            """
            INSERT INTO consent_grant (id, customer, partner, scopes, period_from, period_until, granted_at,
                session, context, certificate, authenticated_at, status, accounts, address, is_challenged)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """,
            DatabaseValue(grant.id.text), DatabaseValue(grant.customer), DatabaseValue(grant.partner),
            DatabaseValue(grant.scopes.text), DatabaseValue(grant.period.from.seconds),
            DatabaseValue(grant.period.until.seconds), DatabaseValue(grant.grantedAt.seconds),
            DatabaseValue(grant.evidence.session), DatabaseValue(grant.evidence.context),
            DatabaseValue(grant.evidence.certificateFingerprint),
            DatabaseValue(grant.evidence.authenticatedAt.seconds), DatabaseValue(grant.status.rawValue),
            DatabaseValue(grant.accounts.text), DatabaseValue(grant.evidence.address),
            DatabaseValue(grant.evidence.isChallenged))
        try run(
            """
            INSERT INTO consent_notice (grant_id, event, customer, partner, happened_at)
            VALUES (?1, 'granted', ?2, ?3, ?4)
            """,
            DatabaseValue(grant.id.text), DatabaseValue(grant.customer), DatabaseValue(grant.partner),
            DatabaseValue(grant.grantedAt.seconds))
    }

    /// Ends an active grant and removes its tokens; its codes stay, so that a late use of one is noticed.
    borrowing func end(_ id: GrantID, as status: GrantStatus) throws(DatabaseFault) -> Bool {
        let ended = try run(
            "UPDATE consent_grant SET status = ? WHERE id = ? AND status = ?",
            DatabaseValue(status.rawValue), DatabaseValue(id.text), DatabaseValue(GrantStatus.active.rawValue)
        )
        try run("DELETE FROM access_token WHERE grant_id = ?", DatabaseValue(id.text))
        try run("DELETE FROM oauth_refresh_token WHERE grant_id = ?", DatabaseValue(id.text))
        return ended == 1
    }

    borrowing func supersede(grantsOf customer: String, for partner: String) throws(DatabaseFault) {
        let active = try all(
            "SELECT id FROM consent_grant WHERE customer = ? AND partner = ? AND status = ?",
            DatabaseValue(customer), DatabaseValue(partner), DatabaseValue(GrantStatus.active.rawValue)
        ) { (row) throws(DatabaseFault) in GrantID(try row.text(0)) }
        for id in active { _ = try end(id, as: .superseded) }
    }
}

extension DatabaseRow {
    /// The columns in the order of the two statements above, from the first.
    fileprivate func grant() throws(DatabaseFault) -> Grant {
        Grant(
            id: GrantID(try text(0)), customer: try text(1), partner: try text(2), scopes: try scopes(3),
            accounts: try accounts(12), period: try period(4), grantedAt: try moment(6),
            evidence: Evidence(
                session: try text(7), context: try text(8), certificateFingerprint: try bytesIfPresent(9),
                authenticatedAt: try moment(10), address: try textIfPresent(13),
                isChallenged: try bool(14)),
            status: try choice(11))
    }
}
