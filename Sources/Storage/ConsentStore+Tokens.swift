public import Authorization
public import Text

extension ConsentStore: TokenRepository {
    public func redeem(
        codeHash: [UInt8], partner: String, at now: WallTime,
        issue: (AuthorizationCode, Grant) -> IssuedTokens?
    ) throws(ConsentStoreFault) -> Redemption {
        try writeInTurn { (connection) throws(DatabaseFault) in
            guard let stored = try connection.code(hash: codeHash), stored.code.partner == partner else {
                return .unknown
            }
            let code = stored.code
            guard stored.isSpent || now < code.expiresAt else { return .expired(code.grant) }
            // Of two at once the second finds nothing to spend, and waits for the first to find it.
            let spent = try connection.run(
                "UPDATE authorization_code SET is_spent = 1 WHERE hash = ? AND is_spent = 0",
                DatabaseValue(codeHash))
            guard spent == 1 else {
                _ = try connection.end(code.grant, as: .revokedByReuse)
                return .usedBefore(code.grant)
            }
            guard let grant = try connection.grant(code.grant), grant.isInForce(at: now),
                let tokens = issue(code, grant)
            else { return .refused(code.grant) }
            try connection.insert(tokens.access)
            if let refresh = tokens.refresh { try connection.insert(refresh) }
            return .issued(tokens, grant)
        }
    }

    public func token(hash: [UInt8]) throws(ConsentStoreFault) -> (token: AccessToken, grant: Grant)? {
        let found = try read { (connection) throws(DatabaseFault) -> StoredToken? in
            guard let token = try connection.token(hash: hash), let grant = try connection.grant(token.grant)
            else {
                return nil
            }
            return StoredToken(token: token, grant: grant)
        }
        return found.map { ($0.token, $0.grant) }
    }
}

private struct StoredToken: Sendable {
    let token: AccessToken
    let grant: Grant
}

private struct StoredCode {
    let code: AuthorizationCode
    let isSpent: Bool
}

extension DatabaseConnection {
    borrowing func insert(_ code: AuthorizationCode) throws(DatabaseFault) {
        try run(
            """
            INSERT INTO authorization_code (hash, grant_id, partner, redirect_uri, challenge, expires_at,
                is_spent)
            VALUES (?, ?, ?, ?, ?, ?, 0)
            """,
            DatabaseValue(code.hash), DatabaseValue(code.grant.text), DatabaseValue(code.partner),
            DatabaseValue(code.redirectURI), DatabaseValue(code.challenge.digest),
            DatabaseValue(code.expiresAt.seconds))
    }

    fileprivate borrowing func code(hash: [UInt8]) throws(DatabaseFault) -> StoredCode? {
        try first(
            """
            SELECT grant_id, partner, redirect_uri, challenge, expires_at, is_spent
            FROM authorization_code WHERE hash = ?
            """,
            DatabaseValue(hash)
        ) { (row) throws(DatabaseFault) in
            StoredCode(
                code: AuthorizationCode(
                    hash: hash, grant: GrantID(try row.text(0)), partner: try row.text(1),
                    redirectURI: try row.text(2), challenge: try row.challenge(3),
                    expiresAt: try row.moment(4)),
                isSpent: try row.bool(5))
        }
    }

    borrowing func insert(_ token: AccessToken) throws(DatabaseFault) {
        try run(
            """
            INSERT INTO access_token (hash, grant_id, partner, scopes, certificate, expires_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            DatabaseValue(token.hash), DatabaseValue(token.grant.text), DatabaseValue(token.partner),
            DatabaseValue(token.scopes.text), DatabaseValue(token.certificateFingerprint),
            DatabaseValue(token.expiresAt.seconds))
    }

    borrowing func token(hash: [UInt8]) throws(DatabaseFault) -> AccessToken? {
        try first(
            "SELECT grant_id, partner, scopes, certificate, expires_at FROM access_token WHERE hash = ?",
            DatabaseValue(hash)
        ) { (row) throws(DatabaseFault) in
            AccessToken(
                hash: hash, grant: GrantID(try row.text(0)), partner: try row.text(1),
                scopes: try row.scopes(2),
                certificateFingerprint: try row.bytes(3), expiresAt: try row.moment(4))
        }
    }
}
