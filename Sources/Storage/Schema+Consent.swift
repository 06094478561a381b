extension Schema {
    /// What the consent backend keeps. Times are seconds since the Unix epoch; names of states and
    /// scopes are those of the types in `Authorization`; what would let somebody in (codes, tokens) is
    /// there only as its SHA-256.
    public static let consent = Schema(
        name: "consent",
        migrations: [
            Migration(
                1, "flows, grants, codes and access tokens",
                """
                CREATE TABLE consent_flow (
                    id TEXT NOT NULL PRIMARY KEY,
                    session TEXT NOT NULL,
                    customer TEXT NOT NULL,
                    partner TEXT NOT NULL,
                    redirect_uri TEXT NOT NULL,
                    request_state TEXT,
                    scopes TEXT NOT NULL,
                    challenge BLOB NOT NULL CHECK (length(challenge) = 32),
                    steps TEXT NOT NULL,
                    period_from INTEGER NOT NULL,
                    period_until INTEGER NOT NULL,
                    started_at INTEGER NOT NULL,
                    last_seen_at INTEGER NOT NULL,
                    waiting_at TEXT,
                    ended_as TEXT,
                    form_token TEXT NOT NULL,
                    spent_form_token TEXT,
                    revision INTEGER NOT NULL,
                    CHECK ((waiting_at IS NULL) <> (ended_as IS NULL))
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX consent_flow_waiting ON consent_flow (customer) WHERE waiting_at IS NOT NULL;
                CREATE INDEX consent_flow_age ON consent_flow (started_at);

                CREATE TABLE consent_grant (
                    id TEXT NOT NULL PRIMARY KEY,
                    customer TEXT NOT NULL,
                    partner TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    period_from INTEGER NOT NULL,
                    period_until INTEGER NOT NULL,
                    granted_at INTEGER NOT NULL,
                    session TEXT NOT NULL,
                    context TEXT NOT NULL,
                    certificate BLOB,
                    authenticated_at INTEGER NOT NULL,
                    status TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX consent_grant_customer ON consent_grant (customer, granted_at);
                CREATE UNIQUE INDEX consent_grant_active ON consent_grant (customer, partner)
                    WHERE status = 'active';

                CREATE TABLE authorization_code (
                    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
                    grant_id TEXT NOT NULL REFERENCES consent_grant (id) ON DELETE CASCADE,
                    partner TEXT NOT NULL,
                    redirect_uri TEXT NOT NULL,
                    challenge BLOB NOT NULL CHECK (length(challenge) = 32),
                    expires_at INTEGER NOT NULL,
                    is_spent INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX authorization_code_grant ON authorization_code (grant_id);
                CREATE INDEX authorization_code_age ON authorization_code (expires_at);

                CREATE TABLE access_token (
                    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
                    grant_id TEXT NOT NULL REFERENCES consent_grant (id) ON DELETE CASCADE,
                    partner TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    certificate BLOB NOT NULL CHECK (length(certificate) = 32),
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX access_token_grant ON access_token (grant_id);
                CREATE INDEX access_token_age ON access_token (expires_at);
                """),
            Migration(
                2, "steps before 情報アクセス許可: customers, questions, accounts, what is familiar, notices",
                """
                ALTER TABLE consent_flow ADD COLUMN chosen_scopes TEXT;
                ALTER TABLE consent_flow ADD COLUMN question INTEGER;
                ALTER TABLE consent_flow ADD COLUMN wrong_answers INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE consent_flow ADD COLUMN registered TEXT NOT NULL DEFAULT '';

                ALTER TABLE consent_grant ADD COLUMN accounts TEXT NOT NULL DEFAULT '';
                ALTER TABLE consent_grant ADD COLUMN address TEXT;
                ALTER TABLE consent_grant ADD COLUMN is_challenged INTEGER NOT NULL DEFAULT 0;

                CREATE TABLE consent_customer (
                    id TEXT NOT NULL PRIMARY KEY,
                    permitted TEXT NOT NULL,
                    wrong_answers INTEGER NOT NULL,
                    is_challenge_stopped INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE challenge_question (
                    customer TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    question TEXT NOT NULL,
                    answer_hash TEXT NOT NULL,
                    PRIMARY KEY (customer, number)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE inquiry_account (
                    customer TEXT NOT NULL,
                    account TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    branch_name TEXT NOT NULL,
                    memo TEXT,
                    active_pin BLOB,
                    pending_pin BLOB,
                    PRIMARY KEY (customer, account)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE customer_trace (
                    customer TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    trace TEXT NOT NULL,
                    seen_at INTEGER NOT NULL,
                    PRIMARY KEY (customer, kind, trace)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE consent_notice (
                    grant_id TEXT NOT NULL,
                    event TEXT NOT NULL,
                    customer TEXT NOT NULL,
                    partner TEXT NOT NULL,
                    happened_at INTEGER NOT NULL,
                    PRIMARY KEY (grant_id, event)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX consent_notice_age ON consent_notice (happened_at);
                """),
            Migration(
                3, "who is trying a pending PIN on the host",
                """
                -- nobody else tries it until then
                ALTER TABLE inquiry_account ADD COLUMN claimed_until INTEGER;
                """),
            Migration(
                4, "what is wrong with the form that came last",
                """
                ALTER TABLE consent_flow ADD COLUMN problem TEXT;
                """),
            Migration(
                5, "one waiting flow of a customer, by the index itself",
                """
                DROP INDEX consent_flow_waiting;
                CREATE UNIQUE INDEX consent_flow_waiting ON consent_flow (customer)
                    WHERE waiting_at IS NOT NULL;
                """),
        ])
}
