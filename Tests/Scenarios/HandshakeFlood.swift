import Foundation
import Glibc
import Reactor
import Synchronization
import TLS
import TestPKI

/// One client network that begins handshakes and lets every one of them come to nothing, so many a second,
/// on a thread of its own: each sends a whole ClientHello and leaves when the server has answered it.
final class HandshakeFlood: Sendable {
    private let thread: LoopThread
    private let counts = Counts()

    private final class Counts: Sendable {
        let begun = Atomic(0)
        /// The server did its part of the handshake, for nothing.
        let served = Atomic(0)
    }

    var begun: Int { counts.begun.load(ordering: .relaxed) }
    var served: Int { counts.served.load(ordering: .relaxed) }

    init(to endpoint: Endpoint, from source: String, perSecond: Int, serverName: String) throws {
        let hello = try Self.clientHello(for: serverName)
        let plan = Plan(
            endpoint: endpoint, source: source, hello: hello, perSecond: perSecond, counts: counts)
        thread = try LoopThread.start(name: "flood") { loop in
            // An attacker's processor is not the gateway's: what sending costs must not stand against it here.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            Self.go(plan, on: loop)
        }
    }

    /// As many handshakes as are due by now, and the next in a moment.
    private static func go(_ plan: Plan, on loop: EventLoop) {
        let due = Clock.monotonic().microseconds(since: plan.start) * plan.perSecond / 1_000_000
        while plan.counts.begun.load(ordering: .relaxed) < due {
            plan.counts.begun.add(1, ordering: .relaxed)
            Attempt.begin(plan.endpoint, plan.source, plan.hello, on: loop) {
                plan.counts.served.add(1, ordering: .relaxed)
            }
        }
        _ = loop.after(milliseconds: 5) { [unowned loop] in go(plan, on: loop) }
    }

    private struct Plan: Sendable {
        let endpoint: Endpoint
        let source: String
        let hello: [UInt8]
        let perSecond: Int
        let counts: Counts
        let start = Clock.monotonic()
    }

    func stop() {
        _ = thread.mailbox.post { $0.stop() }
        thread.join()
    }

    /// What a client of ours sends first.
    private static func clientHello(for name: String) throws -> [UInt8] {
        let listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        defer { Sockets.close(listener) }
        let socket = try Sockets.connect(
            .tcp(address: "127.0.0.1", port: Sockets.boundPort(listener) ?? 0))
        defer { Sockets.close(socket) }
        let anyone = TestAuthority(name: "Anyone")
        let connection = try TLSConnection(
            connecting: ClientContext(anchorsPEM: anyone.pem), socket: socket, serverName: name)
        var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        _ = unsafe Glibc.poll(&poll, 1, 1000)
        _ = connection.handshake()
        guard case .accepted(let accepted, _) = Sockets.accept(listener) else {
            throw ScenarioFault("no connection")
        }
        defer { Sockets.close(accepted) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<100 {
            if case .bytes(let count) = unsafe bytes.withUnsafeMutableBytes({
                unsafe Sockets.read(accepted, into: $0)
            }) {
                return Array(bytes[..<count])
            }
            usleep(1000)
        }
        throw ScenarioFault("no ClientHello")
    }

    private final class Attempt: ReadinessHandler {
        private let socket: Int32
        private let hello: [UInt8]
        private let loop: EventLoop
        private let onServed: () -> Void
        private var registration: Registration?
        private var hasSent = false

        static func begin(
            _ endpoint: Endpoint, _ source: String, _ hello: [UInt8], on loop: EventLoop,
            onServed: @escaping () -> Void
        ) {
            guard let socket = try? Sockets.connect(endpoint, from: source) else { return }
            let attempt = Attempt(socket, hello, loop, onServed)
            attempt.registration = try? loop.register(socket, .write, attempt)
        }

        private init(_ socket: Int32, _ hello: [UInt8], _ loop: EventLoop, _ onServed: @escaping () -> Void) {
            self.socket = socket
            self.hello = hello
            self.loop = loop
            self.onServed = onServed
        }

        func ready(_ readiness: Readiness) {
            guard let registration else { return }
            if !hasSent {
                hasSent = true
                _ = unsafe hello.withUnsafeBytes { unsafe Sockets.write(socket, $0) }
                return loop.update(registration, .read)
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let transfer = unsafe bytes.withUnsafeMutableBytes { unsafe Sockets.read(socket, into: $0) }
            // An alert is short; a ServerHello and what comes with it is not.
            if case .bytes(let count) = transfer, count > 100 { onServed() }
            loop.deregister(registration)
            self.registration = nil
            Sockets.reset(socket)
        }
    }
}
