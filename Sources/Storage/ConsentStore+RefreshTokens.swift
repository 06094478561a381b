public import Authorization
public import Text

extension ConsentStore {
    /// An access token that power loss takes is asked for again; not worth waiting for the disk.
    public func refresh(
        tokenHash: [UInt8], partner: String, countMax: Int, at now: WallTime,
        issue: (RefreshToken, Grant) throws(TokenError) -> AccessToken
    ) throws(ConsentStoreFault) -> Refreshment {
        try writeInTurn(.relaxed) { (connection) throws(DatabaseFault) in
            guard let token = try connection.refreshToken(hash: tokenHash), token.partner == partner,
                let grant = try connection.grant(token.grant)
            else { return .unknown }
            let issued: AccessToken
            do throws(TokenError) {
                issued = try issue(token, grant)
            } catch {
                return .refused(error, grant.id)
            }
            let isThere = try connection.run(
                "UPDATE oauth_refresh_token SET used_at = ?1 WHERE hash = ?2",
                DatabaseValue(now.seconds), DatabaseValue(tokenHash))
            // Revoked meanwhile; no token of an ended grant is good, but none need be made.
            guard isThere == 1 else { return .unknown }
            try connection.keepNewestTokens(of: grant.id, count: countMax - 1)
            try connection.insert(issued)
            return .issued(issued, grant)
        }
    }

    public func refreshToken(
        hash: [UInt8]
    ) throws(ConsentStoreFault) -> (token: RefreshToken, grant: Grant)? {
        let found = try read { (connection) throws(DatabaseFault) -> StoredRefreshToken? in
            guard let token = try connection.refreshToken(hash: hash),
                let grant = try connection.grant(token.grant)
            else { return nil }
            return StoredRefreshToken(token: token, grant: grant)
        }
        return found.map { ($0.token, $0.grant) }
    }

    public func revoke(
        tokenHash: [UInt8], partner: String
    ) throws(ConsentStoreFault) -> Revocation {
        try write { (connection) throws(DatabaseFault) in
            if let token = try connection.token(hash: tokenHash), token.partner == partner {
                try connection.run("DELETE FROM access_token WHERE hash = ?1", DatabaseValue(tokenHash))
                return .accessToken(token.grant)
            }
            if let token = try connection.refreshToken(hash: tokenHash), token.partner == partner {
                _ = try connection.end(token.grant, as: .revokedByPartner)
                return .refreshToken(token.grant)
            }
            return .unknown
        }
    }
}

private struct StoredRefreshToken: Sendable {
    let token: RefreshToken
    let grant: Grant
}

extension DatabaseConnection {
    borrowing func insert(_ token: RefreshToken) throws(DatabaseFault) {
        try run(
            """
            INSERT INTO oauth_refresh_token (hash, grant_id, partner, scopes, used_at)
            VALUES (?1, ?2, ?3, ?4, ?5)
            """,
            DatabaseValue(token.hash), DatabaseValue(token.grant.text), DatabaseValue(token.partner),
            DatabaseValue(token.scopes.text), DatabaseValue(token.usedAt.seconds))
    }

    fileprivate borrowing func refreshToken(hash: [UInt8]) throws(DatabaseFault) -> RefreshToken? {
        try first(
            "SELECT grant_id, partner, scopes, used_at FROM oauth_refresh_token WHERE hash = ?1",
            DatabaseValue(hash)
        ) { (row) throws(DatabaseFault) in
            RefreshToken(
                hash: hash, grant: GrantID(try row.text(0)), partner: try row.text(1),
                scopes: try row.scopes(2), usedAt: try row.moment(3))
        }
    }

    fileprivate borrowing func keepNewestTokens(of grant: GrantID, count: Int) throws(DatabaseFault) {
        try run(
            """
            DELETE FROM access_token WHERE grant_id = ?1 AND hash NOT IN
                (SELECT hash FROM access_token WHERE grant_id = ?1 ORDER BY expires_at DESC LIMIT ?2)
            """,
            DatabaseValue(grant.text), DatabaseValue(count))
    }
}
