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
    private let state: Mutex<State>

    private struct State {
        var settings: GatewaySettings
        var loops: [Mailbox] = []
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
        state = Mutex(State(settings: settings))
    }

    /// The configuration in force.
    var settings: GatewaySettings { state.withLock { $0.settings } }

    /// Limits of one loop.
    var servingLimits: ServingLimits { ServingLimits(settings.limits, loopCount: loopCount) }

    /// Why no traffic should come, as far as trust goes: a host whose trust store has no epoch lets nobody
    /// in.
    var untrusting: [String] {
        let snapshot = snapshots.current
        let missing = snapshot.hosts.compactMap(\.trustStore).filter { snapshot.trust[$0] == nil }
        return Set(missing).sorted().map { "trust.\($0)" }
    }

    /// A loop to be told of changes.
    func add(_ loop: Mailbox) { state.withLock { $0.loops.append(loop) } }

    func replace(_ snapshot: GatewaySnapshot, settings: GatewaySettings) {
        state.withLock { state in
            state.settings = settings
            publish(snapshot, limits: settings.limits, to: state.loops)
        }
    }

    func replace(trust: [String: TrustEpoch]) {
        state.withLock { state in
            publish(
                snapshots.current.judging(by: trust), limits: state.settings.limits, to: state.loops)
        }
    }

    /// Under the lock, so that loops are told in the order of the changes.
    private func publish(
        _ snapshot: GatewaySnapshot, limits: GatewaySettings.Limits, to loops: [Mailbox]
    ) {
        snapshots.replace(snapshot)
        let limits = ServingLimits(limits, loopCount: loopCount)
        for loop in loops {
            _ = loop.post { [tlsSessions, levers] loop in
                guard let server = loop.context as? Server else { return }
                server.limits = limits
                (server.service as? GatewayService)?.judgeTunnels()
                // Made of what has made a context before: should that fail, the old one goes on, and what it
                // lets in is judged under the new epoch all the same.
                if let context = try? levers.tlsContext(
                    snapshot.tlsHosts, tlsSessions, loop: loop.index, replacing: server.tls)
                {
                    server.tls = context
                }
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
