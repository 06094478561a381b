import Metrics
import Reactor
import Serving

/// The numbers of one loop, which alone writes to them. What every request touches is found without a
/// look-up.
final class LoopMetrics {
    private let registry: MetricRegistry
    private let shard: MetricShard
    private var hosts: [String: Host] = [:]
    private var upstreams: [String: HistogramCell] = [:]
    private var verdicts: [Verdict: CounterCell] = [:]
    private let handshakeFull, handshakeResumed: HistogramCell
    private let lag: HistogramCell

    /// The numbers of one host.
    final class Host {
        /// TLS 1.3 and full, 1.3 and resumed, 1.2 and full, 1.2 and resumed.
        let handshakes: [CounterCell]
        /// 1xx to 5xx.
        let requests: [CounterCell]
        let duration: HistogramCell

        init(handshakes: [CounterCell], requests: [CounterCell], duration: HistogramCell) {
            self.handshakes = handshakes
            self.requests = requests
            self.duration = duration
        }
    }

    private struct Verdict: Hashable {
        let host: String
        let name: String
    }

    init(_ metrics: GatewayMetrics, loop: Int) {
        registry = metrics.registry
        shard = registry.makeShard()
        handshakeFull = registry.histogram(GatewayMetrics.handshakeDuration, "full")
        handshakeResumed = registry.histogram(GatewayMetrics.handshakeDuration, "resumed")
        lag = registry.histogram(GatewayMetrics.loopLag, "\(loop)")
    }

    /// From now on its numbers are there, though nothing has been counted.
    ///
    /// - Parameter name: A host of the configuration, which may have changed since the loop began.
    func host(_ name: String) -> Host {
        if let known = hosts[name] { return known }
        let host = Host(
            handshakes: ["TLSv1.3", "TLSv1.2"].flatMap { version in
                ["full", "resumed"].map { registry.counter(GatewayMetrics.handshakes, name, version, $0) }
            },
            requests: (1...5).map { registry.counter(GatewayMetrics.requests, name, "\($0)xx") },
            duration: registry.histogram(GatewayMetrics.requestDuration, name))
        hosts[name] = host
        return host
    }

    func handshakeDone(_ host: Host, version: String, isResumed: Bool, microseconds: Int) {
        let place = (version == "TLSv1.3" ? 0 : 2) + (isResumed ? 1 : 0)
        shard.count(host.handshakes[place])
        shard.observe(isResumed ? handshakeResumed : handshakeFull, microseconds: microseconds)
    }

    func judged(host: String, verdict: String) {
        let key = Verdict(host: host, name: verdict)
        if let known = verdicts[key] { return shard.count(known) }
        let cell = registry.counter(GatewayMetrics.verdicts, host, verdict)
        verdicts[key] = cell
        shard.count(cell)
    }

    func answered(_ host: Host, status: Int, microseconds: Int) {
        guard (100...599).contains(status) else { return }
        shard.count(host.requests[status / 100 - 1])
        shard.observe(host.duration, microseconds: microseconds)
    }

    func upstreamAnswered(_ upstream: String, microseconds: Int) {
        if let known = upstreams[upstream] { return shard.observe(known, microseconds: microseconds) }
        let cell = registry.histogram(GatewayMetrics.upstreamDuration, upstream)
        upstreams[upstream] = cell
        shard.observe(cell, microseconds: microseconds)
    }

    func lagged(microseconds: Int) { shard.observe(lag, microseconds: microseconds) }

    /// - Parameter total: Since the loop began.
    func refusedSources(_ limit: String, total: Int) {
        shard.set(registry.counter(GatewayMetrics.sourceRefusals, limit), total)
    }

    // MARK: Gauges

    /// This loop's part of a gauge that stands for all loops.
    func set(_ family: MetricFamily, _ values: [String], _ value: Int) {
        switch values.count {
        case 0: shard.set(registry.gauge(family), value)
        case 1: shard.set(registry.gauge(family, values[0]), value)
        default: shard.set(registry.gauge(family, values[0], values[1]), value)
        }
    }
}

/// What one loop looks at of its own, now and then: how late it runs, and how much it holds.
final class LoopGauges {
    private let loop: EventLoop
    private let server: Server
    private let service: GatewayService
    private let metrics: LoopMetrics
    private var turn = 0

    init(on loop: EventLoop, _ server: Server, _ service: GatewayService, _ metrics: LoopMetrics) {
        self.loop = loop
        self.server = server
        self.service = service
        self.metrics = metrics
    }

    /// Goes on for as long as the loop runs.
    func start() {
        let due = Clock.monotonic().adding(milliseconds: Self.intervalMilliseconds)
        _ = loop.after(milliseconds: Self.intervalMilliseconds) { [self] in
            metrics.lagged(microseconds: Clock.monotonic().microseconds(since: due))
            turn += 1
            if turn % Self.turnsASecond == 1 { look() }
            start()
        }
    }

    private func look() {
        for (phase, count) in server.connectionPhases {
            metrics.set(GatewayMetrics.connections, [phase], count)
        }
        metrics.set(GatewayMetrics.connectionsLimit, [], server.limits.connectionsMax)
        for (limit, count) in server.refusals { metrics.refusedSources(limit.rawValue, total: count) }
        for (cache, entries, limit) in service.cacheSizes {
            metrics.set(GatewayMetrics.cacheEntries, [cache], entries)
            metrics.set(GatewayMetrics.cacheLimit, [cache], limit)
        }
        for upstream in service.upstreamSizes {
            metrics.set(
                GatewayMetrics.upstreamConnections, [upstream.name, "busy"], upstream.open - upstream.idle)
            metrics.set(GatewayMetrics.upstreamConnections, [upstream.name, "idle"], upstream.idle)
            metrics.set(GatewayMetrics.upstreamConnectionsLimit, [upstream.name], upstream.limit)
        }
    }

    private static let intervalMilliseconds = 100
    private static let turnsASecond = 10
}
