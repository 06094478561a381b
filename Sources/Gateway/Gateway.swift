import Identity
public import Logs
public import Reactor
import Serving
public import Settings
public import Storage
import TLS
import Text
import X509

/// The gateway: one loop per core over one published snapshot.
public final class Gateway: Sendable {
    /// The ports that were bound, in the order of `listen`.
    public let ports: [UInt16?]
    private let state: GatewayState
    private let registry: TrustRegistry
    private let admin: AdminServer?
    let traces: TraceDesk
    let threads: [LoopThread]
    private let pools: GatewayPools
    private let vitals: Vitals
    private let monitor: WebServer?
    /// The ports that `monitoring.listen` came to, in its order; nil for a UNIX socket.
    public var monitoringPorts: [UInt16?] { monitor?.ports ?? [] }
    private let sockets: [ListeningSocket]
    /// As they were at the start; some of it stays so until the next.
    private let first: GatewaySettings

    /// Loads everything, listens, and serves.
    ///
    /// - Parameters:
    ///   - access: Where access records go; nil for where the others go.
    ///   - metrics: What the caller has others count in, as the store.
    ///   - inherited: Sockets that the process was started with.
    /// - Throws: `GatewayFault`, with all that is wrong; then nothing runs.
    public convenience init(
        _ settings: GatewaySettings, database: Database, log: LogSink, audit: LogSink,
        access: LogSink? = nil, metrics: GatewayMetrics = GatewayMetrics(),
        inherited: InheritedSockets = InheritedSockets()
    ) throws(GatewayFault) {
        try self.init(
            settings, database: database, log: log, audit: audit, access: access, metrics: metrics,
            inherited: inherited, levers: Levers())
    }

    init(
        _ settings: GatewaySettings, database: Database, log: LogSink, audit: LogSink,
        access: LogSink? = nil, metrics: GatewayMetrics = GatewayMetrics(),
        inherited: InheritedSockets = InheritedSockets(), levers: Levers
    ) throws(GatewayFault) {
        let logs = GatewayLogs(
            log: log, audit: audit, access: access, stopsWhenFull: settings.logs.whenFull == .stop,
            metrics: metrics)
        let registry = TrustRegistry(
            epochs: EpochStore(database), seen: SeenCertificateStore(database), logs: logs)
        let state = try Self.load(settings, registry, levers)
        registry.publish { state.replace(trust: $0) }
        let vitals = Vitals(store: Probe { database.answers() }, others: { state.untrusting })
        let loops = GatewayLoops(
            state: state, registry: registry,
            desk: LoginDesk(
                customers: CustomerStore(database), sessions: SessionStore(database), logs: logs),
            pools: GatewayPools(settings.password),
            traces: TraceDesk(
                loopCount: state.loopCount, rules: { state.snapshots.current.mapping }),
            vitals: vitals, logs: logs, metrics: metrics, proxies: ProxyTerms.byListener(settings))
        first = settings
        self.state = state
        self.registry = registry
        self.vitals = vitals
        pools = loops.pools
        let routes = TrustRoutes(registry: registry, settings: { state.settings })
        traces = loops.traces
        metrics.collect(pools: pools, logs: logs, state: state, posts: loops.posts)
        metrics.collect(registry)
        admin = try Self.openAdmin(settings.admin, routes.all + traces.routes, logs, inherited)
        do throws(GatewayFault) {
            monitor = try Self.monitor(settings.monitoring, vitals, metrics, inherited)
        } catch {
            admin?.stop()
            throw error
        }
        do {
            let listening = try ListeningSockets(
                on: settings.listen.map(Endpoint.init), loopCount: state.loopCount, inherited: inherited)
            ports = listening.ports
            threads = try loops.start(on: listening)
            sockets = listening.forSuccessor + (admin?.sockets ?? []) + (monitor?.sockets ?? [])
        } catch {
            admin?.stop()
            monitor?.stop(drainSeconds: 0)
            throw error as? GatewayFault ?? GatewayFault(complaints: ["\(error)"])
        }
    }

    private static func monitor(
        _ settings: MonitoringSettings?, _ vitals: Vitals, _ metrics: GatewayMetrics,
        _ inherited: InheritedSockets
    ) throws(GatewayFault) -> WebServer? {
        guard let settings else { return nil }
        do throws(WebServerFault) {
            return try WebServer.forMonitoring(
                vitals, metrics.registry, on: settings.listen.map(Endpoint.init), inherited: inherited)
        } catch {
            throw GatewayFault(complaints: ["monitoring.listen: \(error)"])
        }
    }

    /// Whether every loop turns.
    public var isAlive: Bool { vitals.isAlive }

    /// What listens: for the next process of the program, until this one stops.
    public var listeningSockets: [ListeningSocket] { sockets }

    /// How long a stop may take, in seconds.
    public var stopSecondsMax: Int {
        let limits = state.settings.limits
        return limits.drainNoticeSeconds + limits.drainSeconds + Self.stopReserveSeconds
    }

    /// Takes up changed settings, and then changed files of trust stores, for new connections and for the
    /// next request of those that stand.
    ///
    /// Trust goes the road of every change of it: a review may refuse what the files say. Then the epoch in
    /// force stays, which the log tells, and all else is taken up.
    ///
    /// - Returns: What has changed and will only hold after a new start.
    /// - Throws: With all that is wrong; then everything stays as it was.
    @discardableResult
    public func reload(_ settings: GatewaySettings) throws(GatewayFault) -> [String] {
        let snapshot = try Self.checked(TrustRegistry.complaints(about: settings)) {
            () throws(GatewayFault) in
            try GatewayLoader.load(settings, trust: registry.inForce, keys: .files)
        }
        let now = WallTime(seconds: Clock.wall())
        try registry.adopt(settings, at: now)
        registry.withEpochs { state.replace(snapshot.judging(by: $0), settings: settings) }
        registry.keepOnly(Set(settings.trust.keys))
        registry.reloadFiles(settings, at: now)
        return settings.partsOfStart(changedSince: first)
    }

    /// Everything that a configuration and its files say, or all that is wrong with them.
    private static func load(
        _ settings: GatewaySettings, _ registry: TrustRegistry, _ levers: Levers
    ) throws(GatewayFault) -> GatewayState {
        var complaints: [String] = []
        do throws(GatewayFault) {
            try registry.open(settings, at: WallTime(seconds: Clock.wall()))
        } catch {
            complaints = error.complaints
        }
        let snapshot = try checked(complaints) { () throws(GatewayFault) in
            try GatewayLoader.load(settings, trust: registry.inForce, keys: .files)
        }
        return GatewayState(snapshot, settings: settings, levers: levers)
    }

    private static func checked(
        _ complaints: [String],
        _ load: () throws(GatewayFault) -> GatewaySnapshot
    ) throws(GatewayFault) -> GatewaySnapshot {
        let snapshot: GatewaySnapshot
        do throws(GatewayFault) { snapshot = try load() } catch {
            throw GatewayFault(complaints: complaints + error.complaints)
        }
        guard complaints.isEmpty else { throw GatewayFault(complaints: complaints) }
        return snapshot
    }

    /// Stops accepting, lets running exchanges finish within the configured time, and returns when all is
    /// done.
    ///
    /// - Parameter gently: As in `Server.drain(seconds:gently:then:)` of Serving.
    public func stop(gently: Bool = false) {
        let limits = state.settings.limits
        vitals.startDraining()
        // Another process has taken over already: there is nothing that anybody would have to notice.
        if !gently { System.pause(seconds: limits.drainNoticeSeconds) }
        for thread in threads {
            _ = thread.mailbox.post { loop in
                guard let server = loop.context as? Server else { return loop.stop() }
                server.drain(seconds: limits.drainSeconds, gently: gently) { loop.stop() }
            }
        }
        admin?.stop()
        for thread in threads { thread.join() }
        traces.end()
        pools.store.shutdown()
        pools.passwords.shutdown()
        pools.trust.shutdown()
        registry.writeSightings()
        monitor?.stop(drainSeconds: 0)
    }

    /// Epoch number and content hash of each trust store in force, for the start-up log.
    public var trustSummary: [(store: String, epoch: UInt64, anchors: Int)] {
        state.snapshots.current.trust.values.map { ($0.name, $0.number.value, $0.anchors.count) }
            .sorted { $0.store < $1.store }
    }

    private static func openAdmin(
        _ settings: GatewaySettings.Admin?, _ routes: [AdminRoute], _ logs: GatewayLogs,
        _ inherited: InheritedSockets
    ) throws(GatewayFault) -> AdminServer? {
        guard let settings else { return nil }
        return try AdminServer(socket: settings.socket, routes: routes, logs: logs, inherited: inherited)
    }

    /// For what is written down after the last exchange.
    private static let stopReserveSeconds = 15
}
