import Crypto
import HTTP
import Identity
import Logs
import Reactor
import Serving
import TLS
import Text
import X509

/// Every line that the gateway logs. No password, cookie, continuation, assertion or query is ever handed in
/// here. What is refused is counted here too, so that log and metrics give the same reasons.
struct GatewayLogs: Sendable {
    let log: LogSink
    /// One record for each request.
    let access: LogSink
    /// Decisions about persons and partners.
    let audit: LogSink
    let metrics: GatewayMetrics
    /// Nothing happens that cannot be recorded; otherwise it does, with an alarm.
    private let stopsWhenFull: Bool

    /// - Parameter access: Where access records go; nil for where the others go.
    init(
        log: LogSink, audit: LogSink, access: LogSink? = nil, stopsWhenFull: Bool = true,
        metrics: GatewayMetrics = GatewayMetrics()
    ) {
        self.log = log
        self.audit = audit
        self.access = access ?? log
        self.stopsWhenFull = stopsWhenFull
        self.metrics = metrics
    }

    /// Each with its name in the metrics.
    var sinks: [(name: String, sink: LogSink)] {
        var sinks = [("log", log)]
        if access !== log { sinks.append(("access", access)) }
        if audit !== log { sinks.append(("audit", audit)) }
        return sinks
    }

    /// Whether requests must wait until records can be written again.
    var areStopped: Bool { stopsWhenFull && (audit.failure != nil || access.failure != nil) }

    /// Records a decision before it takes effect: false when it must not.
    func decide(_ record: LogRecord) -> Bool {
        if stopsWhenFull { return audit.commit(record) }
        audit.write(record)
        return true
    }

    // MARK: Access

    func accessed(_ exchange: Exchange, _ note: AccessNote, microseconds: Int) {
        let request = exchange.request
        access.writeAccess("request.served") { record in
            record.add("request", note.trace.requestID)
            record.add("trace", note.trace.traceID)
            record.add("client", exchange.connection.address.ip)
            record.add("host", request.host)
            record.add("method", request.method)
            record.add("path", request.path)
            record.add("status", exchange.status ?? 0)
            record.add("bytes_in", Int(clamping: exchange.bodyBytesReceived))
            record.add("bytes_out", Int(clamping: exchange.bodyBytesSent))
            record.add("microseconds", microseconds)
            if let upstream = exchange.upstreamTime {
                record.add("upstream", upstream.name)
                if let microseconds = upstream.microseconds {
                    record.add("upstream_microseconds", microseconds)
                }
            }
            record.add("certificate", note.certificate)
            if let state = exchange.connection.attachment as? PeerState {
                record.add("tls", state.version)
                record.add("cipher", state.cipher)
                record.add("resumed", state.isResumed)
            }
        }
    }

    // MARK: What went wrong with connections and requests

    func connectionFailed(_ connection: PeerConnection, _ fault: StreamFault) {
        metrics.connectionFailed(reason: fault.code, inHandshake: connection.attachment == nil)
        var record = self.record(.info, "connection.failed", .log)
        record.add("client", connection.address.ip)
        record.add("reason", fault.code)
        record.add("requests", connection.requestCount)
        if let name = connection.tls?.serverName { record.add("sni", name) }
        log.write(record)
    }

    /// A client network beyond one of its limits; one line for many connections.
    func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {
        var record = self.record(.warning, "source.refused", .log)
        record.add("client", address.ip)
        record.add("limit", refusal.rawValue)
        record.add("count", count)
        log.write(record)
    }

    func proxyRefused(_ address: PeerAddress, _ reason: String, isNews: Bool) {
        metrics.connectionFailed(reason: "proxy.\(reason)", inHandshake: true)
        guard isNews else { return }
        var record = self.record(.warning, "proxy.refused", .log)
        record.add("peer", address.ip)
        record.add("reason", reason)
        log.write(record)
    }

    /// A request of which not even the host is known for sure.
    func requestRefused(
        _ connection: PeerConnection, status: Int, reason: String, code: SupportCode,
        _ trace: RequestTrace? = nil
    ) {
        metrics.refused(.request, reason: reason)
        for (kind, sink) in [(LogKind.log, log), (.audit, audit)] {
            var record = self.record(.notice, "request.refused", kind)
            if let trace { record.add("request", trace.requestID) }
            record.add("client", connection.address.ip)
            if let name = connection.tls?.serverName { record.add("sni", name) }
            record.add("status", status)
            record.add("reason", reason)
            record.add("support_code", code.text)
            sink.write(record, waits: false)
        }
    }

    /// For operators, and under its support code for auditors.
    func refused(_ facts: RequestFacts, status: Int, reason: String, code: SupportCode) {
        metrics.refused(.request, reason: reason)
        for (kind, sink) in [(LogKind.log, log), (.audit, audit)] {
            var record = self.record(status >= 500 ? .warning : .notice, "request.refused", kind, facts)
            record.add("status", status)
            record.add("reason", reason)
            record.add("support_code", code.text)
            sink.write(record, waits: false)
        }
    }

    /// A connection that spoke another protocol is over, because something is not as it was when it began.
    func tunnelClosed(_ facts: RequestFacts, reason: String) {
        var record = self.record(.notice, "tunnel.closed", .log, facts)
        record.add("reason", reason)
        log.write(record)
    }

    func identityHeadersStripped(_ facts: RequestFacts, count: Int) {
        metrics.headersStripped(count)
        var record = self.record(.notice, "request.identityHeadersStripped", .log, facts)
        record.add("count", count)
        log.write(record)
    }

    func upstreamFailed(_ facts: RequestFacts, _ upstream: String, _ reason: String) {
        metrics.upstreamFailed(upstream, reason: reason)
        var record = self.record(.error, "upstream.failed", .log, facts)
        record.add("upstream", upstream)
        record.add("reason", reason)
        log.write(record)
    }

    func internalFault(_ facts: RequestFacts, _ reason: String) {
        var record = self.record(.error, "gateway.fault", .log, facts)
        record.add("reason", reason)
        log.write(record)
    }

    func storeFailed(_ fault: StoreFault) {
        var record = self.record(.error, "store.failed", .log)
        record.add("reason", "\(fault)")
        log.write(record)
    }

    // MARK: Audit

    func certificateRefused(_ facts: RequestFacts, reason: String, page: String, code: SupportCode) {
        metrics.refused(.certificate, reason: reason)
        var record = self.record(.notice, "certificate.refused", .audit, facts)
        record.add("support_code", code.text)
        record.add("reason", reason)
        record.add("page", page)
        if let epoch = facts.epoch { record.add("epoch", Int(clamping: epoch.number.value)) }
        switch facts.verdict {
        case .absent: break
        case .trusted(let identity): add(identity.leaf, to: &record)
        case .refused(_, let leaf): if let leaf { add(leaf, to: &record) }
        }
        audit.write(record, waits: false)
    }

    func partnerRefused(_ facts: RequestFacts, code: SupportCode) {
        certificateRefused(facts, reason: "partner.\(facts.verdictName)", page: "-", code: code)
    }

    func loginEnded(_ facts: RequestFacts, event: String, reason: String, page: String, code: SupportCode) {
        metrics.refused(event == "certificate.refused" ? .certificate : .login, reason: reason)
        var record = self.record(.notice, event, .audit, facts)
        record.add("support_code", code.text)
        record.add("reason", reason)
        record.add("page", page)
        audit.write(record, waits: false)
    }

    func loginRefused(
        _ attempt: LoginDesk.Attempt, _ customer: CustomerID?, _ refusal: LoginRefusal, _ code: SupportCode
    ) {
        metrics.refused(.login, reason: refusal.rawValue)
        var record = self.record(attempt, "login.refused", customer)
        record.add("support_code", code.text)
        record.add("reason", refusal.rawValue)
        audit.write(record)
        guard refusal == .identityMismatch else { return }
        // Our pages ask for no ID beside a certificate: somebody who holds one tries what it opens.
        var alarm = self.record(attempt, "login.identityMismatch", customer, .warning, .log)
        alarm.add("support_code", code.text)
        log.write(alarm)
    }

    /// False when it could not be recorded, and must not be.
    func loginAccepted(_ attempt: LoginDesk.Attempt, _ customer: CustomerID, _ session: Session) -> Bool {
        var record = self.record(attempt, "login.accepted", customer)
        record.add("session", session.publicID)
        return decide(record)
    }

    /// The record of its acceptance may still be written: this one says that nothing came of it.
    func loginWithdrawn(_ attempt: LoginDesk.Attempt, _ customer: CustomerID, _ session: Session) {
        metrics.refused(.login, reason: "auditUnavailable")
        var record = self.record(attempt, "login.withdrawn", customer)
        record.add("session", session.publicID)
        record.add("reason", "auditUnavailable")
        audit.write(record, waits: false)
    }

    /// Guessing, spread over many sources.
    func loginsFail(_ count: Int) {
        var record = self.record(.error, "login.failuresHigh", .audit)
        record.add("failures_per_minute", count)
        audit.write(record, waits: false)
    }

    func sessionsSuperseded(_ customer: CustomerID, count: Int) {
        var record = self.record(.notice, "session.superseded", .audit)
        record.add("customer", customer.text)
        record.add("count", count)
        audit.write(record)
    }

    func sessionEnded(_ session: Session, _ end: SessionEnd, _ facts: RequestFacts) {
        metrics.sessionEnded(reason: end.rawValue)
        var record = self.record(.notice, "session.ended", .audit, facts)
        record.add("customer", session.customer.text)
        record.add("session", session.publicID)
        record.add("reason", end.rawValue)
        audit.write(record, waits: false)
    }

    // MARK: Parts

    private func record(_ level: LogLevel, _ event: String, _ kind: LogKind) -> LogRecord {
        LogRecord(level, event, kind: kind)
    }

    private func record(_ level: LogLevel, _ event: String, _ kind: LogKind, _ facts: RequestFacts)
        -> LogRecord
    {
        var record = self.record(level, event, kind)
        record.add("request", facts.trace.requestID)
        record.add("trace", facts.trace.traceID)
        record.add("client", facts.address)
        record.add("host", facts.request.host)
        record.add("path", facts.request.path)
        return record
    }

    private func record(
        _ attempt: LoginDesk.Attempt, _ event: String, _ customer: CustomerID?, _ level: LogLevel = .notice,
        _ kind: LogKind = .audit
    ) -> LogRecord {
        var record = self.record(level, event, kind)
        record.add("request", attempt.trace.requestID)
        record.add("trace", attempt.trace.traceID)
        record.add("client", attempt.address)
        record.add("host", attempt.host)
        if let customer { record.add("customer", customer.text) }
        switch attempt.method {
        case .password(let typed):
            record.add("method", "password")
            // Who mistypes may have typed the password here: only what names a customer is written down.
            if customer == nil { record.add("typed_id_bytes", typed.utf8.count) }
        case .certificate(_, let identity):
            record.add("method", "certificate")
            record.add("epoch", Int(clamping: identity.epoch.value))
            add(identity.leaf, to: &record)
        }
        return record
    }

    private func add(_ leaf: Certificate, to record: inout LogRecord) {
        record.add("fingerprint", leaf.fingerprint.hex)
        record.add("serial", leaf.serialHex)
        record.add("subject", leaf.subject.rfc4514)
        record.add("issuer", leaf.issuer.rfc4514)
    }
}
