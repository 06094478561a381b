import HTTP
import Identity
public import Logs
import Reactor
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
    private let ledger: SeenLedger
    private let admin: AdminServer?
    private let metricsServer: MetricsServer?
    /// Where metrics are served besides the admin socket; nil for nowhere, or a UNIX socket.
    public var metricsPort: UInt16? { metricsServer?.port }
    let threads: [LoopThread]
    private let pools: GatewayPools
    private let drainSeconds: Int

    /// Loads everything, listens, and serves.
    ///
    /// - Parameters:
    ///   - access: Where access records go; nil for where the others go.
    ///   - metrics: What the caller has others count in, as the store.
    /// - Throws: `GatewayFault`, with all that is wrong; then nothing runs.
    public init(
        _ settings: GatewaySettings, database: Database, log: LogSink, audit: LogSink,
        access: LogSink? = nil, metrics: GatewayMetrics = GatewayMetrics()
    ) throws(GatewayFault) {
        let logs = GatewayLogs(
            log: log, audit: audit, access: access, stopsWhenFull: settings.logs.whenFull == .stop,
            metrics: metrics)
        let registry = TrustRegistry(
            epochs: EpochStore(database), seen: SeenCertificateStore(database), logs: logs)
        let state = try Self.load(settings, registry)
        registry.publish { state.replace(trust: $0) }
        let ledger = SeenLedger(registry.seen, logs: logs)
        let desk = LoginDesk(
            customers: CustomerStore(database), sessions: SessionStore(database), logs: logs)
        let pools = GatewayPools(
            store: BlockingPool(threadCount: 4, queueMax: 4096),
            passwords: BlockingPool(
                threadCount: settings.password.workers, queueMax: settings.password.queueMax),
            trust: BlockingPool(threadCount: 1, queueMax: 4, isBackground: true))
        let guards = LoginGuard()
        let posts = RecentPosts()
        let loopCount = settings.workers == 0 ? System.coreCount : settings.workers
        let limits = Self.limits(settings.limits, loopCount: loopCount)
        self.state = state
        self.registry = registry
        self.ledger = ledger
        self.pools = pools
        drainSeconds = settings.limits.drainSeconds
        let routes = TrustRoutes(registry: registry, settings: { state.settings })
        metrics.collect(pools: pools, logs: logs, state: state, posts: posts)
        metrics.collect(registry)
        (admin, metricsServer) = try Self.openAdmin(settings.admin, routes.all, logs)

        // Every loop has its own listening socket on the same addresses; a port that another process holds is
        // found by the first, which asks for it alone.
        var threads: [LoopThread] = []
        do throws(SystemFault) {
            let endpoints = settings.listen.map(Endpoint.init)
            try Self.probe(endpoints)
            let first = try Sockets.listen(on: endpoints, reusePort: true)
            ports = first.map { Sockets.boundPort($0) }
            let bound = zip(endpoints, ports).map { $0.bound(to: $1) }
            for index in 0..<loopCount {
                let sockets =
                    index == 0 ? first : try Sockets.listen(on: bound.filter(\.isTCP), reusePort: true)
                threads.append(
                    try LoopThread.start(name: "loop-\(index)", index: index) { loop in
                        let service = GatewayService(
                            on: loop, snapshots: state.snapshots, desk: desk, ledger: ledger, pools: pools,
                            guards: guards, posts: posts, logs: logs,
                            metrics: LoopMetrics(metrics, loop: index))
                        // The loader has made this context once already; without it this loop serves nobody.
                        guard
                            let context = try? ServerContext(
                                hosts: state.snapshots.current.tlsHosts, sessions: state.tlsSessions,
                                library: LibraryContext.ofLoop(loop.index))
                        else { return }
                        let server = Server(on: loop, limits: limits, service: service, tls: context)
                        loop.context = server
                        LoopGauges(on: loop, server, service, service.metrics).start()
                        for socket in sockets { try? server.listen(on: socket) }
                        guard index == 0 else { return }
                        Housekeeping(on: loop, pool: pools.store, desk: desk, snapshots: state.snapshots)
                            .start()
                        TrustUpkeep(on: loop, pools: pools, registry: registry, ledger: ledger, state: state)
                            .start()
                    })
                state.add(threads[index].mailbox)
            }
        } catch {
            for thread in threads { _ = thread.mailbox.post { $0.stop() } }
            admin?.stop()
            metricsServer?.stop()
            throw GatewayFault(complaints: ["\(error)"])
        }
        self.threads = threads
    }

    /// Takes up changed settings, and then changed files of trust stores, for new connections and for the
    /// next request of those that stand.
    ///
    /// Trust goes the road of every change of it: a review may refuse what the files say. Then the epoch in
    /// force stays, which the log tells, and all else is taken up.
    ///
    /// - Throws: With all that is wrong; then everything stays as it was.
    public func reload(_ settings: GatewaySettings) throws(GatewayFault) {
        let snapshot = try Self.checked(TrustRegistry.complaints(about: settings)) {
            () throws(GatewayFault) in
            try GatewayLoader.load(settings, trust: registry.inForce, keys: .files)
        }
        guard snapshot.hosts.map(\.name) == state.snapshots.current.hosts.map(\.name) else {
            // Connections know their host by its place.
            throw GatewayFault(complaints: ["hosts: adding, removing or reordering hosts needs a restart"])
        }
        let now = WallTime(seconds: Clock.wall())
        try registry.adopt(settings, at: now)
        registry.withEpochs { state.replace(snapshot.judging(by: $0), settings: settings) }
        registry.keepOnly(Set(settings.trust.keys))
        registry.reloadFiles(settings, at: now)
    }

    /// Everything that a configuration and its files say, or all that is wrong with them.
    private static func load(
        _ settings: GatewaySettings, _ registry: TrustRegistry
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
        return GatewayState(snapshot, settings: settings)
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
    public func stop() {
        admin?.stop()
        metricsServer?.stop()
        let seconds = drainSeconds
        for thread in threads {
            _ = thread.mailbox.post { loop in
                guard let server = loop.context as? Server else { return loop.stop() }
                server.drain(seconds: seconds) { loop.stop() }
            }
        }
        for thread in threads { thread.join() }
        pools.store.shutdown()
        pools.passwords.shutdown()
        pools.trust.shutdown()
        ledger.flush()
    }

    /// Epoch number and content hash of each trust store in force, for the start-up log.
    public var trustSummary: [(store: String, epoch: UInt64, anchors: Int)] {
        state.snapshots.current.trust.values.map { ($0.name, $0.number.value, $0.anchors.count) }
            .sorted { $0.store < $1.store }
    }

    private static func openAdmin(
        _ settings: GatewaySettings.Admin?, _ routes: [AdminRoute], _ logs: GatewayLogs
    ) throws(GatewayFault) -> (AdminServer?, MetricsServer?) {
        guard let settings else { return (nil, nil) }
        let admin = try AdminServer(socket: settings.socket, routes: routes, logs: logs)
        guard let endpoint = settings.metrics else { return (admin, nil) }
        do throws(WebServerFault) {
            return (admin, try MetricsServer(logs.metrics.registry, on: Endpoint(endpoint)))
        } catch {
            admin.stop()
            throw GatewayFault(complaints: ["admin.metrics: \(error)"])
        }
    }

    private static func probe(_ endpoints: [Endpoint]) throws(SystemFault) {
        for endpoint in endpoints {
            guard case .tcp(let address, let port) = endpoint, port != 0 else { continue }
            Sockets.close(try Sockets.listenTCP(address: address, port: port, backlog: 1, reusePort: false))
        }
    }

    private static func limits(_ settings: GatewaySettings.Limits, loopCount: Int) -> ServingLimits {
        var limits = ServingLimits()
        limits.connectionsMax = max(1, settings.connectionsMax / loopCount)
        limits.handshakeSeconds = settings.handshakeSeconds
        limits.headerSeconds = settings.headerSeconds
        limits.bodyIdleSeconds = settings.bodyIdleSeconds
        limits.keepAliveSeconds = settings.keepAliveSeconds
        limits.requestsPerConnectionMax = settings.requestsPerConnectionMax
        limits.bytesPerSecondMin = settings.bytesPerSecondMin
        limits.exchangesMax = max(1, settings.exchangesMax / loopCount)
        limits.sources = SourceLimits(settings.perSource, loopCount: loopCount)
        limits.http.headBytesMax = settings.headBytesMax
        limits.http.fieldCountMax = settings.fieldCountMax
        limits.http.lineBytesMax = settings.lineBytesMax
        return limits
    }
}

/// Threads for what blocks. Passwords have their own: however many are being hashed, sessions are found at
/// once.
struct GatewayPools: Sendable {
    let store: BlockingPool
    let passwords: BlockingPool
    /// For what other gateways have committed, which may be a large CRL to parse.
    let trust: BlockingPool
}

extension Endpoint {
    fileprivate var isTCP: Bool {
        if case .tcp = self { return true }
        return false
    }

    /// With the port that the kernel chose for port 0.
    fileprivate func bound(to port: UInt16?) -> Endpoint {
        guard case .tcp(let address, _) = self, let port else { return self }
        return .tcp(address: address, port: port)
    }
}
