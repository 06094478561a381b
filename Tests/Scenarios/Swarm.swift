import HTTP
import Reactor
import Serving
import TLS

/// Many clients at once on one loop, good and bad ones, each coming back as soon as it is done.
final class Swarm {
    /// What one kind of client does, and what it must be answered.
    enum Kind {
        /// Sends this request `times` on one connection, and expects this status each time.
        case visitor(ClientContext, host: String, target: String, status: Int, times: Int)
        /// Sends these bytes without TLS.
        case noise([UInt8])
        /// Connects and leaves.
        case leaver
    }

    private(set) var answered = 0
    private(set) var wrong: [String] = []
    private(set) var visits = 0
    /// Answers that say the backend is down, while it was.
    private(set) var excused = 0
    /// Whether the backend may be down now.
    var isBackendDown: () -> Bool = { false }
    private let endpoint: Endpoint
    private let port: UInt16
    private let kinds: [Kind]
    private let loop: EventLoop
    private let buffer = ReadBuffer()
    private var isEnding = false
    private var running = 0

    init(port: UInt16, kinds: [Kind]) throws {
        endpoint = .tcp(address: "127.0.0.1", port: port)
        self.port = port
        self.kinds = kinds
        loop = try EventLoop()
    }

    /// Keeps `count` clients busy for a time, then lets each finish.
    func run(count: Int, seconds: Int) {
        running = count
        for index in 0..<count { begin(index) }
        _ = loop.after(milliseconds: seconds * 1000) { [self] in isEnding = true }
        loop.run()
    }

    private func begin(_ index: Int) {
        if isEnding {
            running -= 1
            if running == 0 { loop.stop() }
            return
        }
        visits += 1
        let again = { [self] in loop.soon { [self] in begin(index + 1) } }
        switch kinds[index % kinds.count] {
        case .visitor(let context, let host, let target, let status, let times):
            SwarmVisit(
                host: host, target: target, status: status, times: times, authority: "\(host):\(port)"
            ) { [self] problem in
                if let problem, isBackendDown(),
                    ["status 502", "status 503"].contains(where: problem.hasPrefix)
                {
                    excused += 1
                } else if let problem {
                    wrong.append("\(host)\(target): \(problem)")
                } else {
                    answered += times
                }
                again()
            }.start(to: endpoint, context, on: loop, buffer)
        case .noise(let bytes): Noise(bytes, to: endpoint, on: loop, then: again)
        case .leaver: Noise([], to: endpoint, on: loop, then: again)
        }
    }
}

/// One visit of one client. Holds itself until it is over.
private final class SwarmVisit: ClientObserver {
    private let request: ClientRequest
    private let host: String
    private let status: Int
    private var left: Int
    private let done: (String?) -> Void
    private var seen: Int?
    private var connection: ClientConnection?
    private var keepAlive: SwarmVisit?

    init(
        host: String, target: String, status: Int, times: Int, authority: String,
        done: @escaping (String?) -> Void
    ) {
        self.host = host
        self.status = status
        left = times
        self.done = done
        request = ClientRequest(method: "GET", target: target, headers: HeaderFields([("Host", authority)]))
    }

    func start(to endpoint: Endpoint, _ context: ClientContext, on loop: EventLoop, _ buffer: ReadBuffer) {
        var limits = ClientLimits()
        limits.connectSeconds = 30
        do {
            connection = try ClientConnection(
                to: endpoint, tls: (context, host), on: loop, limits: limits, buffer: buffer)
        } catch {
            return done("\(error)")
        }
        keepAlive = self
        connection?.send(request, observer: self)
    }

    func client(_ connection: ClientConnection, received head: ResponseHead) { seen = head.status }
    func client(_ connection: ClientConnection, received bytes: Span<UInt8>) {}
    func clientCanSend(_ connection: ClientConnection) {}

    func clientReceivedResponse(_ connection: ClientConnection) {
        left -= 1
        guard seen == status else { return end("status \(seen ?? 0), not \(status)") }
        if left == 0 { return end(nil) }
        guard connection.isUsable else { return end("the connection was not kept") }
        connection.send(request, observer: self)
    }

    func client(_ connection: ClientConnection, failed failure: ClientFailure) { end(failure.code) }

    private func end(_ problem: String?) {
        connection?.close()
        connection = nil
        done(problem)
        keepAlive = nil
    }
}

/// A client that speaks no TLS, or says nothing at all, and waits for the server to hang up, or hangs up itself.
private final class Noise: ReadinessHandler {
    private let loop: EventLoop
    private let bytes: [UInt8]
    private let socket: Int32
    private var registration: Registration?
    private var hasSent = false
    private let done: () -> Void

    @discardableResult
    init(_ bytes: [UInt8], to endpoint: Endpoint, on loop: EventLoop, then done: @escaping () -> Void) {
        self.loop = loop
        self.bytes = bytes
        self.done = done
        guard let socket = try? Sockets.connect(endpoint) else {
            self.socket = -1
            done()
            return
        }
        self.socket = socket
        registration = try? loop.register(socket, .write, self)
    }

    func ready(_ readiness: Readiness) {
        guard let registration else { return }
        if !hasSent, !bytes.isEmpty, Sockets.connectOutcome(socket) == nil {
            hasSent = true
            unsafe bytes.withUnsafeBytes { _ = unsafe Sockets.write(socket, $0) }
            return loop.update(registration, .read)
        }
        if hasSent {
            var buffer = [UInt8](repeating: 0, count: 4096)
            if case .bytes = unsafe buffer.withUnsafeMutableBytes({ unsafe Sockets.read(socket, into: $0) }) {
                return
            }
        }
        loop.deregister(registration)
        self.registration = nil
        Sockets.close(socket)
        done()
    }
}
