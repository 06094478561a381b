public import Metrics

/// The numbers of the gateway. Loops have theirs in `LoopMetrics`; what other threads count, and what is
/// counted too seldom to matter, is here.
public final class GatewayMetrics: Sendable {
    let registry: MetricRegistry
    /// Written to by any thread.
    private let shard: MetricShard

    public init() {
        registry = MetricRegistry(Self.families)
        shard = registry.makeShard(isShared: true)
        ProcessMetrics.collect(into: registry)
    }

    // MARK: What any thread counts

    /// A refusal, by the reason that the audit log gives too.
    func refused(_ kind: RefusalKind, reason: String) {
        shard.count(registry.counter(Self.refusals, kind.rawValue, reason))
    }

    func loggedIn(method: String, outcome: String, microseconds: Int) {
        shard.observe(registry.histogram(Self.loginDuration, method, outcome), microseconds: microseconds)
    }

    func connectionFailed(reason: String, inHandshake: Bool) {
        let family = inHandshake ? Self.handshakeFailures : Self.connectionFailures
        shard.count(registry.counter(family, reason))
    }

    func upstreamFailed(_ upstream: String, reason: String) {
        shard.count(registry.counter(Self.upstreamFailures, upstream, reason))
    }

    func headersStripped(_ count: Int) { shard.count(registry.counter(Self.headersStripped), count) }

    func sessionEnded(reason: String) { shard.count(registry.counter(Self.sessionsEnded, reason)) }

    /// One reading or writing of the store.
    public func storeAsked(_ operation: String, microseconds: Int, failed: Bool) {
        shard.observe(registry.histogram(Self.storeDuration, operation), microseconds: microseconds)
        if failed { shard.count(registry.counter(Self.storeFailures, operation)) }
    }

    /// What was refused.
    enum RefusalKind: String {
        case request, certificate, login, command
    }

}

/// What there is to read, in the order it is shown in. `Metrics.md` tells of each.
extension GatewayMetrics {
    static let handshakes = MetricFamily(
        .counter, "sekisho_handshakes_total",
        "TLS handshakes that were completed, by host, protocol version, and whether a session was resumed.",
        by: ["host", "version", "kind"], seriesMax: 512)
    static let handshakeFailures = MetricFamily(
        .counter, "sekisho_handshake_failures_total", "Connections that ended before or in the handshake.",
        by: ["reason"], seriesMax: 100)
    static let handshakeDuration = MetricFamily(
        .histogram, "sekisho_handshake_duration_seconds",
        "From accept to the end of the handshake, the client's part of it included.", by: ["kind"])
    static let verdicts = MetricFamily(
        .counter, "sekisho_certificate_verdicts_total",
        "Verdicts on certificates at the first request of a connection: trusted, absent, or why refused.",
        by: ["host", "verdict"], seriesMax: 1024)
    static let connections = MetricFamily(
        .gauge, "sekisho_connections", "Open client connections by what they are doing.", by: ["phase"])
    static let connectionsLimit = MetricFamily(
        .gauge, "sekisho_connections_limit", "So many client connections may be open.")
    static let connectionFailures = MetricFamily(
        .counter, "sekisho_connection_failures_total",
        "Connections that broke after the handshake.", by: ["reason"], seriesMax: 100)
    static let requests = MetricFamily(
        .counter, "sekisho_requests_total", "Requests that were answered, by host and class of status.",
        by: ["host", "code"], seriesMax: 512)
    static let requestDuration = MetricFamily(
        .histogram, "sekisho_request_duration_seconds",
        "From the head of a request to the end of its answer.", by: ["host"])
    static let refusals = MetricFamily(
        .counter, "sekisho_refusals_total",
        "What was refused, and why; the reasons are those of the audit log.", by: ["kind", "reason"],
        seriesMax: 200)
    static let sourceRefusals = MetricFamily(
        .counter, "sekisho_source_refusals_total",
        "Connections that were not let in, by the limit of their client network that they met.",
        by: ["limit"])
    static let headersStripped = MetricFamily(
        .counter, "sekisho_identity_headers_stripped_total",
        "Header fields that clients sent under names the gateway keeps for itself.")
    static let loginDuration = MetricFamily(
        .histogram, "sekisho_login_duration_seconds",
        "Password checked, decision made and session opened, by method and outcome.",
        by: ["method", "outcome"])
    static let sessionsEnded = MetricFamily(
        .counter, "sekisho_sessions_ended_total", "Login sessions that ended on their own, and why.",
        by: ["reason"])
    static let upstreamDuration = MetricFamily(
        .histogram, "sekisho_upstream_duration_seconds",
        "From sending a request on to the head of the upstream's response.", by: ["upstream"])
    static let upstreamFailures = MetricFamily(
        .counter, "sekisho_upstream_failures_total", "Requests that an upstream gave no response to.",
        by: ["upstream", "reason"], seriesMax: 200)
    static let upstreamConnections = MetricFamily(
        .gauge, "sekisho_upstream_connections", "Connections to upstreams; idle ones wait for a request.",
        by: ["upstream", "state"])
    static let upstreamConnectionsLimit = MetricFamily(
        .gauge, "sekisho_upstream_connections_limit", "So many connections an upstream may have.",
        by: ["upstream"])
    static let poolQueue = MetricFamily(
        .gauge, "sekisho_pool_queue_jobs", "Jobs that wait for a thread.", by: ["pool"])
    static let poolQueueLimit = MetricFamily(
        .gauge, "sekisho_pool_queue_limit", "So many jobs may wait.", by: ["pool"])
    static let cacheEntries = MetricFamily(
        .gauge, "sekisho_cache_entries", "What caches hold.", by: ["cache"])
    static let cacheLimit = MetricFamily(
        .gauge, "sekisho_cache_limit", "So much caches may hold.", by: ["cache"])
    static let storeDuration = MetricFamily(
        .histogram, "sekisho_store_duration_seconds", "Readings and writings of the store.",
        by: ["operation"])
    static let storeFailures = MetricFamily(
        .counter, "sekisho_store_failures_total", "Readings and writings that failed.", by: ["operation"])
    static let epochs = MetricFamily(
        .gauge, "sekisho_trust_epoch", "Number of the epoch in force.", by: ["store"])
    static let trustNotBefore = MetricFamily(
        .gauge, "sekisho_trust_not_before_timestamp_seconds",
        "When an anchor, intermediate or CRL in force begins.", by: ["store", "kind", "name"],
        seriesMax: 500)
    static let trustNotAfter = MetricFamily(
        .gauge, "sekisho_trust_not_after_timestamp_seconds",
        "When an anchor or intermediate in force ends, or the next CRL is due.",
        by: ["store", "kind", "name"], seriesMax: 500)
    static let trustExpiring = MetricFamily(
        .gauge, "sekisho_trust_expiring", "What ends within the store's time for warnings, or has ended.",
        by: ["store"])
    static let logDropped = MetricFamily(
        .counter, "sekisho_log_records_dropped_total", "Records that found no room, and were dropped.",
        by: ["log"])
    static let logFailing = MetricFamily(
        .gauge, "sekisho_log_failing", "1 while a log cannot be written.", by: ["log"])
    static let logQueue = MetricFamily(
        .gauge, "sekisho_log_queue_bytes", "Bytes of records that wait to be written.", by: ["log"])
    static let logQueueLimit = MetricFamily(
        .gauge, "sekisho_log_queue_limit_bytes", "So many bytes may wait.", by: ["log"])
    static let loopLag = MetricFamily(
        .histogram, "sekisho_loop_lag_seconds",
        "How late a loop runs what was due: how long clients wait for something else to end.", by: ["loop"])
    static let buildInfo = MetricFamily(
        .gauge, "sekisho_build_info", "Always 1; which release this is.",
        by: ["version", "swift", "openssl"])

    /// All of them.
    public static let families =
        [
            buildInfo, handshakes, handshakeFailures, handshakeDuration, verdicts, connections,
            connectionsLimit, connectionFailures, requests, requestDuration, refusals, sourceRefusals,
            headersStripped,
            loginDuration, sessionsEnded, upstreamDuration, upstreamFailures, upstreamConnections,
            upstreamConnectionsLimit, poolQueue, poolQueueLimit, cacheEntries, cacheLimit, storeDuration,
            storeFailures, epochs, trustNotBefore, trustNotAfter, trustExpiring, logDropped, logFailing,
            logQueue, logQueueLimit, loopLag,
        ] + ProcessMetrics.families
}
