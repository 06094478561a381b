public import Authorization
public import Text

extension ConsentStore: CustomerRepository {
    public func customer(_ id: String) throws(ConsentStoreFault) -> CustomerRecord {
        try read { (connection) throws(DatabaseFault) in try connection.customer(id) }
    }

    public func replace(_ customers: [CustomerRecord]) throws(ConsentStoreFault) {
        try replace(customers, familiar: [], at: WallTime(seconds: 0))
    }

    /// The same, and in the same transaction makes traces familiar.
    public func replace(
        _ customers: [CustomerRecord], familiar traces: [(customer: String, traces: CustomerTraces)],
        at now: WallTime
    ) throws(ConsentStoreFault) {
        try write { (connection) throws(DatabaseFault) in
            for customer in customers { try connection.replace(customer) }
            for (customer, traces) in traces { try connection.remember(traces, of: customer, at: now) }
        }
    }

    public func allowAnswers(of customer: String) throws(ConsentStoreFault) -> Bool {
        try write { (connection) throws(DatabaseFault) in
            try connection.run(
                "UPDATE consent_customer SET wrong_answers = 0, is_challenge_stopped = 0 WHERE id = ?1",
                DatabaseValue(customer)) == 1
        }
    }

    public func novelties(
        of traces: CustomerTraces, of customer: String
    ) throws(ConsentStoreFault) -> Set<RiskFact> {
        try read { (connection) throws(DatabaseFault) in
            var facts: Set<RiskFact> = []
            for trace in traces.rows where try !connection.knows(trace, of: customer) {
                facts.insert(trace.kind)
            }
            return facts
        }
    }

    public func remember(
        _ traces: CustomerTraces, of customer: String, at now: WallTime
    ) throws(ConsentStoreFault) {
        try write { (connection) throws(DatabaseFault) in
            try connection.remember(traces, of: customer, at: now)
        }
    }

    public func save(
        _ flow: ConsentFlow, replacing revision: Int, recording record: FlowRecord
    ) throws(ConsentStoreFault) -> Bool {
        try write { (connection) throws(DatabaseFault) in
            guard try connection.replace(flow, revision: revision) else { return false }
            switch record {
            case .rightAnswer(let traces):
                try connection.clearWrongAnswers(of: flow.customer)
                try connection.remember(traces, of: flow.customer, at: flow.progress.lastSeenAt)
            case .wrongAnswer(let isLast):
                try connection.countWrongAnswer(of: flow.customer, isLast: isLast)
            case .pins(let pins):
                for (account, sealed) in pins {
                    guard var pin = try connection.pin(of: account, of: flow.customer) else {
                        throw DatabaseFault(.conflict, "an account that is being registered has gone")
                    }
                    pin.register(sealed)
                    try connection.store(pin, of: account, of: flow.customer)
                }
            }
            return true
        }
    }

    public func anyPIN() throws(ConsentStoreFault) -> StoredPIN? {
        try read { (connection) throws(DatabaseFault) in
            try connection.first(
                """
                SELECT customer, account, coalesce(pending_pin, active_pin) FROM inquiry_account
                WHERE pending_pin IS NOT NULL OR active_pin IS NOT NULL LIMIT 1
                """
            ) { (row) throws(DatabaseFault) in
                guard let account = AccountKey(try row.text(1)) else {
                    throw DatabaseFault(.corrupt, "account")
                }
                return StoredPIN(
                    customer: try row.text(0), account: account, pin: SealedPIN(try row.bytes(2)))
            }
        }
    }

    public func claim(
        _ pin: SealedPIN, for account: AccountKey, of customer: String, at now: WallTime,
        until deadline: WallTime
    ) throws(ConsentStoreFault) -> Bool {
        try write { (connection) throws(DatabaseFault) in
            try connection.run(
                """
                UPDATE inquiry_account SET claimed_until = ?1
                WHERE customer = ?2 AND account = ?3 AND pending_pin = ?4
                    AND (claimed_until IS NULL OR claimed_until <= ?5)
                """,
                DatabaseValue(deadline.seconds), DatabaseValue(customer), DatabaseValue(account.text),
                DatabaseValue(pin.bytes), DatabaseValue(now.seconds)) == 1
        }
    }

    public func learn(
        _ outcome: PINOutcome, of pin: SealedPIN, for account: AccountKey, of customer: String
    ) throws(ConsentStoreFault) -> PINChange? {
        try write { (connection) throws(DatabaseFault) in
            guard var stored = try connection.pin(of: account, of: customer),
                let change = stored.learn(outcome, of: pin)
            else { return nil }
            try connection.store(stored, of: account, of: customer)
            return change
        }
    }
}

extension DatabaseConnection {
    fileprivate borrowing func customer(_ id: String) throws(DatabaseFault) -> CustomerRecord {
        let kept = try first(
            "SELECT permitted, wrong_answers, is_challenge_stopped FROM consent_customer WHERE id = ?1",
            DatabaseValue(id)
        ) { (row) throws(DatabaseFault) in
            CustomerRecord(
                id: id, permitted: try row.scopes(0), wrongAnswers: try row.count(1),
                isChallengeStopped: try row.bool(2))
        }
        var customer = kept ?? CustomerRecord(id: id)
        customer.questions = try all(
            """
            SELECT question, answer_hash FROM challenge_question WHERE customer = ?1
            ORDER BY number LIMIT ?2
            """,
            DatabaseValue(id), DatabaseValue(CustomerRecord.questionsMax)
        ) { (row) throws(DatabaseFault) in
            ChallengeQuestion(text: try row.text(0), answerHash: try row.text(1))
        }
        customer.accounts = try all(
            """
            SELECT account, branch_name, memo, active_pin, pending_pin FROM inquiry_account
            WHERE customer = ?1 ORDER BY number, account LIMIT ?2
            """,
            DatabaseValue(id), DatabaseValue(CustomerRecord.accountsMax)
        ) { (row) throws(DatabaseFault) in
            guard let key = AccountKey(try row.text(0)) else { throw DatabaseFault(.corrupt, "account") }
            return InquiryAccount(
                key: key, branchName: try row.text(1), memo: try row.textIfPresent(2), pin: try row.pin(3))
        }
        return customer
    }

    fileprivate borrowing func replace(_ customer: CustomerRecord) throws(DatabaseFault) {
        let id = DatabaseValue(customer.id)
        let pins = try self.customer(customer.id).accounts
        try run("DELETE FROM consent_customer WHERE id = ?1", id)
        try run("DELETE FROM challenge_question WHERE customer = ?1", id)
        try run("DELETE FROM inquiry_account WHERE customer = ?1", id)
        try run(
            """
            INSERT INTO consent_customer (id, permitted, wrong_answers, is_challenge_stopped)
            VALUES (?1, ?2, ?3, ?4)
            """,
            id, DatabaseValue(customer.permitted.text), DatabaseValue(customer.wrongAnswers),
            DatabaseValue(customer.isChallengeStopped))
        for (number, question) in customer.questions.enumerated() {
            try run(
                """
                INSERT INTO challenge_question (customer, number, question, answer_hash)
                VALUES (?1, ?2, ?3, ?4)
                """,
                id, DatabaseValue(number), DatabaseValue(question.text), DatabaseValue(question.answerHash))
        }
        for (number, account) in customer.accounts.enumerated() {
            let kept = pins.first { $0.key == account.key }?.pin
            let pin = account.pin.status == .unregistered ? kept ?? account.pin : account.pin
            try run(
                """
                INSERT INTO inquiry_account (customer, account, number, branch_name, memo, active_pin,
                    pending_pin)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                """,
                id, DatabaseValue(account.key.text), DatabaseValue(number),
                DatabaseValue(account.branchName), DatabaseValue(account.memo),
                DatabaseValue(pin.active?.bytes), DatabaseValue(pin.pending?.bytes))
        }
    }

    // MARK: 照会用暗証番号

    fileprivate borrowing func pin(
        of account: AccountKey, of customer: String
    ) throws(DatabaseFault) -> AccountPIN? {
        try first(
            "SELECT active_pin, pending_pin FROM inquiry_account WHERE customer = ?1 AND account = ?2",
            DatabaseValue(customer), DatabaseValue(account.text)
        ) { (row) throws(DatabaseFault) in try row.pin(0) }
    }

    fileprivate borrowing func store(
        _ pin: AccountPIN, of account: AccountKey, of customer: String
    ) throws(DatabaseFault) {
        try run(
            """
            UPDATE inquiry_account SET active_pin = ?1, pending_pin = ?2, claimed_until = NULL
            WHERE customer = ?3 AND account = ?4
            """,
            DatabaseValue(pin.active?.bytes), DatabaseValue(pin.pending?.bytes), DatabaseValue(customer),
            DatabaseValue(account.text))
    }

    // MARK: 追加認証

    fileprivate borrowing func countWrongAnswer(
        of customer: String, isLast: Bool
    ) throws(DatabaseFault) {
        try run(
            """
            UPDATE consent_customer SET wrong_answers = wrong_answers + 1,
                is_challenge_stopped = CASE WHEN ?1 = 1 THEN 1 ELSE is_challenge_stopped END
            WHERE id = ?2
            """,
            DatabaseValue(isLast), DatabaseValue(customer))
    }

    fileprivate borrowing func clearWrongAnswers(of customer: String) throws(DatabaseFault) {
        try run("UPDATE consent_customer SET wrong_answers = 0 WHERE id = ?1", DatabaseValue(customer))
    }

    fileprivate borrowing func knows(
        _ trace: CustomerTrace, of customer: String
    ) throws(DatabaseFault) -> Bool {
        try first(
            "SELECT 1 FROM customer_trace WHERE customer = ?1 AND kind = ?2 AND trace = ?3",
            DatabaseValue(customer), DatabaseValue(trace.kind.rawValue), DatabaseValue(trace.text)
        ) { (_) throws(DatabaseFault) in true } ?? false
    }

    /// Of each kind the newest ones are kept.
    borrowing func remember(
        _ traces: CustomerTraces, of customer: String, at now: WallTime
    ) throws(DatabaseFault) {
        for trace in traces.rows {
            try run(
                """
                INSERT INTO customer_trace (customer, kind, trace, seen_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (customer, kind, trace) DO UPDATE SET seen_at = ?4
                """,
                DatabaseValue(customer), DatabaseValue(trace.kind.rawValue), DatabaseValue(trace.text),
                DatabaseValue(now.seconds))
            try run(
                """
                DELETE FROM customer_trace WHERE customer = ?1 AND kind = ?2 AND trace NOT IN
                    (SELECT trace FROM customer_trace WHERE customer = ?1 AND kind = ?2
                    ORDER BY seen_at DESC, trace LIMIT ?3)
                """,
                DatabaseValue(customer), DatabaseValue(trace.kind.rawValue), DatabaseValue(tracesMax))
        }
    }
}

/// Networks, and certificates, that are remembered of a customer.
private let tracesMax = 50

/// A trace as it is stored, by the fact it would be if it were not.
private struct CustomerTrace {
    let kind: RiskFact
    let text: String
}

extension CustomerTraces {
    fileprivate var rows: [CustomerTrace] {
        [CustomerTrace(kind: .newAddress, text: network.text)]
            + (certificate.map { [CustomerTrace(kind: .newCertificate, text: Hex.encode($0))] } ?? [])
    }
}

extension DatabaseRow {
    /// A PIN in two columns, from the given one.
    fileprivate func pin(_ column: Int) throws(DatabaseFault) -> AccountPIN {
        AccountPIN(
            active: try bytesIfPresent(column).map(SealedPIN.init),
            pending: try bytesIfPresent(column + 1).map(SealedPIN.init))
    }
}
