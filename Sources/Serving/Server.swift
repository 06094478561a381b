import HTTP
public import Reactor
public import TLS
import Text

/// The serving side of one loop: its listening sockets and the connections they accepted.
///
/// Confined to its loop.
public final class Server {
    public let loop: EventLoop
    /// In force for what begins from now on: a connection, a phase of one, a request.
    public var limits: ServingLimits
    public let service: any ExchangeService
    /// New connections are made under this context; nil serves plain HTTP.
    public var tls: ServerContext?
    public private(set) var isDraining = false
    public var connectionCount: Int { connections.count }

    /// Connections that were not let in, by the limit of their network that they met.
    public private(set) var refusals: [SourceRefusal: Int] = [:]
    /// Exchanges under way.
    public internal(set) var exchangeCount = 0

    private var sources: SourceTable?
    var idle = IdleList()

    /// How many connections are in each phase. Looks at all of them.
    public var connectionPhases: [(phase: String, count: Int)] {
        var counts = [Int](repeating: 0, count: ServerConnection.Phase.allCases.count)
        for connection in connections.values { counts[connection.phase.rawValue] += 1 }
        return ServerConnection.Phase.allCases.dropLast().map { ("\($0)", counts[$0.rawValue]) }
    }

    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var entrances: [ObjectIdentifier: ProxyEntrance] = [:]
    private var proxyRefusalToldAt: MonotonicTime?
    private var listeners: [Listener] = []
    /// One buffer serves all reads of the loop.
    let buffer = ReadBuffer()
    private var whenEmpty: (() -> Void)?
    private var dateText = ""
    private var dateSecond: Int64 = -1

    public init(on loop: EventLoop, limits: ServingLimits, service: any ExchangeService, tls: ServerContext?)
    {
        self.loop = loop
        self.limits = limits
        self.service = service
        self.tls = tls
        sources = limits.sources.map { SourceTable($0) }
    }

    /// Accepts from a listening socket, which the server owns from now on.
    /// - Parameter proxy: Who connects there for others, and says for whom; nil where clients come by
    ///   themselves.
    public func listen(on descriptor: Int32, proxy: ProxyTerms? = nil) throws(SystemFault) {
        listeners.append(try Listener(descriptor, proxy: proxy, server: self))
    }

    /// Stops accepting; idle connections end, busy ones after their exchange, all of them after `seconds`.
    ///
    /// - Parameter gently: Idle connections, and those in their handshake, get the answer to their next
    ///   request, which says that it is the last: no client has to send one again. For a process whose place
    ///   another has taken already, so that nobody waits for its end.
    public func drain(seconds: Int, gently: Bool = false, then done: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        whenEmpty = done
        for listener in listeners { listener.stop() }
        listeners = []
        if !gently {
            for connection in connections.values { connection.drain() }
            for entrance in entrances.values { entrance.close() }
        }
        _ = loop.after(milliseconds: seconds * 1000) { [weak self] in
            guard let self else { return }
            for connection in connections.values { connection.cutOff() }
            for entrance in entrances.values { entrance.close() }
        }
        notifyIfEmpty()
    }

    func accepted(_ descriptor: Int32, from address: PeerAddress) {
        var source: ClientNetwork?
        if sources != nil {
            let network = ClientNetwork(address.ip)
            if let refusal = sources?.open(network, willShakeHands: tls != nil, at: loop.now) {
                refused(address, network, refusal)
                return Sockets.reset(descriptor)
            }
            source = network
        }
        if isFull { _ = makeRoom() }
        var session: TLSConnection?
        if let tls {
            do throws(TLSFault) {
                session = try TLSConnection(accepting: tls, socket: descriptor)
            } catch {
                if let source { sources?.closed(source) }
                return Sockets.close(descriptor)
            }
        }
        if let source {
            // A cycle while the connection is open, as the connection itself is one.
            session?.admission = { [self] in admits(source, address, isResumed: $0) }
        }
        let peer = PeerConnection(
            address: address, tls: session,
            credentials: address.isLocal ? Sockets.peerCredentials(descriptor) : nil, openedAt: loop.now)
        let connection = ServerConnection(
            ByteStream(descriptor: descriptor, tls: session), peer: peer, source: source, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    var isFull: Bool { connections.count + entrances.count >= limits.connectionsMax }
    var hasRoom: Bool { !isFull || idle.longest != nil }

    /// The connection waits for a request, and has sent all it had to.
    func connectionIsIdle(_ connection: ServerConnection) {
        idle.append(connection)
        if isFull { for listener in listeners { listener.resume() } }
    }

    /// Ends the connection that has been idle longest; false when none is.
    func makeRoom() -> Bool {
        guard let connection = idle.longest else { return false }
        connection.close(nil)
        return true
    }

    // MARK: Proxies

    /// Whoever is no proxy of ours gets nothing, least of all a say in whom we take them for.
    func proxyCame(_ socket: Int32, from address: PeerAddress, under terms: ProxyTerms) {
        guard terms.trust(address) else {
            Sockets.reset(socket)
            return proxyRefused(address, "stranger")
        }
        let entrance = ProxyEntrance(socket, from: address, server: self)
        entrances[ObjectIdentifier(entrance)] = entrance
        entrance.start(seconds: terms.headerSeconds)
    }

    func entranceEnded(_ entrance: ProxyEntrance) {
        entrances[ObjectIdentifier(entrance)] = nil
        notifyIfEmpty()
    }

    /// News once a second at most: strangers can come as often as they like.
    func proxyRefused(_ address: PeerAddress, _ reason: String) {
        let isNews = proxyRefusalToldAt.map { loop.now >= $0.adding(milliseconds: 1000) } ?? true
        if isNews { proxyRefusalToldAt = loop.now }
        service.proxyRefused(address, reason: reason, isNews: isNews)
    }

    // MARK: Client networks

    /// A ClientHello is read: whether its network may have such a handshake now.
    private func admits(_ source: ClientNetwork, _ address: PeerAddress, isResumed: Bool) -> Bool {
        guard let refusal = sources?.begin(source, isResumed: isResumed, at: loop.now) else { return true }
        refused(address, source, refusal)
        return false
    }

    private func refused(_ address: PeerAddress, _ source: ClientNetwork, _ refusal: SourceRefusal) {
        refusals[refusal, default: 0] += 1
        if let count = sources?.tell(source, at: loop.now) {
            service.sourceRefused(address, refusal, count: count)
        }
    }

    func handshakeSucceeded(_ connection: ServerConnection) {
        if let source = connection.source { sources?.succeeded(source) }
    }

    func connectionEnded(_ connection: ServerConnection, fault: StreamFault?, wasOpen: Bool) {
        connections[ObjectIdentifier(connection)] = nil
        if let source = connection.source { sources?.closed(source) }
        if wasOpen { service.connectionClosed(connection.peer, fault: fault) }
        for listener in listeners { listener.resume() }
        notifyIfEmpty()
    }

    private func notifyIfEmpty() {
        guard isDraining, connections.isEmpty, entrances.isEmpty, let done = whenEmpty else { return }
        whenEmpty = nil
        loop.soon(done)
    }

    /// The `Date` header, rendered once a second.
    var date: String {
        let second = Clock.wall()
        if second != dateSecond {
            dateSecond = second
            dateText = WallTime(seconds: second).imfFixdate
        }
        return dateText
    }
}
