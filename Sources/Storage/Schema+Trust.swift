extension Schema {
    /// Trust stores: their epochs, and the certificates lately seen. Times are seconds since the Unix epoch;
    /// hashes and fingerprints are SHA-256; names of cases are those of the types in `Trust`.
    public static let trust = Schema(
        name: "trust",
        migrations: [
            Migration(
                1, "epochs and certificates lately seen",
                """
                CREATE TABLE trust_stores (
                    name TEXT NOT NULL PRIMARY KEY,
                    -- in force; the highest there has ever been
                    epoch INTEGER NOT NULL CHECK (epoch > 0),
                    -- of the configured files when they were taken up last
                    files_digest BLOB
                ) STRICT;

                CREATE TABLE trust_epochs (
                    store TEXT NOT NULL REFERENCES trust_stores (name),
                    number INTEGER NOT NULL,
                    content_hash BLOB NOT NULL,
                    -- over policy and parts
                    digest BLOB NOT NULL,
                    policy TEXT NOT NULL,
                    origin TEXT NOT NULL,
                    source INTEGER,
                    author TEXT NOT NULL,
                    recorded_at INTEGER NOT NULL,
                    -- whether its parts are there
                    kept INTEGER NOT NULL,
                    PRIMARY KEY (store, number)
                ) STRICT;

                CREATE TABLE trust_blobs (
                    hash BLOB NOT NULL PRIMARY KEY,
                    bytes BLOB NOT NULL
                ) STRICT;

                CREATE TABLE trust_parts (
                    store TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    ordinal INTEGER NOT NULL,
                    role TEXT NOT NULL,
                    name TEXT NOT NULL,
                    hash BLOB NOT NULL REFERENCES trust_blobs (hash),
                    PRIMARY KEY (store, number, ordinal),
                    FOREIGN KEY (store, number) REFERENCES trust_epochs (store, number)
                ) STRICT;
                CREATE INDEX trust_parts_by_hash ON trust_parts (hash);

                CREATE TABLE seen_certificates (
                    store TEXT NOT NULL,
                    fingerprint BLOB NOT NULL,
                    issuer TEXT NOT NULL,
                    serial TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    customer TEXT,
                    -- at which the last path ended; none when it was refused
                    anchor BLOB,
                    verdict TEXT NOT NULL,
                    epoch INTEGER NOT NULL,
                    -- whether it was ever trusted
                    known INTEGER NOT NULL,
                    last_seen INTEGER NOT NULL,
                    der BLOB NOT NULL,
                    PRIMARY KEY (store, fingerprint)
                ) STRICT;
                CREATE INDEX seen_certificates_by_age ON seen_certificates (store, known, last_seen);

                CREATE TABLE seen_issuers (
                    fingerprint BLOB NOT NULL PRIMARY KEY,
                    der BLOB NOT NULL
                ) STRICT;

                -- what clients sent behind their certificates
                CREATE TABLE seen_chains (
                    store TEXT NOT NULL,
                    fingerprint BLOB NOT NULL,
                    ordinal INTEGER NOT NULL,
                    issuer BLOB NOT NULL REFERENCES seen_issuers (fingerprint),
                    PRIMARY KEY (store, fingerprint, ordinal),
                    FOREIGN KEY (store, fingerprint)
                        REFERENCES seen_certificates (store, fingerprint) ON DELETE CASCADE
                ) STRICT;
                CREATE INDEX seen_chains_by_issuer ON seen_chains (issuer);
                """)
        ])
}
