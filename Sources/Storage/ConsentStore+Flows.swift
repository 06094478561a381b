public import Authorization
public import Text

extension ConsentStore: FlowRepository {
    /// A flow that power loss takes is begun anew by the customer; not worth waiting for the disk.
    public func begin(_ flow: ConsentFlow) throws(ConsentStoreFault) {
        try write(.relaxed) { (connection) throws(DatabaseFault) in try connection.begin(flow) }
    }

    public func flow(_ id: FlowID) throws(ConsentStoreFault) -> ConsentFlow? {
        try read { (connection) throws(DatabaseFault) in
            try connection.first(
                """
                SELECT session, customer, partner, redirect_uri, request_state, scopes, challenge, steps,
                    period_from, period_until, started_at, last_seen_at, waiting_at, ended_as, form_token,
                    spent_form_token, revision
                FROM consent_flow WHERE id = ?
                """,
                DatabaseValue(id.text)
            ) { (row) throws(DatabaseFault) in
                ConsentFlow(
                    id: id, session: try row.text(0), customer: try row.text(1),
                    request: AuthorizationRequest(
                        partner: try row.text(2), redirectURI: try row.text(3),
                        state: try row.textIfPresent(4),
                        scopes: try row.scopes(5), challenge: try row.challenge(6)),
                    plan: try row.plan(7), period: try row.period(8), startedAt: try row.moment(10),
                    lastSeenAt: try row.moment(11), state: try row.flowState(waitingAt: 12, endedAs: 13),
                    formToken: try row.text(14), spentFormToken: try row.textIfPresent(15),
                    revision: try row.count(16))
            }
        }
    }

    public func save(_ flow: ConsentFlow, replacing revision: Int) throws(ConsentStoreFault) -> Bool {
        try write(.relaxed) { (connection) throws(DatabaseFault) in
            try connection.replace(flow, revision: revision)
        }
    }

    public func conclude(
        _ flow: ConsentFlow, replacing revision: Int, grant: Grant, code: AuthorizationCode
    ) throws(ConsentStoreFault) -> Bool {
        try write { (connection) throws(DatabaseFault) in
            guard try connection.replace(flow, revision: revision) else { return false }
            try connection.supersede(grantsOf: grant.customer, for: grant.partner)
            try connection.insert(grant)
            try connection.insert(code)
            return true
        }
    }

    public func removeRemains(before moment: WallTime, countMax: Int) throws(ConsentStoreFault) {
        let limits = [DatabaseValue(moment.seconds), DatabaseValue(countMax)]
        try write(.relaxed) { (connection) throws(DatabaseFault) in
            try connection.run(
                """
                DELETE FROM consent_flow WHERE id IN
                    (SELECT id FROM consent_flow WHERE started_at < ? ORDER BY started_at LIMIT ?)
                """, values: limits)
            try connection.run(
                """
                DELETE FROM authorization_code WHERE hash IN
                    (SELECT hash FROM authorization_code WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
                """, values: limits)
            try connection.run(
                """
                DELETE FROM access_token WHERE hash IN
                    (SELECT hash FROM access_token WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
                """, values: limits)
            try connection.removeOAuthRemains(before: moment, countMax: countMax)
        }
    }
}

extension DatabaseConnection {
    borrowing func begin(_ flow: ConsentFlow) throws(DatabaseFault) {
        try run(
            """
            UPDATE consent_flow SET waiting_at = NULL, ended_as = ?, revision = revision + 1
            WHERE customer = ? AND waiting_at IS NOT NULL
            """,
            DatabaseValue(FlowEnd.superseded.rawValue), DatabaseValue(flow.customer))
        try run(
            """
            INSERT INTO consent_flow (id, session, customer, partner, redirect_uri, request_state, scopes,
                challenge, steps, period_from, period_until, started_at, last_seen_at, waiting_at,
                ended_as, form_token, spent_form_token, revision)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            DatabaseValue(flow.id.text), DatabaseValue(flow.session), DatabaseValue(flow.customer),
            DatabaseValue(flow.request.partner), DatabaseValue(flow.request.redirectURI),
            DatabaseValue(flow.request.state), DatabaseValue(flow.request.scopes.text),
            DatabaseValue(flow.request.challenge.digest),
            DatabaseValue(flow.plan.steps.map(\.rawValue).joined(separator: " ")),
            DatabaseValue(flow.period.from.seconds), DatabaseValue(flow.period.until.seconds),
            DatabaseValue(flow.startedAt.seconds), DatabaseValue(flow.lastSeenAt.seconds),
            DatabaseValue(flow.state.waitingAt), DatabaseValue(flow.state.endedAs),
            DatabaseValue(flow.formToken),
            DatabaseValue(flow.spentFormToken), DatabaseValue(flow.revision))
    }

    /// What can change in a flow's life. False when the stored revision is another one.
    fileprivate borrowing func replace(_ flow: ConsentFlow, revision: Int) throws(DatabaseFault) -> Bool {
        let count = try run(
            """
            UPDATE consent_flow SET last_seen_at = ?, waiting_at = ?, ended_as = ?, form_token = ?,
                spent_form_token = ?, revision = ?
            WHERE id = ? AND revision = ?
            """,
            DatabaseValue(flow.lastSeenAt.seconds), DatabaseValue(flow.state.waitingAt),
            DatabaseValue(flow.state.endedAs), DatabaseValue(flow.formToken),
            DatabaseValue(flow.spentFormToken),
            DatabaseValue(flow.revision), DatabaseValue(flow.id.text), DatabaseValue(revision))
        guard count == 1 else { return false }
        switch flow.state {
        case .ended(.granted), .ended(.denied): try answerPushedRequest(of: flow)
        default: break
        }
        return true
    }
}

extension FlowState {
    fileprivate var waitingAt: String? {
        if case .waiting(let step) = self { step.rawValue } else { nil }
    }

    fileprivate var endedAs: String? {
        if case .ended(let end) = self { end.rawValue } else { nil }
    }
}

extension DatabaseRow {
    fileprivate func plan(_ column: Int) throws(DatabaseFault) -> FlowPlan {
        let steps = try text(column).split(separator: " ").map { FlowStep(rawValue: String($0)) }
        guard !steps.contains(nil), let plan = FlowPlan(steps.compactMap(\.self)) else {
            throw DatabaseFault(.corrupt, "steps")
        }
        return plan
    }

    fileprivate func flowState(waitingAt step: Int, endedAs end: Int) throws(DatabaseFault) -> FlowState {
        isNull(step) ? .ended(try choice(end)) : .waiting(try choice(step))
    }
}
