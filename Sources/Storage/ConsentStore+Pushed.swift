public import Authorization
public import Text

extension ConsentStore: PushedRequestRepository {
    /// A request that power loss takes is pushed anew by the partner; not worth waiting for the disk.
    public func push(_ pushed: PushedRequest) throws(ConsentStoreFault) {
        try writeInTurn(.relaxed) { (connection) throws(DatabaseFault) in
            let request = pushed.request
            try connection.run(
                """
                INSERT INTO oauth_pushed_request (hash, partner, redirect_uri, request_state, scopes,
                    challenge, expires_at, is_answered)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
                """,
                DatabaseValue(pushed.hash), DatabaseValue(request.partner),
                DatabaseValue(request.redirectURI), DatabaseValue(request.state),
                DatabaseValue(request.scopes.text), DatabaseValue(request.challenge.digest),
                DatabaseValue(pushed.expiresAt.seconds))
        }
    }

    public func pushedRequest(hash: [UInt8]) throws(ConsentStoreFault) -> PushedRequest? {
        try read { (connection) throws(DatabaseFault) in
            try connection.first(
                """
                SELECT partner, redirect_uri, request_state, scopes, challenge, expires_at, is_answered
                FROM oauth_pushed_request WHERE hash = ?1
                """,
                DatabaseValue(hash)
            ) { (row) throws(DatabaseFault) in
                PushedRequest(
                    hash: hash,
                    request: AuthorizationRequest(
                        partner: try row.text(0), redirectURI: try row.text(1),
                        state: try row.textIfPresent(2), scopes: try row.scopes(3),
                        challenge: try row.challenge(4)),
                    expiresAt: try row.moment(5), isAnswered: try row.bool(6))
            }
        }
    }

    public func begin(_ flow: ConsentFlow, answering hash: [UInt8]) throws(ConsentStoreFault) -> Bool {
        try writeInTurn(.relaxed) { (connection) throws(DatabaseFault) in
            // Whoever answers it meanwhile waits for this, and then finds the new flow.
            let isOpen = try connection.run(
                "UPDATE oauth_pushed_request SET is_answered = 0 WHERE hash = ?1 AND is_answered = 0",
                DatabaseValue(hash))
            guard isOpen == 1 else { return false }
            try connection.begin(flow)
            try connection.run(
                "INSERT INTO oauth_pushed_flow (flow_id, request_hash) VALUES (?1, ?2)",
                DatabaseValue(flow.id.text), DatabaseValue(hash))
            return true
        }
    }
}

extension ConsentStore: ClientAssertionRepository {
    public func remember(
        assertion hash: [UInt8], until moment: WallTime
    ) throws(ConsentStoreFault) -> Bool {
        try writeInTurn { (connection) throws(DatabaseFault) in
            try connection.run(
                """
                INSERT INTO oauth_client_assertion (hash, expires_at) VALUES (?1, ?2)
                ON CONFLICT (hash) DO NOTHING
                """,
                DatabaseValue(hash), DatabaseValue(moment.seconds)) == 1
        }
    }
}

extension DatabaseConnection {
    /// The pushed request that a flow is for, if there is one; until the transaction ends nobody else begins
    /// or ends a flow for it. Taken before any flow, so that no two wait for each other.
    borrowing func heldPushedRequest(of flow: ConsentFlow) throws(DatabaseFault) -> [UInt8]? {
        let hash = try first(
            "SELECT request_hash FROM oauth_pushed_flow WHERE flow_id = ?1", DatabaseValue(flow.id.text)
        ) { (row) throws(DatabaseFault) in try row.bytes(0) }
        guard let hash else { return nil }
        try run("UPDATE oauth_pushed_request SET partner = partner WHERE hash = ?1", DatabaseValue(hash))
        return hash
    }

    /// A flow has its answer: no other flow for the pushed request can get one.
    borrowing func answer(_ hash: [UInt8], by flow: ConsentFlow) throws(DatabaseFault) {
        try run("UPDATE oauth_pushed_request SET is_answered = 1 WHERE hash = ?1", DatabaseValue(hash))
        try run(
            """
            UPDATE consent_flow SET waiting_at = NULL, ended_as = ?1, revision = revision + 1
            WHERE waiting_at IS NOT NULL AND id <> ?2
                AND id IN (SELECT flow_id FROM oauth_pushed_flow WHERE request_hash = ?3)
            """,
            DatabaseValue(FlowEnd.superseded.rawValue), DatabaseValue(flow.id.text), DatabaseValue(hash))
    }

    /// Up to `countMax` each of what ended before `moment`.
    borrowing func removeOAuthRemains(before moment: WallTime, countMax: Int) throws(DatabaseFault) {
        for sql in [
            """
            DELETE FROM oauth_pushed_request WHERE hash IN
                (SELECT hash FROM oauth_pushed_request WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
            """,
            """
            DELETE FROM oauth_client_assertion WHERE hash IN
                (SELECT hash FROM oauth_client_assertion WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
            """,
        ] {
            try run(sql, DatabaseValue(moment.seconds), DatabaseValue(countMax))
        }
    }
}
