import Authorization
import Crypto
import HTTP
import Logs
import Metrics
import Reactor
import Serving
import Text

/// Every line that the backend logs. No assertion, code, token, verifier or query is ever handed in here.
struct ConsentJournal: Sendable {
    let log: LogSink
    /// One record for each request.
    let access: LogSink
    /// Decisions about persons and partners.
    let audit: LogSink
    let metrics: ConsentMetrics
    /// Nothing happens that cannot be recorded; otherwise it does, with an alarm.
    private let stopsWhenFull: Bool

    /// - Parameter access: Where access records go; nil for where the others go.
    init(
        log: LogSink, audit: LogSink, access: LogSink? = nil, stopsWhenFull: Bool = true,
        metrics: ConsentMetrics = ConsentMetrics()
    ) {
        self.log = log
        self.access = access ?? log
        self.audit = audit
        self.stopsWhenFull = stopsWhenFull
        self.metrics = metrics
        let sinks = [("log", log), ("access", self.access), ("audit", audit)]
        metrics.registry.collect { samples in
            for (index, (name, sink)) in sinks.enumerated() where index == 0 || sink !== log {
                samples.add(
                    ConsentMetrics.logDropped, [name], .count(UInt64(clamping: sink.droppedCount)))
                samples.add(ConsentMetrics.logFailing, [name], sink.failure == nil ? 0 : 1)
            }
        }
    }

    /// Whether requests must wait until records can be written again.
    var isStopped: Bool { stopsWhenFull && (audit.failure != nil || access.failure != nil) }

    /// Takes a record for auditors, and counts it.
    func note(_ record: LogRecord) {
        metrics.audited(record.event)
        audit.write(record)
    }

    // MARK: Operators

    func answered(_ request: WebRequest, _ response: WebResponse, microseconds: Int) {
        var record = LogRecord(.info, "request.served", kind: .access)
        if let request = CallTrace(request.head.headers) {
            record.add("request", request.requestID)
            if let trace = request.traceID { record.add("trace", trace) }
        }
        record.add("method", request.head.method)
        record.add("path", request.head.path)
        record.add("status", response.status)
        record.add("bytes_out", response.body.count)
        record.add("microseconds", microseconds)
        access.write(record)
    }

    func storeFailed(_ fault: ConsentStoreFault, _ code: SupportCode) {
        var record = LogRecord(.error, "store.failed")
        record.add("support_code", code.text)
        record.add("reason", fault.description)
        log.write(record)
    }

    func keysUnreadable(_ reason: String) {
        var record = LogRecord(.error, "assertionKeys.unreadable")
        record.add("reason", reason)
        log.write(record)
    }

    // MARK: Auditors

    func assertionRefused(_ request: WebRequest, _ fault: AssertionFault, _ code: SupportCode) {
        var record = self.record(.warning, "assertion.refused")
        record.add("support_code", code.text)
        record.add("reason", fault.rawValue)
        record.add("method", request.head.method)
        record.add("path", request.head.path)
        record.add("peer", request.peer.ip)
        if let trace = CallTrace(request.head.headers) { record.add("request", trace.requestID) }
        note(record)
    }

    /// A page that says why it cannot go on.
    func noticeShown(_ message: ConsentMessage, _ code: SupportCode, _ assertion: Assertion?, _ path: String)
    {
        var record = self.record(.notice, "request.refused", assertion)
        record.add("support_code", code.text)
        record.add("page", message.rawValue)
        record.add("path", path)
        note(record)
    }

    func authorizationRefused(_ error: AuthorizationError, partner: String?, _ assertion: Assertion) {
        var record = self.record(.notice, "authorization.refused", assertion)
        record.add("error", error.code.rawValue)
        if let detail = error.detail { record.add("detail", detail) }
        if let partner { record.add("partner", partner) }
        note(record)
    }

    /// - Parameter facts: What the decision about 追加認証 rests on.
    func flowBegan(_ flow: ConsentFlow, _ facts: Set<RiskFact>, _ assertion: Assertion) {
        var record = self.record(.notice, "flow.started", flow, assertion)
        for step in flow.plan.steps { metrics.flow(step: step.rawValue, "planned") }
        record.add("steps", flow.plan.steps.map(\.rawValue).joined(separator: " "))
        record.add("facts", RiskFact.allCases.filter(facts.contains).map(\.rawValue).joined(separator: " "))
        note(record)
    }

    /// A step is done, or an answer was wrong.
    func advanced(
        _ flow: ConsentFlow, from before: ConsentFlow, _ brought: FlowRecord?, _ assertion: Assertion
    ) {
        let (level, event): (LogLevel, String) =
            switch brought {
            case .rightAnswer: (.notice, "challenge.passed")
            case .wrongAnswer(isLast: false): (.warning, "challenge.failed")
            case .wrongAnswer(isLast: true): (.warning, "challenge.stopped")
            case .pins: (.notice, "pins.registered")
            case nil: (.notice, "flow.advanced")
            }
        var record = self.record(level, event, flow, assertion)
        if case .waiting(let step) = before.state {
            record.add("step", step.rawValue)
            metrics.flow(step: step.rawValue, brought.outcome)
        }
        if case .pins(let pins) = brought {
            record.add("accounts", pins.keys.map(\.text).sorted().joined(separator: " "))
        }
        note(record)
    }

    func granted(_ grant: Grant, _ flow: ConsentFlow, _ assertion: Assertion) {
        metrics.flow(step: "consent", "granted")
        var record = self.record(.notice, "consent.granted", flow, assertion)
        record.add("grant", grant.id.text)
        record.add("from", grant.period.from.rfc3339)
        record.add("until", grant.period.until.rfc3339)
        record.add("accounts", grant.accounts.map(\.text).joined(separator: " "))
        record.add("context", grant.evidence.context)
        record.add("challenged", grant.evidence.isChallenged)
        record.add("authenticated_at", grant.evidence.authenticatedAt.rfc3339)
        if let fingerprint = grant.evidence.certificateFingerprint {
            record.add("fingerprint", Hex.encode(fingerprint))
        }
        note(record)
        var code = self.record(.notice, "code.issued", assertion)
        code.add("flow", flow.id.text)
        code.add("grant", grant.id.text)
        code.add("partner", grant.partner)
        note(code)
    }

    func grantEnded(
        _ grant: Grant, as status: GrantStatus, because ending: GrantEnding? = nil, _ assertion: Assertion
    ) {
        var record = self.record(.notice, "grant.ended", assertion)
        record.add("grant", grant.id.text)
        record.add("partner", grant.partner)
        record.add("status", status.rawValue)
        if let ending {
            record.add("customer", grant.customer)
            record.add("reason", ending.rawValue)
        }
        note(record)
    }

    /// 許可 was pressed, and is not possible for now.
    func declined(_ flow: ConsentFlow, because ending: GrantEnding, _ assertion: Assertion) {
        var record = self.record(.warning, "consent.declined", flow, assertion)
        record.add("page", ConsentMessage.suspended.rawValue)
        record.add("reason", ending.rawValue)
        audit.write(record)
    }

    func denied(_ flow: ConsentFlow, _ assertion: Assertion) {
        metrics.flow(step: "consent", "denied")
        note(record(.notice, "consent.denied", flow, assertion))
    }

    /// What a 照会 has shown of a PIN; never the PIN.
    func pinChanged(_ change: PINChange, of account: AccountKey, _ grant: Grant, _ assertion: Assertion) {
        var record = self.record(
            change == .promoted ? .notice : .warning, "pin.\(change.rawValue)", assertion)
        record.add("account", account.text)
        record.add("grant", grant.id.text)
        record.add("partner", grant.partner)
        record.add("customer", grant.customer)
        note(record)
    }

    func pinUnreadable(_ account: AccountKey, _ code: SupportCode) {
        var record = LogRecord(.error, "pin.unreadable")
        record.add("account", account.text)
        record.add("support_code", code.text)
        log.write(record)
    }

    func hostFailed(_ fault: HostFault, _ code: SupportCode) {
        var record = LogRecord(.error, "host.failed")
        record.add("reason", fault.detail)
        record.add("support_code", code.text)
        log.write(record)
    }

    func resourceRead(_ path: String, _ grant: Grant, _ assertion: Assertion) {
        var record = self.record(.notice, "resource.read", assertion)
        record.add("path", path)
        record.add("grant", grant.id.text)
        record.add("partner", grant.partner)
        record.add("customer", grant.customer)
        note(record)
    }

    func resourceRefused(_ path: String, _ error: String, _ assertion: Assertion) {
        var record = self.record(.notice, "resource.refused", assertion)
        record.add("path", path)
        record.add("error", error)
        note(record)
    }

    // MARK: Parts

    func record(_ level: LogLevel, _ event: String, _ assertion: Assertion? = nil) -> LogRecord {
        var record = LogRecord(level, event, kind: .audit)
        guard let assertion else { return record }
        if let trace = assertion.trace {
            record.add("request", trace.requestID)
            if let id = trace.traceID { record.add("trace", id) }
        }
        record.add("client", assertion.clientAddress)
        switch assertion.subject {
        case .anonymous: break
        case .customer(let session):
            record.add("customer", session.customer)
            record.add("session", session.evidence.session)
        case .partner(let certificate):
            record.add("partner_fingerprint", Hex.encode(certificate.fingerprint))
        }
        return record
    }

    private func record(
        _ level: LogLevel, _ event: String, _ flow: ConsentFlow, _ assertion: Assertion
    ) -> LogRecord {
        var record = self.record(level, event, assertion)
        record.add("flow", flow.id.text)
        record.add("partner", flow.request.partner)
        record.add("scope", flow.progress.scopes.text)
        return record
    }
}

/// What the gateway calls a request, in its logs and in these.
struct CallTrace: Sendable, Hashable {
    let requestID: String
    let traceID: String?

    /// Nil when the gateway has given it no name.
    init?(_ headers: HeaderFields) {
        guard let id = headers["X-Request-Id"], RequestID.isWellFormed(id) else { return nil }
        requestID = id
        traceID = headers["traceparent"].flatMap(TraceParent.init)?.traceID
    }
}

extension FlowRecord? {
    /// In the metrics' words.
    fileprivate var outcome: String {
        switch self {
        case .wrongAnswer(isLast: false): "failed"
        case .wrongAnswer(isLast: true): "stopped"
        case .rightAnswer, .pins, nil: "done"
        }
    }
}
