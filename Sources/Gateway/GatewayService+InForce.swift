import Serving
import X509

/// The snapshot in force, as this loop serves by it.
extension GatewayService {
    /// Where a request's route leads; nil when there is no such upstream.
    func upstream(_ route: RouteInForce, _ inForce: InForce) -> UpstreamPool? {
        if let known = route.upstream { return known }
        route.upstream = pool(route.route.upstream, inForce)
        return route.upstream
    }

    private func pool(_ name: String, _ inForce: InForce) -> UpstreamPool? {
        guard let settings = inForce.snapshot.upstreams[name] else { return nil }
        if let known = upstreams[name] {
            if known.settings == settings { return known.pool }
            // A request from before a reload gets the pool that it would have got, for itself.
            if inForce !== self.inForce { return makePool(settings) }
            known.pool.close()
        }
        let pool = makePool(settings)
        upstreams[name] = (settings, pool)
        return pool
    }

    private func makePool(_ settings: GatewaySnapshot.Upstream) -> UpstreamPool {
        UpstreamPool(
            to: settings.endpoint, tls: settings.tls.map { ($0.context, $0.serverName) }, on: loop,
            limits: settings.limits, connectionsMax: settings.connectionsMax,
            idleMax: settings.idleConnectionsMax)
    }

    /// What this loop's caches hold, and may hold.
    var cacheSizes: [(cache: String, entries: Int, limit: Int)] {
        [
            ("sessions", sessions.count, SessionCache.entriesMax),
            (
                "verdicts", verdicts.values.reduce(0) { $0 + $1.cache.count },
                verdicts.values.reduce(0) { $0 + $1.cache.countMax }
            ),
        ]
    }

    /// This loop's connections to upstreams.
    var upstreamSizes: [(name: String, open: Int, idle: Int, limit: Int)] {
        upstreams.map { name, upstream in
            (name, upstream.pool.openCount, upstream.pool.idleCount, upstream.settings.connectionsMax)
        }
    }
}

extension InForce {
    /// - Parameters:
    ///   - last: What was in force before; what would be the same again is taken over from it.
    ///   - verdicts: The loop's, by trust store.
    convenience init(
        _ snapshot: GatewaySnapshot, after last: InForce?, verdicts: inout [String: LoopVerdicts],
        metrics: LoopMetrics
    ) {
        var hosts: [HostInForce] = []
        for policy in snapshot.hosts {
            let epoch = policy.trustStore.flatMap { snapshot.trust[$0] }
            let trust = epoch.map { epoch in
                let known = verdicts[epoch.name] ?? LoopVerdicts()
                verdicts[epoch.name] = known
                return LoopTrust(epoch, known)
            }
            hosts.append(HostInForce(policy, trust: trust, metrics: metrics.host(policy.name)))
        }
        let mint = last.flatMap { $0.mint.fits(snapshot) ? $0.mint : nil }
        self.init(snapshot, hosts: hosts, mint: mint ?? AssertionMint(snapshot))
    }
}
