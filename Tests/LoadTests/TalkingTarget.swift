import Reactor
import TLS

/// A TLS server that sends a response as soon as the handshake is done, whether it was asked or not.
final class TalkingTarget: Sendable {
    let port: UInt16
    private let thread: LoopThread

    init(_ host: ServerHost) throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        thread = try LoopThread.start(name: "talking") { loop in
            guard let context = try? ServerContext(hosts: [host]) else { return }
            loop.context = Listener(socket, context, loop)
        }
    }

    func stop() {
        thread.stop()
        thread.join()
    }

    private final class Listener: ReadinessHandler {
        private let socket: Int32
        private let context: ServerContext
        private let loop: EventLoop
        private var guests: [Guest] = []

        init(_ socket: Int32, _ context: ServerContext, _ loop: EventLoop) {
            self.socket = socket
            self.context = context
            self.loop = loop
            _ = try? loop.register(socket, .read, self)
        }

        deinit {
            for guest in guests { Sockets.close(guest.socket) }
            Sockets.close(socket)
        }

        func ready(_ readiness: Readiness) {
            while case .accepted(let guest, _) = Sockets.accept(socket) {
                guard let tls = try? TLSConnection(accepting: context, socket: guest) else { continue }
                let guest = Guest(guest, tls)
                guests.append(guest)
                _ = try? loop.register(guest.socket, .read, guest)
            }
        }
    }

    private final class Guest: ReadinessHandler {
        let socket: Int32
        private let tls: TLSConnection
        private var hasSpoken = false

        init(_ socket: Int32, _ tls: TLSConnection) {
            self.socket = socket
            self.tls = tls
        }

        func ready(_ readiness: Readiness) {
            guard !hasSpoken, tls.handshake() == .done else { return }
            hasSpoken = true
            let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
            _ = unsafe answer.withUnsafeBytes { unsafe tls.write($0) }
        }
    }
}
