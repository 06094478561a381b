import Crypto
public import Metrics
import Text

/// The numbers of the consent backend.
public final class ConsentMetrics: Sendable {
    public let registry: MetricRegistry
    private let shard: MetricShard

    public init() {
        registry = MetricRegistry(Self.families)
        shard = registry.makeShard(isShared: true)
        registry.collect {
            $0.add(Self.buildInfo, [Release.version, Release.swift, OpenSSLVersion.currentText], 1)
        }
        ProcessMetrics.collect(into: registry)
    }

    /// - Parameter route: One of the paths of the application, or `other`.
    func answered(route: String, status: Int, microseconds: Int) {
        shard.count(registry.counter(Self.requests, route, "\(status)"))
        shard.observe(registry.histogram(Self.requestDuration, route), microseconds: microseconds)
    }

    /// A record for auditors, by its event: grants, tokens, refusals.
    func audited(_ event: String) { shard.count(registry.counter(Self.events, event)) }

    /// - Parameter outcome: What became of a step of a flow.
    func flow(step: String, _ outcome: String) {
        shard.count(registry.counter(Self.flowSteps, step, outcome))
    }

    func tokensIssued(_ kind: String) { shard.count(registry.counter(Self.tokens, kind)) }

    /// One reading or writing of the store.
    public func storeAsked(_ operation: String, microseconds: Int, failed: Bool) {
        shard.observe(registry.histogram(Self.storeDuration, operation), microseconds: microseconds)
        if failed { shard.count(registry.counter(Self.storeFailures, operation)) }
    }

    static let buildInfo = MetricFamily(
        .gauge, "sekisho_consent_build_info", "Always 1; which release this is.",
        by: ["version", "swift", "openssl"])
    static let requests = MetricFamily(
        .counter, "sekisho_consent_requests_total", "Requests that were answered, by route and status.",
        by: ["route", "code"], seriesMax: 400)
    static let requestDuration = MetricFamily(
        .histogram, "sekisho_consent_request_duration_seconds", "What answering took, by route.",
        by: ["route"])
    static let flowSteps = MetricFamily(
        .counter, "sekisho_consent_flow_steps_total",
        "Steps of consent flows, and what became of them: begun, done, failed, stopped, granted, denied.",
        by: ["step", "outcome"])
    static let tokens = MetricFamily(
        .counter, "sekisho_consent_tokens_issued_total", "Tokens that were issued, by kind.", by: ["kind"])
    static let events = MetricFamily(
        .counter, "sekisho_consent_audit_events_total",
        "Records for auditors by their event; grants, tokens and refusals are among them.", by: ["event"],
        seriesMax: 100)
    static let storeDuration = MetricFamily(
        .histogram, "sekisho_consent_store_duration_seconds", "Readings and writings of the store.",
        by: ["operation"])
    static let storeFailures = MetricFamily(
        .counter, "sekisho_consent_store_failures_total", "Readings and writings that failed.",
        by: ["operation"])
    static let logDropped = MetricFamily(
        .counter, "sekisho_consent_log_records_dropped_total",
        "Records that found no room, and were dropped.", by: ["log"])
    static let logFailing = MetricFamily(
        .gauge, "sekisho_consent_log_failing", "1 while a log cannot be written.", by: ["log"])

    /// All of them, in the order they are shown in.
    public static let families =
        [
            buildInfo, requests, requestDuration, flowSteps, tokens, events, storeDuration, storeFailures,
            logDropped, logFailing,
        ] + ProcessMetrics.families
}
