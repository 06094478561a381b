public import Reactor
public import TLS

/// Why an upstream can't take a request now.
public enum UpstreamRefusal: Error, Sendable {
    /// It failed a moment ago; the next attempt waits.
    case coolingDown
    /// All the connections it may have are busy.
    case saturated
    case stream(StreamFault)

    public var code: String {
        switch self {
        case .coolingDown: "upstream.coolingDown"
        case .saturated: "upstream.saturated"
        case .stream(let fault): "upstream.\(fault.code)"
        }
    }
}

/// The connections of one loop to one upstream: kept alive, bounded, and health-aware.
public final class UpstreamPool {
    public let endpoint: Endpoint
    private let tls: (context: ClientContext, serverName: String)?
    private let loop: EventLoop
    private let limits: ClientLimits
    private let connectionsMax: Int
    private let idleMax: Int
    private let buffer = ReadBuffer()
    private var idle: [ClientConnection] = []
    private var connectionCount = 0
    private var isClosed = false
    private var failures = 0
    private var notBefore = MonotonicTime(nanoseconds: 0)

    /// - Parameter tls: How it is spoken to; nil for in the clear.
    public init(
        to endpoint: Endpoint, tls: (context: ClientContext, serverName: String)? = nil, on loop: EventLoop,
        limits: ClientLimits, connectionsMax: Int, idleMax: Int
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.loop = loop
        self.limits = limits
        self.connectionsMax = connectionsMax
        self.idleMax = idleMax
    }

    /// The time of its loop's turn.
    public var now: MonotonicTime { loop.now }

    /// Connections there are, idle ones included.
    public var openCount: Int { connectionCount }

    /// Connections that wait for a request.
    public var idleCount: Int { idle.count }

    /// Sends a request on an idle connection, or on a new one. `fresh` insists on a new one.
    public func send(
        _ request: ClientRequest, observer: any ClientObserver, fresh: Bool = false
    ) throws(UpstreamRefusal) -> ClientConnection {
        while !fresh, let connection = idle.popLast() {
            guard connection.isUsable else { continue }
            connection.send(request, observer: observer)
            return connection
        }
        guard loop.now >= notBefore else { throw .coolingDown }
        guard connectionCount < connectionsMax else { throw .saturated }
        let connection: ClientConnection
        do {
            connection = try ClientConnection(
                to: endpoint, tls: tls, on: loop, limits: limits, buffer: buffer)
        } catch {
            failed()
            throw .stream(error)
        }
        connectionCount += 1
        // Held by its connections, until they are closed.
        connection.onIdle = keep
        connection.onClose = closed
        connection.send(request, observer: observer)
        return connection
    }

    /// The upstream could not be reached: give it a growing moment, at most a second.
    public func failed() {
        failures = min(failures + 1, 5)
        let pause = UInt64(32 << failures) * 1_000_000
        notBefore = MonotonicTime(nanoseconds: loop.now.nanoseconds + pause)
    }

    /// The upstream answered.
    public func succeeded() {
        failures = 0
    }

    /// Ends the idle connections now, and the others after their response.
    public func close() {
        isClosed = true
        let connections = idle
        idle = []
        for connection in connections { connection.close() }
    }

    private func keep(_ connection: ClientConnection) {
        if !isClosed, idle.count < idleMax { idle.append(connection) } else { connection.close() }
    }

    private func closed(_ connection: ClientConnection) {
        connectionCount -= 1
        idle.removeAll { $0 === connection }
    }
}
