import HTTP
public import Reactor
public import TLS
import Text

/// The serving side of one loop: its listening sockets and the connections they accepted.
///
/// Confined to its loop.
public final class Server {
    public let loop: EventLoop
    public let limits: ServingLimits
    public let service: any ExchangeService
    /// New connections are made under this context; nil serves plain HTTP.
    public var tls: ServerContext?
    public private(set) var isDraining = false
    public var connectionCount: Int { connections.count }

    private var connections: [ObjectIdentifier: ServerConnection] = [:]
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
    }

    /// Accepts from a listening socket, which the server owns from now on.
    public func listen(on descriptor: Int32) throws(SystemFault) {
        listeners.append(try Listener(descriptor, server: self))
    }

    /// Stops accepting; idle connections end, busy ones after their exchange, all of them after `seconds`.
    public func drain(seconds: Int, then done: @escaping () -> Void) {
        guard !isDraining else { return }
        isDraining = true
        whenEmpty = done
        for listener in listeners { listener.stop() }
        listeners = []
        for connection in connections.values { connection.drain() }
        _ = loop.after(milliseconds: seconds * 1000) { [weak self] in
            guard let self else { return }
            for connection in connections.values { connection.close(.timeout("drain")) }
        }
        notifyIfEmpty()
    }

    func accepted(_ descriptor: Int32, from address: PeerAddress) {
        var session: TLSConnection?
        if let tls {
            do throws(TLSFault) {
                session = try TLSConnection(accepting: tls, socket: descriptor)
            } catch {
                return Sockets.close(descriptor)
            }
        }
        let peer = PeerConnection(
            address: address, tls: session,
            credentials: address.isLocal ? Sockets.peerCredentials(descriptor) : nil, openedAt: loop.now)
        let connection = ServerConnection(
            ByteStream(descriptor: descriptor, tls: session), peer: peer, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    var isFull: Bool { connections.count >= limits.connectionsMax }

    func connectionEnded(_ connection: ServerConnection, fault: StreamFault?, wasOpen: Bool) {
        connections[ObjectIdentifier(connection)] = nil
        if wasOpen { service.connectionClosed(connection.peer, fault: fault) }
        for listener in listeners { listener.resume() }
        notifyIfEmpty()
    }

    private func notifyIfEmpty() {
        guard isDraining, connections.isEmpty, let done = whenEmpty else { return }
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
