import Glibc

extension DatabaseConnection {
    /// Makes the table that tells which migrations the database has, unless it is there.
    func makeLedger() throws(DatabaseFault) {
        try transaction(.synced) { (connection) throws(DatabaseFault) in
            try connection.runScript(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    schema TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
                    applied_at INTEGER NOT NULL,
                    PRIMARY KEY (schema, number)
                ) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// Applies the migrations of `schema` that the database lacks, each in a transaction of its own.
    func migrate(_ schema: Schema) throws(DatabaseFault) {
        for migration in schema.migrations {
            try transaction(.synced) { (connection) throws(DatabaseFault) in
                try connection.apply(migration, of: schema)
            }
        }
        try refuseNewer(than: schema)
    }

    private func apply(_ migration: Migration, of schema: Schema) throws(DatabaseFault) {
        let applied = try first(
            "SELECT name FROM schema_migrations WHERE schema = ?1 AND number = ?2",
            DatabaseValue(schema.name), DatabaseValue(migration.number)
        ) { (row) throws(DatabaseFault) in try row.text(0) }
        if let applied {
            guard applied == migration.name else {
                throw DatabaseFault(
                    .newerSchema,
                    "migration \(migration.number) of \(schema.name) is \"\(applied)\" in the database"
                        + " and \"\(migration.name)\" in this program")
            }
            return
        }
        try runScript(migration.script)
        try run(
            "INSERT INTO schema_migrations (schema, number, name, applied_at) VALUES (?1, ?2, ?3, ?4)",
            DatabaseValue(schema.name), DatabaseValue(migration.number), DatabaseValue(migration.name),
            DatabaseValue(time(nil)))
    }

    private func refuseNewer(than schema: Schema) throws(DatabaseFault) {
        let newest = try first(
            "SELECT coalesce(max(number), 0) FROM schema_migrations WHERE schema = ?1",
            DatabaseValue(schema.name)
        ) { (row) throws(DatabaseFault) in try row.count(0) }
        guard let newest, newest > schema.migrations.count else { return }
        let known = schema.migrations.count
        throw DatabaseFault(
            .newerSchema,
            "the database's \(schema.name) schema is at \(newest), this program knows \(known)")
    }
}
