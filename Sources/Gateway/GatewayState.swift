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
    private let state: Mutex<State>

    private struct State {
        var settings: GatewaySettings
        var loops: [Mailbox] = []
    }

    init(_ snapshot: GatewaySnapshot, settings: GatewaySettings) {
        snapshots = Published(snapshot)
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

    /// A loop to be told of changes.
    func add(_ loop: Mailbox) { state.withLock { $0.loops.append(loop) } }

    func replace(_ snapshot: GatewaySnapshot, settings: GatewaySettings) {
        state.withLock { state in
            state.settings = settings
            publish(snapshot, to: state.loops)
        }
    }

    func replace(trust: [String: TrustEpoch]) {
        state.withLock { state in
            publish(snapshots.current.judging(by: trust), to: state.loops)
        }
    }

    /// Under the lock, so that loops are told in the order of the changes.
    private func publish(_ snapshot: GatewaySnapshot, to loops: [Mailbox]) {
        snapshots.replace(snapshot)
        for loop in loops {
            _ = loop.post { [tlsSessions] loop in
                guard let server = loop.context as? Server else { return }
                // Made of what has made a context before: should that fail, the old one goes on, and what it
                // lets in is judged under the new epoch all the same.
                if let context = try? ServerContext(
                    hosts: snapshot.tlsHosts, sessions: tlsSessions,
                    library: LibraryContext.ofLoop(loop.index), replacing: server.tls)
                {
                    server.tls = context
                }
            }
        }
    }
}
