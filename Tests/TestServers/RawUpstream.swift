import Glibc
public import Reactor
import Synchronization

/// A server that waits for a head, says what it is told, right or wrong, and closes or not.
public final class RawUpstream {
    public let endpoint: Endpoint
    private let thread: LoopThread
    private let accepted = Count()

    private final class Count: Sendable {
        let value = Atomic(0)
    }

    /// Connections that were made to it so far.
    public var connectionCount: Int { accepted.value.load(ordering: .relaxed) }

    public var port: UInt16 {
        if case .tcp(_, let port) = endpoint { return port }
        return 0
    }

    public convenience init(answering answer: String, closes: Bool = true) throws {
        try self.init(answering: Array(answer.utf8), closes: closes)
    }

    public init(answering answer: [UInt8], closes: Bool) throws {
        Signals.ignoreBrokenPipe()
        let listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 4, reusePort: false)
        endpoint = .tcp(address: "127.0.0.1", port: Sockets.boundPort(listener) ?? 0)
        let accepted = self.accepted
        thread = try LoopThread.start(name: "upstream") { loop in
            let host = Host(listener, answer, closes: closes, accepted, on: loop)
            loop.context = host
            host.start()
        }
    }

    deinit {
        _ = thread.mailbox.post { loop in
            (loop.context as? Host)?.end()
            loop.stop()
        }
        thread.join()
    }

    private final class Host: ReadinessHandler {
        private let listener: Int32
        private let answer: [UInt8]
        private let closes: Bool
        private let loop: EventLoop
        private let accepted: Count
        private var registration: Registration?
        private var guests: [Guest] = []

        init(
            _ listener: Int32, _ answer: [UInt8], closes: Bool, _ accepted: Count, on loop: EventLoop
        ) {
            self.accepted = accepted
            self.listener = listener
            self.answer = answer
            self.closes = closes
            self.loop = loop
        }

        func start() { registration = try? loop.register(listener, .read, self) }

        func ready(_ readiness: Readiness) {
            guard case .accepted(let socket, _) = Sockets.accept(listener) else { return }
            accepted.value.add(1, ordering: .relaxed)
            let guest = Guest(socket, answer, closes: closes, on: loop)
            guests.append(guest)
            guest.start()
        }

        func end() {
            if let registration { loop.deregister(registration) }
            Sockets.close(listener)
            for guest in guests { guest.end() }
        }
    }

    private final class Guest: ReadinessHandler {
        private let socket: Int32
        private let answer: [UInt8]
        private let closes: Bool
        private let loop: EventLoop
        private var registration: Registration?
        private var isOpen = true
        private var request: [UInt8] = []

        init(_ socket: Int32, _ answer: [UInt8], closes: Bool, on loop: EventLoop) {
            self.socket = socket
            self.answer = answer
            self.closes = closes
            self.loop = loop
        }

        func start() { registration = try? loop.register(socket, .read, self) }

        func ready(_ readiness: Readiness) {
            var part = [UInt8](repeating: 0, count: 4096)
            guard
                case .bytes(let count) = unsafe part.withUnsafeMutableBytes({
                    unsafe Sockets.read(socket, into: $0)
                })
            else { return end() }
            request += part[..<count]
            guard request.suffix(4) == [13, 10, 13, 10] else { return }
            request = []
            _ = unsafe answer.withUnsafeBytes { unsafe Sockets.write(socket, $0) }
            if closes { end() }
        }

        func end() {
            guard isOpen else { return }
            isOpen = false
            if let registration { loop.deregister(registration) }
            Sockets.close(socket)
        }
    }
}
