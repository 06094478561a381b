extension PostgresConnection {
    /// Brings the database up to date with `schemas`, while other nodes that start wait for it.
    ///
    /// Nothing is created where nothing is missing, so that a role without that right will do from then on.
    func migrate(_ schemas: [Schema]) throws(DatabaseFault) {
        let connection = DatabaseConnection(.postgres(self))
        try connection.run("SELECT pg_advisory_lock(?1)", DatabaseValue(Self.migrationLock))
        let tables = try connection.all(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public'"
        ) { (row) throws(DatabaseFault) in try row.text(0) }
        if !tables.contains("schema_migrations") {
            guard tables.isEmpty else {
                throw DatabaseFault(.foreign, "the database holds tables of another program")
            }
            try connection.makeLedger()
        }
        for schema in schemas { try connection.migrate(schema) }
        try connection.run("SELECT pg_advisory_unlock(?1)", DatabaseValue(Self.migrationLock))
    }

    /// "Sksh" in ASCII.
    private static let migrationLock: Int64 = 0x536b_7368
}
