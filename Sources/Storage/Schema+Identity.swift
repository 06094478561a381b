extension Schema {
    /// Customers, their certificates and their sessions. Times are seconds since the Unix epoch; names of
    /// cases are those of the types in `Identity`. IDs compare byte by byte.
    public static let identity = Schema(
        name: "identity",
        migrations: [
            Migration(
                1, "customers, enrolments and sessions",
                """
                CREATE TABLE customers (
                    id TEXT NOT NULL PRIMARY KEY,
                    display_name TEXT NOT NULL,
                    role TEXT NOT NULL,
                    method TEXT NOT NULL,
                    status TEXT NOT NULL,
                    password_hash TEXT NOT NULL,
                    failures INTEGER NOT NULL CHECK (failures >= 0),
                    pauses INTEGER NOT NULL CHECK (pauses >= 0),
                    paused_until INTEGER
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE enrolments (
                    -- SHA-256 of issuer name and serial number
                    issuer_serial BLOB NOT NULL PRIMARY KEY,
                    customer TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX enrolments_by_customer ON enrolments (customer);

                CREATE TABLE sessions (
                    -- SHA-256 of the cookie's value
                    id_hash BLOB NOT NULL PRIMARY KEY,
                    public_id TEXT NOT NULL UNIQUE,
                    customer TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
                    method TEXT NOT NULL,
                    certificate BLOB,
                    trust_epoch INTEGER,
                    authenticated_at INTEGER NOT NULL,
                    last_seen_at INTEGER NOT NULL,
                    client_address TEXT NOT NULL,
                    -- kept until purged, so that the older browser can be told why
                    superseded INTEGER NOT NULL DEFAULT 0,
                    CHECK ((method = 'certificate') = (certificate IS NOT NULL))
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX sessions_by_customer ON sessions (customer);
                CREATE INDEX sessions_by_age ON sessions (authenticated_at);
                """),
            Migration(
                2, "what is told of enrolled certificates, newest certificates, imports",
                """
                -- SHA-256 of the certificate
                ALTER TABLE enrolments ADD COLUMN fingerprint BLOB;
                ALTER TABLE enrolments ADD COLUMN subject TEXT;
                ALTER TABLE enrolments ADD COLUMN not_after INTEGER;
                ALTER TABLE enrolments ADD COLUMN enrolled_at INTEGER;

                -- of those that have logged in, the one that began last
                CREATE TABLE newest_certificates (
                    customer TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
                    -- SHA-256 of what the mapping rules tell the issuer by
                    issuer BLOB NOT NULL,
                    issuer_serial BLOB NOT NULL,
                    not_before INTEGER NOT NULL,
                    first_login_at INTEGER NOT NULL,
                    PRIMARY KEY (customer, issuer)
                ) STRICT, WITHOUT ROWID;

                -- rows of a file on their way to customers; empty when nobody imports
                CREATE TABLE customer_imports (
                    line INTEGER NOT NULL PRIMARY KEY,
                    import INTEGER NOT NULL,
                    id TEXT NOT NULL,
                    display_name TEXT NOT NULL,
                    role TEXT NOT NULL,
                    method TEXT NOT NULL,
                    status TEXT NOT NULL,
                    password_hash TEXT NOT NULL
                ) STRICT;
                """),
            Migration(
                3, "duties of customers, and logins of nobody",
                """
                ALTER TABLE customers ADD COLUMN duty TEXT;

                -- written as often as customers' own failures are, so that both take the same time
                CREATE TABLE unknown_logins (
                    bucket INTEGER NOT NULL PRIMARY KEY,
                    failures INTEGER NOT NULL
                ) STRICT;
                """),
            Migration(
                4, "when passwords were changed",
                """
                ALTER TABLE customers ADD COLUMN password_changed_at INTEGER;
                ALTER TABLE customer_imports ADD COLUMN password_changed_at INTEGER;
                """),
        ])
}
