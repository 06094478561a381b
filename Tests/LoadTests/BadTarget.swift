import Glibc
import Reactor
import Testing

/// Accepts, and does what a TLS server never would.
final class BadTarget: ReadinessHandler {
    private let listener: Int32
    private let answer: [UInt8]?
    private var open: [Int32] = []

    init(_ listener: Int32, _ answer: String?, _ loop: EventLoop) {
        self.listener = listener
        self.answer = answer.map { Array($0.utf8) }
        _ = try? loop.register(listener, .read, self)
    }

    deinit { for socket in open { Sockets.close(socket) } }

    func ready(_ readiness: Readiness) {
        while case .accepted(let socket, _) = Sockets.accept(listener) {
            if let answer {
                unsafe answer.withUnsafeBytes { _ = unsafe Sockets.write(socket, $0) }
                // Closed later: what the client has sent is unread, and would make a reset of it.
                open.append(socket)
            } else {
                var setting = Glibc.linger(l_onoff: 1, l_linger: 0)
                unsafe setsockopt(
                    socket, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout.size(ofValue: setting)))
                Sockets.close(socket)
            }
        }
    }

    /// A socket that listens, and that nobody accepts from, for the length of a call.
    static func withListener<Result>(_ body: (Int32, UInt16) throws -> Result) throws -> Result {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        defer { Sockets.close(socket) }
        return try body(socket, try #require(Sockets.boundPort(socket)))
    }

    /// Accepts so many connections meanwhile, on a thread, and answers each or, without an answer, resets it.
    static func answering<Result>(
        _ listener: Int32, count: Int, with answer: String?, _ body: () throws -> Result
    ) throws -> Result {
        let thread = try LoopThread.start(name: "bad") { loop in
            let target = BadTarget(listener, answer, loop)
            loop.context = target
        }
        defer {
            thread.stop()
            thread.join()
        }
        return try body()
    }
}
