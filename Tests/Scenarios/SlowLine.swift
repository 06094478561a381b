import Foundation
import Glibc
import Reactor
import Synchronization

/// A line to a server of this machine that takes its time, garbles what it says, and can be cut.
final class SlowLine: Sendable {
    let port: UInt16
    private let state = Mutex(State())

    private struct State {
        var delayMilliseconds = 0
        var isGarbling = false
        /// Of the connections that were there, the last of these was cut.
        var cuts = 0
        var isOver = false
    }

    convenience init(to port: UInt16) throws { try self.init(to: .tcp(address: "127.0.0.1", port: port)) }

    init(to server: Endpoint) throws {
        let listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        port = Sockets.boundPort(listener) ?? 0
        Thread.detachNewThread { [self] in
            defer { Sockets.close(listener) }
            while !state.withLock(\.isOver) {
                guard Self.isReadable(listener), case .accepted(let client, _) = Sockets.accept(listener)
                else { continue }
                Thread.detachNewThread { [self] in carry(client, server) }
            }
        }
    }

    func end() { state.withLock { $0.isOver = true } }

    /// How long whatever the server says is held back from now on.
    var delayMilliseconds: Int {
        get { state.withLock { $0.delayMilliseconds } }
        set { state.withLock { $0.delayMilliseconds = newValue } }
    }

    /// Whether nothing that the server says from now on arrives as it was said.
    var isGarbling: Bool {
        get { state.withLock { $0.isGarbling } }
        set { state.withLock { $0.isGarbling = newValue } }
    }

    /// Ends every connection that there is; new ones are taken.
    func cut() { state.withLock { $0.cuts += 1 } }

    private func carry(_ client: Int32, _ endpoint: Endpoint) {
        defer { Sockets.close(client) }
        guard let server = try? Sockets.connect(endpoint) else { return }
        defer { Sockets.close(server) }
        let cuts = state.withLock(\.cuts)
        while state.withLock({ $0.cuts == cuts && !$0.isOver }) {
            if Self.isReadable(client, milliseconds: 1), !Self.pass(client, server) { return }
            guard Self.isReadable(server, milliseconds: 1) else { continue }
            usleep(UInt32(delayMilliseconds) * 1000)
            // What came while it was held back does not come any more when the line was cut meanwhile.
            guard state.withLock({ $0.cuts == cuts }), Self.pass(server, client, garbling: isGarbling) else {
                return
            }
        }
    }

    /// False when either side has ended.
    private static func pass(_ source: Int32, _ target: Int32, garbling: Bool = false) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        guard
            case .bytes(let count) = unsafe bytes.withUnsafeMutableBytes({
                unsafe Sockets.read(source, into: $0)
            })
        else { return false }
        // Lines stay lines, or one would be waited for.
        if garbling { for index in 0..<count where bytes[index] > 0x20 { bytes[index] ^= 1 } }
        var sent = 0
        while sent < count {
            switch unsafe bytes[sent..<count].withUnsafeBytes({ unsafe Sockets.write(target, $0) }) {
            case .bytes(let more): sent += more
            case .wouldBlock: usleep(1000)
            case .closed, .failed: return false
            }
        }
        return true
    }

    private static func isReadable(_ descriptor: Int32, milliseconds: Int32 = 100) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&poll, 1, milliseconds) == 1
    }
}
