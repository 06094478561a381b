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
    private let snapshots: Published<GatewaySnapshot>
    private let threads: [LoopThread]
    private let pools: GatewayPools
    private let drainSeconds: Int
    /// One for all loops; nil when nothing is resumed.
    private let tlsSessions: TLSSessionStore?

    /// Loads everything, listens, and serves.
    ///
    /// - Throws: `GatewayFault`, with all that is wrong; then nothing runs.
    public init(
        _ settings: GatewaySettings, database: Database, log: LogSink, audit: LogSink
    ) throws(GatewayFault) {
        let snapshot = try GatewayLoader.load(settings, replacing: nil, keys: .files)
        let snapshots = Published(snapshot)
        let logs = GatewayLogs(log: log, audit: audit)
        let desk = LoginDesk(
            customers: CustomerStore(database), sessions: SessionStore(database), logs: logs)
        let pools = GatewayPools(
            store: BlockingPool(threadCount: 4, queueMax: 4096),
            passwords: BlockingPool(
                threadCount: settings.password.workers, queueMax: settings.password.queueMax))
        let guards = LoginGuard()
        let posts = RecentPosts()
        let loopCount = settings.workers == 0 ? System.coreCount : settings.workers
        let limits = Self.limits(settings.limits, loopCount: loopCount)
        self.snapshots = snapshots
        self.pools = pools
        let tlsSessions =
            settings.limits.tlsSessionSeconds == 0
            ? nil
            : TLSSessionStore(
                sessionsMax: settings.limits.tlsSessionsMax,
                lifetimeSeconds: settings.limits.tlsSessionSeconds)
        self.tlsSessions = tlsSessions
        drainSeconds = settings.limits.drainSeconds

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
                            on: loop, snapshots: snapshots, desk: desk, pools: pools, guards: guards,
                            posts: posts, logs: logs)
                        // The loader has made this context once already; without it this loop serves nobody.
                        guard
                            let context = try? ServerContext(
                                hosts: snapshots.current.tlsHosts, sessions: tlsSessions,
                                library: LibraryContext.ofLoop(loop.index))
                        else {
                            return
                        }
                        let server = Server(on: loop, limits: limits, service: service, tls: context)
                        loop.context = server
                        for socket in sockets { try? server.listen(on: socket) }
                        guard index == 0 else { return }
                        Housekeeping(on: loop, pool: pools.store, desk: desk, snapshots: snapshots).start()
                    })
            }
        } catch {
            for thread in threads { _ = thread.mailbox.post { $0.stop() } }
            throw GatewayFault(complaints: ["\(error)"])
        }
        self.threads = threads
    }

    /// Takes up changed settings and files, for new connections and for the next request of those that stand.
    ///
    /// - Throws: With all that is wrong; then everything stays as it was.
    public func reload(_ settings: GatewaySettings) throws(GatewayFault) {
        let snapshot = try GatewayLoader.load(settings, replacing: snapshots.current, keys: .files)
        guard snapshot.hosts.map(\.name) == snapshots.current.hosts.map(\.name) else {
            // Connections know their host by its place.
            throw GatewayFault(complaints: ["hosts: adding, removing or reordering hosts needs a restart"])
        }
        snapshots.replace(snapshot)
        let sessions = tlsSessions
        for thread in threads {
            _ = thread.mailbox.post { loop in
                guard let server = loop.context as? Server else { return }
                if let context = try? ServerContext(
                    hosts: snapshot.tlsHosts, sessions: sessions, library: LibraryContext.ofLoop(loop.index))
                {
                    server.tls = context
                }
            }
        }
    }

    /// Stops accepting, lets running exchanges finish within the configured time, and returns when all is
    /// done.
    public func stop() {
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
    }

    /// Epoch number and content hash of each trust store in force, for the start-up log.
    public var trustSummary: [(store: String, epoch: UInt64, anchors: Int)] {
        snapshots.current.trust.values.map { ($0.name, $0.number.value, $0.anchors.count) }
            .sorted { $0.store < $1.store }
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
