public import Identity
import Text
public import Trust

/// The epochs of all trust stores, with `Schema.trust`. Parts that several epochs share are kept once.
public struct EpochStore: EpochRepository {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func numbersInForce() throws(StoreFault) -> [String: UInt64] {
        let rows = try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all("SELECT name, epoch FROM trust_stores") {
                (row) throws(DatabaseFault) in (try row.text(0), try row.unsigned(1))
            }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    public func epoch(_ number: UInt64, of store: String) throws(StoreFault) -> EpochRecord? {
        try database.lookUp { (connection) throws(DatabaseFault) -> EpochRecord? in
            let found = try connection.first(
                """
                SELECT \(summaryColumns), digest, policy FROM trust_epochs
                WHERE store = ?1 AND number = ?2 AND kept = 1
                """, DatabaseValue(store), DatabaseValue(number)
            ) { (row) throws(DatabaseFault) in
                (
                    try readSummary(row), try row.bytes(summaryColumnCount),
                    try row.text(summaryColumnCount + 1)
                )
            }
            guard let (summary, digest, policy) = found else { return nil }
            let parts = try connection.all(
                """
                SELECT p.role, p.name, p.hash, b.bytes FROM trust_parts p
                JOIN trust_blobs b ON b.hash = p.hash
                WHERE p.store = ?1 AND p.number = ?2 ORDER BY p.ordinal
                """, DatabaseValue(store), DatabaseValue(number)
            ) { (row) throws(DatabaseFault) in
                EpochPart(
                    role: try row.choice(0), name: try row.text(1), hash: try row.bytes(2),
                    bytes: try row.bytes(3))
            }
            return EpochRecord(summary: summary, digest: digest, policy: policy, parts: parts)
        }
    }

    public func history(of store: String, countMax: Int) throws(StoreFault) -> [EpochSummary] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all(
                """
                SELECT \(summaryColumns) FROM trust_epochs WHERE store = ?1 ORDER BY number DESC LIMIT ?2
                """, DatabaseValue(store), DatabaseValue(countMax), read: readSummary)
        }
    }

    public func record(_ draft: EpochDraft, replacing: UInt64?, keptMax: Int) throws(StoreFault) -> UInt64? {
        try database.change { (connection) throws(DatabaseFault) -> UInt64? in
            let number = (replacing ?? 0) + 1
            let isPut =
                if let replacing {
                    try connection.run(
                        "UPDATE trust_stores SET epoch = ?2 WHERE name = ?1 AND epoch = ?3",
                        DatabaseValue(draft.store), DatabaseValue(number), DatabaseValue(replacing))
                } else {
                    try connection.run(
                        """
                        INSERT INTO trust_stores (name, epoch) VALUES (?1, ?2)
                        ON CONFLICT (name) DO NOTHING
                        """,
                        DatabaseValue(draft.store), DatabaseValue(number))
                }
            guard isPut == 1 else { return nil }
            try connection.run(
                """
                INSERT INTO trust_epochs (store, number, content_hash, digest, policy, origin, source,
                    author, recorded_at, kept)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)
                """,
                DatabaseValue(draft.store), DatabaseValue(number), DatabaseValue(draft.contentHash),
                DatabaseValue(draft.digest), DatabaseValue(draft.policy),
                DatabaseValue(draft.origin.rawValue), DatabaseValue(draft.source),
                DatabaseValue(draft.author), DatabaseValue(draft.at.seconds))
            for (ordinal, part) in draft.parts.enumerated() {
                try connection.record(part, ordinal, of: draft.store, number)
            }
            if number > UInt64(keptMax) {
                try connection.dropParts(of: draft.store, through: number - UInt64(keptMax))
            }
            return number
        }
    }

    public func filesDigest(of store: String) throws(StoreFault) -> [UInt8]? {
        let found = try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.first(
                "SELECT files_digest FROM trust_stores WHERE name = ?1", DatabaseValue(store)
            ) { (row) throws(DatabaseFault) in try row.bytesIfPresent(0) }
        }
        return found ?? nil
    }

    public func setFilesDigest(_ digest: [UInt8], of store: String) throws(StoreFault) {
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                "UPDATE trust_stores SET files_digest = ?2 WHERE name = ?1", DatabaseValue(store),
                DatabaseValue(digest))
        }
    }
}

private let summaryColumns = "number, content_hash, origin, source, author, recorded_at, kept"
private let summaryColumnCount = 7
/// So many epochs of a store are remembered by their summaries.
private let summariesMax: UInt64 = 10_000

private func readSummary(_ row: borrowing DatabaseRow) throws(DatabaseFault) -> EpochSummary {
    EpochSummary(
        number: try row.unsigned(0), contentHash: try row.bytes(1), origin: try row.choice(2),
        source: try row.unsignedIfPresent(3), author: try row.text(4),
        recordedAt: WallTime(seconds: try row.integer(5)), isKept: try row.bool(6))
}

extension DatabaseConnection {
    fileprivate borrowing func record(
        _ part: EpochPart, _ ordinal: Int, of store: String, _ number: UInt64
    ) throws(DatabaseFault) {
        // What is known by its hash may have been damaged since.
        try run(
            """
            INSERT INTO trust_blobs (hash, bytes) VALUES (?1, ?2)
            ON CONFLICT (hash) DO UPDATE SET bytes = excluded.bytes WHERE trust_blobs.bytes <> excluded.bytes
            """, DatabaseValue(part.hash), DatabaseValue(part.bytes))
        try run(
            """
            INSERT INTO trust_parts (store, number, ordinal, role, name, hash)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            DatabaseValue(store), DatabaseValue(number), DatabaseValue(ordinal),
            DatabaseValue(part.role.rawValue), DatabaseValue(part.name), DatabaseValue(part.hash))
    }

    /// What no other epoch needs goes with the parts.
    fileprivate borrowing func dropParts(
        of store: String, through number: UInt64
    ) throws(DatabaseFault) {
        try run(
            "DELETE FROM trust_parts WHERE store = ?1 AND number <= ?2", DatabaseValue(store),
            DatabaseValue(number))
        try run(
            "UPDATE trust_epochs SET kept = 0 WHERE store = ?1 AND number <= ?2 AND kept = 1",
            DatabaseValue(store), DatabaseValue(number))
        try run(
            """
            DELETE FROM trust_blobs
            WHERE NOT EXISTS (SELECT 1 FROM trust_parts p WHERE p.hash = trust_blobs.hash)
            """)
        if number > summariesMax {
            try run(
                "DELETE FROM trust_epochs WHERE store = ?1 AND number <= ?2", DatabaseValue(store),
                DatabaseValue(number - summariesMax))
        }
    }
}
