public import Identity
public import Text
public import Trust

/// The certificates lately seen, with `Schema.trust`. What clients sent behind their certificates is kept
/// once for all who sent it.
public struct SeenCertificateStore: SeenCertificateRepository {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    /// Not synced: a power cut may cost the last sightings, which only makes a review a little less complete.
    public func note(_ certificates: [SeenCertificate], in store: String) throws(StoreFault) {
        try database.change(.relaxed) { (connection) throws(DatabaseFault) in
            for certificate in certificates { try connection.note(certificate, in: store) }
        }
    }

    /// In small transactions, so that nobody need wait for the end of it. On disk when it returns: a
    /// revocation is not to be forgotten.
    public func rejudge(
        _ fingerprints: [[UInt8]], as verdict: String, under epoch: UInt64, in store: String
    ) throws(StoreFault) {
        for start in stride(from: 0, to: fingerprints.count, by: changedAtOnceMax) {
            let some = fingerprints[start..<min(start + changedAtOnceMax, fingerprints.count)]
            try database.change { (connection) throws(DatabaseFault) in
                for fingerprint in some {
                    try connection.run(
                        """
                        UPDATE seen_certificates SET verdict = ?3, epoch = ?4, anchor = NULL
                        WHERE store = ?1 AND fingerprint = ?2 AND epoch < ?4
                        """,
                        DatabaseValue(store), DatabaseValue(fingerprint), DatabaseValue(verdict),
                        DatabaseValue(epoch))
                }
            }
        }
    }

    public func seen(
        in store: String, since: WallTime, after fingerprint: [UInt8]?, countMax: Int
    ) throws(StoreFault) -> [SeenCertificate] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            let first = fingerprint ?? []
            var page = try connection.all(
                """
                SELECT fingerprint, issuer, serial, subject, customer, anchor, verdict, epoch, last_seen, der
                FROM seen_certificates WHERE store = ?1 AND fingerprint > ?2 AND last_seen >= ?3
                ORDER BY fingerprint LIMIT ?4
                """, DatabaseValue(store), DatabaseValue(first), DatabaseValue(since.seconds),
                DatabaseValue(countMax), read: readCertificate)
            guard let last = page.last?.fingerprint else { return page }
            let issuers = try connection.all(
                """
                SELECT c.fingerprint, c.issuer, i.der FROM seen_chains c
                JOIN seen_issuers i ON i.fingerprint = c.issuer
                WHERE c.store = ?1 AND c.fingerprint > ?2 AND c.fingerprint <= ?3
                ORDER BY c.fingerprint, c.ordinal
                """, DatabaseValue(store), DatabaseValue(first), DatabaseValue(last)
            ) { (row) throws(DatabaseFault) in
                (
                    of: try row.bytes(0),
                    issuer: SeenIssuer(fingerprint: try row.bytes(1), der: try row.bytes(2))
                )
            }
            let chains = Dictionary(grouping: issuers, by: \.of)
            for index in page.indices {
                page[index].chain = chains[page[index].fingerprint]?.map(\.issuer) ?? []
            }
            return page
        }
    }

    public func uses(in store: String, since: WallTime) throws(StoreFault) -> [AnchorUse] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all(
                """
                SELECT anchor, MAX(last_seen), COUNT(*), COUNT(DISTINCT customer) FROM seen_certificates
                WHERE store = ?1 AND last_seen >= ?2 AND anchor IS NOT NULL GROUP BY anchor
                """, DatabaseValue(store), DatabaseValue(since.seconds)
            ) { (row) throws(DatabaseFault) in
                AnchorUse(
                    anchor: try row.bytes(0), lastSeen: WallTime(seconds: try row.integer(1)),
                    certificateCount: try row.count(2), customerCount: try row.count(3))
            }
        }
    }

    public func forget(
        in store: String, before time: WallTime, trustedMax: Int, refusedMax: Int
    ) throws(StoreFault) -> Int {
        var forgotten = try forget(
            """
            DELETE FROM seen_certificates WHERE store = ?1 AND fingerprint IN (
                SELECT fingerprint FROM seen_certificates WHERE store = ?1 AND last_seen < ?2 LIMIT ?3
            )
            """, store, DatabaseValue(time.seconds))
        for (isKnown, countMax) in [(true, trustedMax), (false, refusedMax)] {
            forgotten += try forget(
                """
                DELETE FROM seen_certificates WHERE store = ?1 AND fingerprint IN (
                    SELECT fingerprint FROM seen_certificates WHERE store = ?1 AND known = ?4
                    ORDER BY last_seen DESC, fingerprint LIMIT ?3 OFFSET ?2
                )
                """, store, DatabaseValue(countMax), DatabaseValue(isKnown))
        }
        if forgotten > 0 {
            try database.change(.relaxed) { (connection) throws(DatabaseFault) in
                _ = try connection.run(
                    """
                    DELETE FROM seen_issuers
                    WHERE NOT EXISTS (SELECT 1 FROM seen_chains c WHERE c.issuer = seen_issuers.fingerprint)
                    """)
            }
        }
        return forgotten
    }

    /// In small transactions, so that nobody need wait for the end of it.
    private func forget(
        _ sql: String, _ store: String, _ limit: DatabaseValue, _ more: DatabaseValue...
    ) throws(StoreFault) -> Int {
        let values = [DatabaseValue(store), limit, DatabaseValue(changedAtOnceMax)] + more
        var forgotten = 0
        while true {
            let count = try database.change(.relaxed) { (connection) throws(DatabaseFault) in
                try connection.run(sql, values: values)
            }
            forgotten += count
            guard count == changedAtOnceMax else { return forgotten }
        }
    }
}

private let changedAtOnceMax = 500

private func readCertificate(_ row: borrowing DatabaseRow) throws(DatabaseFault) -> SeenCertificate {
    SeenCertificate(
        fingerprint: try row.bytes(0), issuer: try row.text(1), serial: try row.text(2),
        subject: try row.text(3), customer: try row.textIfPresent(4), anchor: try row.bytesIfPresent(5),
        verdict: try row.text(6), epoch: try row.unsigned(7),
        lastSeen: WallTime(seconds: try row.integer(8)), der: try row.bytes(9))
}

extension DatabaseConnection {
    fileprivate borrowing func note(
        _ certificate: SeenCertificate, in store: String
    ) throws(DatabaseFault) {
        try run(
            """
            INSERT INTO seen_certificates (store, fingerprint, issuer, serial, subject, customer, anchor,
                verdict, epoch, known, last_seen, der)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            ON CONFLICT (store, fingerprint) DO UPDATE SET
                customer = COALESCE(excluded.customer, seen_certificates.customer),
                anchor = excluded.anchor, verdict = excluded.verdict, epoch = excluded.epoch,
                known = CASE WHEN excluded.known = 1 THEN 1 ELSE seen_certificates.known END,
                last_seen = excluded.last_seen
            WHERE excluded.last_seen >= seen_certificates.last_seen
                AND excluded.epoch >= seen_certificates.epoch
            """,
            DatabaseValue(store), DatabaseValue(certificate.fingerprint), DatabaseValue(certificate.issuer),
            DatabaseValue(certificate.serial), DatabaseValue(certificate.subject),
            DatabaseValue(certificate.customer), DatabaseValue(certificate.anchor),
            DatabaseValue(certificate.verdict), DatabaseValue(certificate.epoch),
            DatabaseValue(certificate.isTrusted), DatabaseValue(certificate.lastSeen.seconds),
            DatabaseValue(certificate.der))
        for (ordinal, issuer) in certificate.chain.enumerated() {
            try run(
                "INSERT INTO seen_issuers (fingerprint, der) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                DatabaseValue(issuer.fingerprint), DatabaseValue(issuer.der))
            try run(
                """
                INSERT INTO seen_chains (store, fingerprint, ordinal, issuer) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (store, fingerprint, ordinal) DO UPDATE SET issuer = excluded.issuer
                """,
                DatabaseValue(store), DatabaseValue(certificate.fingerprint), DatabaseValue(ordinal),
                DatabaseValue(issuer.fingerprint))
        }
        try run(
            "DELETE FROM seen_chains WHERE store = ?1 AND fingerprint = ?2 AND ordinal >= ?3",
            DatabaseValue(store), DatabaseValue(certificate.fingerprint),
            DatabaseValue(certificate.chain.count))
    }
}
