public import Authorization
public import Text

extension ConsentStore: PartnerRepository {
    public func partnerRevision() throws(ConsentStoreFault) -> Int {
        try read { (connection) throws(DatabaseFault) in try connection.partnerRevision() }
    }

    public func storedPartners() throws(ConsentStoreFault) -> [StoredPartner] {
        try read { (connection) throws(DatabaseFault) in
            try connection.all(
                """
                SELECT id, document, changed_at, changed_by FROM oauth_partner_change AS latest
                WHERE revision =
                    (SELECT max(revision) FROM oauth_partner_change AS other WHERE other.id = latest.id)
                ORDER BY id LIMIT ?1
                """,
                DatabaseValue(partnersMax)
            ) { (row) throws(DatabaseFault) in try row.partner() }
        }
    }

    public func save(_ partner: StoredPartner) throws(ConsentStoreFault) {
        try write { (connection) throws(DatabaseFault) in
            let revision = try connection.partnerRevision() + 1
            try connection.run(
                """
                INSERT INTO oauth_partner_change (revision, id, document, changed_at, changed_by)
                VALUES (?1, ?2, ?3, ?4, ?5)
                """,
                DatabaseValue(revision), DatabaseValue(partner.id),
                DatabaseValue(partner.document), DatabaseValue(partner.changedAt.seconds),
                DatabaseValue(partner.changedBy))
        }
    }

    public func partnerChanges(_ id: String?, countMax: Int) throws(ConsentStoreFault) -> [StoredPartner] {
        try read { (connection) throws(DatabaseFault) in
            guard let id else {
                return try connection.all(
                    """
                    SELECT id, document, changed_at, changed_by FROM oauth_partner_change
                    ORDER BY revision DESC LIMIT ?1
                    """,
                    DatabaseValue(countMax)
                ) { (row) throws(DatabaseFault) in try row.partner() }
            }
            return try connection.all(
                """
                SELECT id, document, changed_at, changed_by FROM oauth_partner_change WHERE id = ?1
                ORDER BY revision DESC LIMIT ?2
                """,
                DatabaseValue(id), DatabaseValue(countMax)
            ) { (row) throws(DatabaseFault) in try row.partner() }
        }
    }

    public func activeGrantCount(
        of partner: String, at now: WallTime
    ) throws(ConsentStoreFault) -> Int {
        try read { (connection) throws(DatabaseFault) in
            try connection.first(
                """
                SELECT count(*) FROM consent_grant WHERE partner = ?1 AND status = ?2 AND period_until > ?3
                """,
                DatabaseValue(partner), DatabaseValue(GrantStatus.active.rawValue), DatabaseValue(now.seconds)
            ) { (row) throws(DatabaseFault) in try row.count(0) } ?? 0
        }
    }
}

extension ConsentStore: SecretRepository {
    public func secret(_ name: String, orElse fresh: [UInt8]) throws(ConsentStoreFault) -> [UInt8] {
        try write { (connection) throws(DatabaseFault) in
            try connection.run(
                "INSERT INTO oauth_secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
                DatabaseValue(name), DatabaseValue(fresh))
            let stored = try connection.first(
                "SELECT value FROM oauth_secret WHERE name = ?1", DatabaseValue(name)
            ) { (row) throws(DatabaseFault) in try row.bytes(0) }
            return stored ?? fresh
        }
    }
}

/// More than any institution works with.
private let partnersMax = 10_000

extension DatabaseConnection {
    fileprivate borrowing func partnerRevision() throws(DatabaseFault) -> Int {
        try first("SELECT coalesce(max(revision), 0) FROM oauth_partner_change") {
            (row) throws(DatabaseFault) in try row.count(0)
        } ?? 0
    }
}

extension DatabaseRow {
    fileprivate func partner() throws(DatabaseFault) -> StoredPartner {
        StoredPartner(
            id: try text(0), document: try textIfPresent(1), changedAt: try moment(2),
            changedBy: try text(3))
    }
}
