import Glibc
import Reactor
import TLS

/// A TLS client that connects from an address of its choice and asks one thing. It never waits longer than ten
/// seconds.
final class TLSVisitor {
    private let descriptor: Int32
    private let connection: TLSConnection

    init(
        to endpoint: Endpoint, from source: String, _ context: ClientContext, serverName: String,
        resuming session: ClientSession?
    ) throws {
        descriptor = try Sockets.connect(endpoint, from: source)
        connection = try TLSConnection(
            connecting: context, socket: descriptor, serverName: serverName, resuming: session)
    }

    deinit { Sockets.close(descriptor) }

    /// `full` or `resumed` when the request was answered, else `refused`; and the session to take up next.
    func visit() -> (outcome: String, session: ClientSession?) {
        wait(for: POLLOUT)
        handshake: while true {
            switch connection.handshake() {
            case .done: break handshake
            case .wantRead: wait(for: POLLIN)
            case .wantWrite: wait(for: POLLOUT)
            case .failed: return ("refused", nil)
            }
        }
        let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        _ = unsafe request.withUnsafeBytes { unsafe connection.write($0) }
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            switch unsafe part.withUnsafeMutableBytes({ unsafe connection.read(into: $0) }) {
            case .bytes:
                _ = connection.sendCloseNotify()
                return (connection.isResumed ? "resumed" : "full", connection.clientSession)
            case .wantRead: wait(for: POLLIN)
            case .wantWrite: wait(for: POLLOUT)
            case .closed, .failed: return ("refused", nil)
            }
        }
    }

    private func wait(for events: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        _ = unsafe poll(&entry, 1, 10_000)
    }
}
