public import Authorization
public import Text

extension ConsentStore: FlowRepository {
    /// A flow that power loss takes is begun anew by the customer; not worth waiting for the disk.
    public func begin(_ flow: ConsentFlow) throws(ConsentStoreFault) {
        try writeInTurn(.relaxed) { (connection) throws(DatabaseFault) in try connection.begin(flow) }
    }

    public func flow(_ id: FlowID) throws(ConsentStoreFault) -> ConsentFlow? {
        try read { (connection) throws(DatabaseFault) in
            try connection.first(
                """
                SELECT session, customer, partner, redirect_uri, request_state, scopes, challenge, steps,
                    period_from, period_until, started_at, last_seen_at, waiting_at, ended_as, form_token,
                    spent_form_token, revision, chosen_scopes, question, wrong_answers, registered,
                    problem
                FROM consent_flow WHERE id = ?1
                """,
                DatabaseValue(id.text)
            ) { (row) throws(DatabaseFault) in try row.flow(id) }
        }
    }

    public func save(_ flow: ConsentFlow, replacing revision: Int) throws(ConsentStoreFault) -> Bool {
        try writeInTurn(.relaxed) { (connection) throws(DatabaseFault) in
            try connection.replace(flow, revision: revision)
        }
    }

    public func conclude(
        _ flow: ConsentFlow, replacing revision: Int, grant: Grant, code: AuthorizationCode
    ) throws(ConsentStoreFault) -> Bool {
        try writeInTurn { (connection) throws(DatabaseFault) in
            guard try connection.replace(flow, revision: revision) else { return false }
            try connection.supersede(grantsOf: grant.customer, for: grant.partner)
            try connection.insert(grant)
            try connection.insert(code)
            if let address = grant.evidence.address {
                let traces = CustomerTraces(
                    address: address, certificate: grant.evidence.certificateFingerprint)
                try connection.remember(traces, of: grant.customer, at: grant.grantedAt)
            }
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
            try connection.run(
                """
                DELETE FROM consent_notice WHERE (grant_id, event) IN
                    (SELECT grant_id, event FROM consent_notice WHERE happened_at < ?
                    ORDER BY happened_at LIMIT ?)
                """,
                DatabaseValue(moment.adding(seconds: -noticesKeptSeconds).seconds), DatabaseValue(countMax))
            try connection.removeOAuthRemains(before: moment, countMax: countMax)
        }
    }
}

/// A year after what it tells of.
private let noticesKeptSeconds: Int64 = 365 * 86_400

extension DatabaseConnection {
    /// Ends the customer's other flows.
    borrowing func begin(_ flow: ConsentFlow) throws(DatabaseFault) {
        try run(
            """
            UPDATE consent_flow SET waiting_at = NULL, ended_as = ?1, revision = revision + 1
            WHERE customer = ?2 AND waiting_at IS NOT NULL
            """,
            DatabaseValue(FlowEnd.superseded.rawValue), DatabaseValue(flow.customer))
        let progress = flow.progress
        try run(
            """
            INSERT INTO consent_flow (id, session, customer, partner, redirect_uri, request_state, scopes,
                challenge, steps, period_from, period_until, started_at, last_seen_at, waiting_at,
                ended_as, form_token, spent_form_token, revision, chosen_scopes, question, wrong_answers,
                registered)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22)
            """,
            DatabaseValue(flow.id.text), DatabaseValue(flow.session), DatabaseValue(flow.customer),
            DatabaseValue(flow.request.partner), DatabaseValue(flow.request.redirectURI),
            DatabaseValue(flow.request.state), DatabaseValue(flow.request.scopes.text),
            DatabaseValue(flow.request.challenge.digest),
            DatabaseValue(flow.plan.steps.map(\.rawValue).joined(separator: " ")),
            DatabaseValue(flow.period.from.seconds), DatabaseValue(flow.period.until.seconds),
            DatabaseValue(flow.startedAt.seconds), DatabaseValue(progress.lastSeenAt.seconds),
            DatabaseValue(flow.state.waitingAt), DatabaseValue(flow.state.endedAs),
            DatabaseValue(flow.formToken), DatabaseValue(progress.spentFormToken),
            DatabaseValue(flow.revision), DatabaseValue(progress.scopes.text),
            DatabaseValue(flow.question.map(Int64.init)), DatabaseValue(progress.wrongAnswers),
            DatabaseValue(progress.registered.text))
    }

    /// What can change in a flow's life. False when the stored revision is another one.
    borrowing func replace(_ flow: ConsentFlow, revision: Int) throws(DatabaseFault) -> Bool {
        let progress = flow.progress
        let pushed = try flow.isAnswered ? heldPushedRequest(of: flow) : nil
        let count = try run(
            """
            UPDATE consent_flow SET last_seen_at = ?1, waiting_at = ?2, ended_as = ?3, form_token = ?4,
                spent_form_token = ?5, revision = ?6, chosen_scopes = ?7, wrong_answers = ?8,
                registered = ?9, problem = ?10
            WHERE id = ?11 AND revision = ?12
            """,
            DatabaseValue(progress.lastSeenAt.seconds), DatabaseValue(flow.state.waitingAt),
            DatabaseValue(flow.state.endedAs), DatabaseValue(flow.formToken),
            DatabaseValue(progress.spentFormToken), DatabaseValue(flow.revision),
            DatabaseValue(progress.scopes.text), DatabaseValue(progress.wrongAnswers),
            DatabaseValue(progress.registered.text), DatabaseValue(progress.problem?.text),
            DatabaseValue(flow.id.text), DatabaseValue(revision))
        guard count == 1 else { return false }
        if let pushed { try answer(pushed, by: flow) }
        return true
    }
}

extension [AccountKey] {
    /// Keys parted by spaces, which they do not contain.
    var text: String { map(\.text).joined(separator: " ") }
}

extension ConsentFlow {
    /// Whether the partner has its answer.
    fileprivate var isAnswered: Bool { state == .ended(.granted) || state == .ended(.denied) }
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
    /// The columns in the order of the statement above.
    fileprivate func flow(_ id: FlowID) throws(DatabaseFault) -> ConsentFlow {
        let asked = try scopes(5)
        return ConsentFlow(
            id: id, session: try text(0), customer: try text(1),
            request: AuthorizationRequest(
                partner: try text(2), redirectURI: try text(3), state: try textIfPresent(4), scopes: asked,
                challenge: try challenge(6)),
            plan: try plan(7), period: try period(8),
            question: isNull(18) ? nil : try count(18), startedAt: try moment(10),
            progress: FlowProgress(
                state: try flowState(waitingAt: 12, endedAs: 13), lastSeenAt: try moment(11),
                // A flow that was begun before there was a choice.
                scopes: isNull(17) ? asked : try scopes(17), wrongAnswers: try count(19),
                registered: try accounts(20), formToken: try text(14),
                spentFormToken: try textIfPresent(15), problem: try problem(21), revision: try count(16)))
    }

    fileprivate func problem(_ column: Int) throws(DatabaseFault) -> FlowProblem? {
        guard let text = try textIfPresent(column) else { return nil }
        guard let problem = FlowProblem(text: text) else { throw DatabaseFault(.corrupt, "problem") }
        return problem
    }

    /// What ``[AccountKey].text`` made.
    func accounts(_ column: Int) throws(DatabaseFault) -> [AccountKey] {
        let keys = try text(column).split(separator: " ").map { AccountKey($0) }
        guard !keys.contains(nil) else { throw DatabaseFault(.corrupt, "accounts") }
        return keys.compactMap(\.self)
    }

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
