import Identity
import Logs
import Reactor
import Serving
import Settings
import TLS

/// What every loop of the gateway is made of.
struct GatewayLoops: Sendable {
    let state: GatewayState
    let registry: TrustRegistry
    let desk: LoginDesk
    let pools: GatewayPools
    let traces: TraceDesk
    let vitals: Vitals
    let logs: GatewayLogs
    let metrics: GatewayMetrics
    /// By the endpoint's place in `listen`.
    let proxies: [Int: ProxyTerms]
    let posts = RecentPosts()

    /// Starts all of them, or none.
    func start(on listening: ListeningSockets) throws(GatewayFault) -> [LoopThread] {
        let guards = LoginGuard()
        var threads: [LoopThread] = []
        do {
            for (index, places) in listening.ofLoop.enumerated() {
                let hosts = try state.hosts(ofLoop: index)
                let pulse = vitals.pulse()
                threads.append(
                    try LoopThread.start(name: "loop-\(index)", index: index) { [self] loop in
                        pulse.start(on: loop)
                        let service = GatewayService(
                            on: loop, snapshots: state.snapshots, desk: desk, ledger: registry.ledger,
                            pools: pools, guards: guards, posts: posts, traces: traces, logs: logs,
                            metrics: LoopMetrics(metrics, loop: index), levers: state.levers)
                        serve(service, hosts, places, on: loop)
                    })
                state.add(threads[index].mailbox, ofLoop: index, hosts)
            }
            return threads
        } catch {
            for thread in threads { _ = thread.mailbox.post { $0.stop() } }
            listening.close()
            throw GatewayFault(complaints: ["\(error)"])
        }
    }

    private func serve(
        _ service: GatewayService, _ hosts: PreparedHosts, _ places: [ListeningSockets.Place],
        on loop: EventLoop
    ) {
        let server = Server(
            on: loop, limits: state.servingLimits, service: service, tls: state.levers.tlsContext(hosts))
        loop.context = server
        LoopGauges(on: loop, server, service, service.metrics).start()
        for place in places { try? server.listen(on: place.descriptor, proxy: proxies[place.endpoint]) }
        guard loop.index == 0 else { return }
        Housekeeping(on: loop, pool: pools.store, desk: desk, snapshots: state.snapshots).start()
        TrustUpkeep(on: loop, pools: pools, registry: registry, state: state).start()
    }
}

/// Threads for what blocks. Passwords have their own: however many are being hashed, sessions are found at
/// once.
struct GatewayPools: Sendable {
    let store: BlockingPool
    let passwords: BlockingPool
    /// For what other gateways have committed, which may be a large CRL to parse.
    let trust: BlockingPool

    init(_ settings: GatewaySettings.Password) {
        store = BlockingPool(threadCount: 4, queueMax: 4096)
        passwords = BlockingPool(threadCount: settings.workers, queueMax: settings.queueMax)
        trust = BlockingPool(threadCount: 1, queueMax: 4, isBackground: true)
    }
}
