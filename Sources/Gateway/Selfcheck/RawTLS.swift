import Glibc
import Reactor
import TLS

/// A TLS client that sends exactly the bytes it is told, for `Selfcheck` and tests: it blocks, but never
/// waits longer than ten seconds.
final class RawTLS {
    struct Failure: Error { let what: String }

    private let descriptor: Int32
    let connection: TLSConnection

    init(
        to endpoint: Endpoint, _ context: ClientContext, serverName: String,
        resuming session: ClientSession? = nil
    ) throws {
        descriptor = try Sockets.connect(endpoint)
        connection = try TLSConnection(
            connecting: context, socket: descriptor, serverName: serverName, resuming: session)
        try wait(for: POLLOUT)
        while true {
            switch connection.handshake() {
            case .done: return
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .failed(let fault): throw fault
            }
        }
    }

    deinit { Sockets.close(descriptor) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            switch unsafe bytes[sent...].withUnsafeBytes({ unsafe connection.write($0) }) {
            case .bytes(let count): sent += count
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .closed: throw Failure(what: "closed")
            case .failed(let fault): throw fault
            }
        }
    }

    private var buffer: [UInt8] = []

    /// What comes, up to and with a text.
    func receive(through text: String) throws -> String {
        let end = Array(text.utf8)
        var searched = 0
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            while searched + end.count <= buffer.count {
                if buffer[searched] == end[0], buffer[searched..<searched + end.count].elementsEqual(end) {
                    let all = buffer[..<(searched + end.count)]
                    buffer.removeFirst(all.count)
                    return String(decoding: all, as: UTF8.self)
                }
                searched += 1
            }
            switch unsafe part.withUnsafeMutableBytes({ unsafe connection.read(into: $0) }) {
            case .bytes(let count): buffer += part[..<count]
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .closed: throw Failure(what: "closed")
            case .failed(let fault): throw fault
            }
        }
    }

    /// Everything up to the end of the connection, which must be a proper one.
    func receiveAll() throws -> String {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            switch unsafe part.withUnsafeMutableBytes({ unsafe connection.read(into: $0) }) {
            case .bytes(let count): all += part[..<count]
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .closed: return String(decoding: all, as: UTF8.self)
            case .failed(let fault): throw fault
            }
        }
    }

    private func wait(for events: Int32) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard unsafe poll(&entry, 1, 10_000) > 0 else { throw Failure(what: "timeout") }
    }
}
