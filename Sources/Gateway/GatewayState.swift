import HTTP
import Reactor
import Serving
import Settings
import Synchronization
import TLS
import X509

/// What all loops serve by. Settings and epochs change each on their own; every change is one whole snapshot,
/// in force for the next request of every connection.
final class GatewayState: Sendable {
    let snapshots: Published<GatewaySnapshot>
    /// One for all loops; nil when nothing is resumed.
    let tlsSessions: TLSSessionStore?
    let levers: Levers
    /// Loops that share what all of them may take.
    let loopCount: Int
    private let inForce: Mutex<GatewaySettings>
    /// Held for a whole change, so that loops are told in the order of the changes; no loop waits for it.
    private let loops = Mutex<[Loop]>([])

    private struct Loop {
        let index: Int
        let mailbox: Mailbox
        /// What it was given last.
        var hosts: PreparedHosts
    }

    init(_ snapshot: GatewaySnapshot, settings: GatewaySettings, levers: Levers = Levers()) {
        self.levers = levers
        snapshots = Published(snapshot)
        loopCount = settings.workers == 0 ? System.coreCount : settings.workers
        let limits = settings.limits
        tlsSessions =
            limits.tlsSessionSeconds == 0
            ? nil
            : TLSSessionStore(
                sessionsMax: limits.tlsSessionsMax, lifetimeSeconds: limits.tlsSessionSeconds)
        inForce = Mutex(settings)
    }

    /// The configuration in force.
    var settings: GatewaySettings { inForce.withLock { $0 } }

    /// Limits of one loop.
    var servingLimits: ServingLimits { ServingLimits(settings.limits, loopCount: loopCount) }

    /// Why no traffic should come, as far as trust goes: a host whose trust store has no epoch lets nobody
    /// in.
    var untrusting: [String] {
        let snapshot = snapshots.current
        let missing = snapshot.hosts.compactMap(\.trustStore).filter { snapshot.trust[$0] == nil }
        return Set(missing).sorted().map { "trust.\($0)" }
    }

    /// Hosts for a loop that has none yet.
    func hosts(ofLoop index: Int) throws(TLSFault) -> PreparedHosts {
        try levers.prepared(snapshots.current.tlsHosts, tlsSessions, loop: index)
    }

    /// A loop to be told of changes, which has been given such hosts.
    func add(_ mailbox: Mailbox, ofLoop index: Int, _ hosts: PreparedHosts) {
        loops.withLock { $0.append(Loop(index: index, mailbox: mailbox, hosts: hosts)) }
    }

    func replace(_ snapshot: GatewaySnapshot, settings: GatewaySettings) {
        loops.withLock { loops in
            inForce.withLock { $0 = settings }
            publish(snapshot, limits: settings.limits, to: &loops)
        }
    }

    func replace(trust: [String: TrustEpoch]) {
        loops.withLock { loops in
            publish(snapshots.current.judging(by: trust), limits: settings.limits, to: &loops)
        }
    }

    /// TLS contexts are made here, on the thread of whoever changes something: loops go on serving meanwhile.
    private func publish(
        _ snapshot: GatewaySnapshot, limits: GatewaySettings.Limits, to loops: inout [Loop]
    ) {
        snapshots.replace(snapshot)
        let limits = ServingLimits(limits, loopCount: loopCount)
        for index in loops.indices {
            // Made of what has made a context before: should that fail, the old one goes on, and what it lets
            // in is judged under the new epoch all the same.
            let changed = try? levers.prepared(
                snapshot.tlsHosts, tlsSessions, loop: loops[index].index, replacing: loops[index].hosts)
            let hosts = changed ?? loops[index].hosts
            loops[index].hosts = hosts
            _ = loops[index].mailbox.post { [levers] loop in
                guard let server = loop.context as? Server else { return }
                server.limits = limits
                (server.service as? GatewayService)?.judgeTunnels()
                server.tls = levers.tlsContext(hosts, replacing: server.tls)
            }
        }
    }
}

extension ServingLimits {
    /// - Parameter loopCount: Loops that share the connections.
    init(_ settings: GatewaySettings.Limits, loopCount: Int) {
        self.init()
        connectionsMax = max(1, settings.connectionsMax / loopCount)
        handshakeSeconds = settings.handshakeSeconds
        headerSeconds = settings.headerSeconds
        bodyIdleSeconds = settings.bodyIdleSeconds
        keepAliveSeconds = settings.keepAliveSeconds
        requestsPerConnectionMax = settings.requestsPerConnectionMax
        bytesPerSecondMin = settings.bytesPerSecondMin
        exchangesMax = max(1, settings.exchangesMax / loopCount)
        sources = SourceLimits(settings.perSource, loopCount: loopCount)
        http.headBytesMax = settings.headBytesMax
        http.fieldCountMax = settings.fieldCountMax
        http.lineBytesMax = settings.lineBytesMax
    }
}
