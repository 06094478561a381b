extension Schema {
    /// All that the consent backend keeps, in the order of what refers to what.
    public static let ofConsentBackend: [Schema] = [.consent, .oauth]

    /// What the authorization server keeps about partners beyond codes and access tokens. As in
    /// ``consent``, what would let somebody in is there only as its SHA-256.
    public static let oauth = Schema(
        name: "oauth",
        migrations: [
            Migration(
                1, "pushed requests, refresh tokens, used assertions, partners and secrets",
                """
                CREATE TABLE oauth_pushed_request (
                    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
                    partner TEXT NOT NULL,
                    redirect_uri TEXT NOT NULL,
                    request_state TEXT,
                    scopes TEXT NOT NULL,
                    challenge BLOB NOT NULL CHECK (length(challenge) = 32),
                    expires_at INTEGER NOT NULL,
                    is_answered INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX oauth_pushed_request_age ON oauth_pushed_request (expires_at);

                CREATE TABLE oauth_pushed_flow (
                    flow_id TEXT NOT NULL PRIMARY KEY REFERENCES consent_flow (id) ON DELETE CASCADE,
                    request_hash BLOB NOT NULL
                        REFERENCES oauth_pushed_request (hash) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX oauth_pushed_flow_request ON oauth_pushed_flow (request_hash);

                CREATE TABLE oauth_refresh_token (
                    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
                    grant_id TEXT NOT NULL REFERENCES consent_grant (id) ON DELETE CASCADE,
                    partner TEXT NOT NULL,
                    scopes TEXT NOT NULL,
                    used_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX oauth_refresh_token_grant ON oauth_refresh_token (grant_id);

                CREATE TABLE oauth_client_assertion (
                    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX oauth_client_assertion_age ON oauth_client_assertion (expires_at);

                CREATE TABLE oauth_partner_change (
                    revision INTEGER NOT NULL PRIMARY KEY,
                    id TEXT NOT NULL,
                    document TEXT,
                    changed_at INTEGER NOT NULL,
                    changed_by TEXT NOT NULL
                ) STRICT;
                CREATE INDEX oauth_partner_change_id ON oauth_partner_change (id, revision);

                CREATE TABLE oauth_secret (
                    name TEXT NOT NULL PRIMARY KEY,
                    value BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                """)
        ])
}
