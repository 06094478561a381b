import Serving
import X509

/// A snapshot as one loop serves by it: requests hold on to one object, and find in it without a look-up what
/// the snapshot names.
///
/// Confined to its loop. No connection holds it between requests: epochs are large.
final class InForce {
    let snapshot: GatewaySnapshot
    /// In the order of the snapshot's.
    let hosts: [HostInForce]
    let mint: AssertionMint

    init(_ snapshot: GatewaySnapshot, hosts: [HostInForce], mint: AssertionMint) {
        self.snapshot = snapshot
        self.hosts = hosts
        self.mint = mint
    }
}

/// A host as one loop serves it.
final class HostInForce {
    let policy: HostPolicy
    /// Judges the certificates that are presented here; nil on a host that requests none.
    let trust: LoopTrust?
    let metrics: LoopMetrics.Host
    /// Longest path first.
    let routes: [RouteInForce]

    init(_ policy: HostPolicy, trust: LoopTrust?, metrics: LoopMetrics.Host) {
        self.policy = policy
        self.trust = trust
        self.metrics = metrics
        routes = policy.routes.map(RouteInForce.init)
    }

    func route(for path: String) -> RouteInForce? {
        routes.first { $0.route.covers(path) }
    }
}

/// A route, and where it leads on one loop.
final class RouteInForce {
    let route: Route
    /// Found when it is first asked for.
    var upstream: UpstreamPool?

    init(_ route: Route) { self.route = route }
}

/// The epoch of a trust store that is in force, and what it has said to one loop.
final class LoopTrust {
    let epoch: TrustEpoch
    let verdicts: LoopVerdicts

    init(_ epoch: TrustEpoch, _ verdicts: LoopVerdicts) {
        self.epoch = epoch
        self.verdicts = verdicts
    }
}

/// One loop's verdicts by one trust store, whichever its epoch: what they count under they know themselves.
final class LoopVerdicts {
    var cache = VerdictCache()
}
