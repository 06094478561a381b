import Glibc
import HTTP
import Reactor

/// A plain client that sends exactly the bytes it is told. It never waits longer than ten seconds.
final class RawSocket {
    enum Failure: Error {
        case timeout
        /// The other side broke the connection off instead of ending it.
        case broken(String)
        /// The stream ended before what was waited for.
        case ended(received: String)
        case malformed
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isClosed = false

    /// - Parameter receiveBytes: How much the kernel may hold for a client that does not read.
    init(to endpoint: Endpoint, from source: String? = nil, receiveBytes: Int32? = nil) throws {
        descriptor = try Sockets.connect(endpoint, from: source)
        if var bytes = receiveBytes {
            unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        try wait(for: POLLOUT)
        if let fault = Sockets.connectOutcome(descriptor) { throw fault }
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        Sockets.close(descriptor)
    }

    /// Ends this side; reading goes on.
    func finish() { Sockets.shutdownWrite(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let outcome = unsafe bytes[sent...].withUnsafeBytes { unsafe Sockets.write(descriptor, $0) }
            switch outcome {
            case .bytes(let count): sent += count
            case .wouldBlock: try wait(for: POLLOUT)
            case .closed: throw Failure.broken("write")
            case .failed(let fault): throw Failure.broken("\(fault)")
            }
        }
    }

    /// What comes next; nil at the end of the stream.
    func receive() throws -> [UInt8]? {
        if !buffer.isEmpty {
            defer { buffer = [] }
            return buffer
        }
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            switch unsafe part.withUnsafeMutableBytes({ unsafe Sockets.read(descriptor, into: $0) }) {
            case .bytes(let count): return Array(part[..<count])
            case .wouldBlock: try wait(for: POLLIN)
            case .closed: return nil
            case .failed(let fault): throw Failure.broken("\(fault)")
            }
        }
    }

    /// Everything up to the end of the stream, which must be a proper one.
    func receiveAll() throws -> String {
        var all: [UInt8] = []
        while let part = try receive() { all += part }
        return String(decoding: all, as: UTF8.self)
    }

    /// Up to and with the empty line that ends a head.
    func receiveHead() throws -> String {
        var all: [UInt8] = []
        while let part = try receive() {
            all += part
            for end in 4..<max(5, all.count + 1) where all[..<end].suffix(4) == [13, 10, 13, 10] {
                buffer = Array(all[end...])
                return String(decoding: all[..<end], as: UTF8.self)
            }
        }
        throw Failure.ended(received: String(decoding: all, as: UTF8.self))
    }

    /// A whole response, as its framing has it.
    func receiveResponse(to method: String = "GET") throws -> Response {
        let bytes = Array(try receiveHead().utf8)
        var parser = ResponseParser(requestMethod: method)
        guard case .head(let head, _) = parser.parse(bytes.span) else { throw Failure.malformed }
        var decoder = BodyDecoder(head.body)
        var body: [UInt8] = []
        var input: [UInt8] = []
        while head.body != .none {
            switch decoder.decode(input.span) {
            case .data(let range, let consumed):
                body += input[range]
                input.removeFirst(consumed)
            case .needMore(let consumed):
                input.removeFirst(consumed)
                guard let part = try receive() else {
                    guard decoder.inputClosed() else {
                        throw Failure.ended(received: String(decoding: body, as: UTF8.self))
                    }
                    return Response(head: head, body: body)
                }
                input += part
            case .end(let consumed):
                buffer = Array(input[consumed...])
                return Response(head: head, body: body)
            case .malformed: throw Failure.malformed
            }
        }
        return Response(head: head, body: [])
    }

    struct Response {
        let head: ResponseHead
        let body: [UInt8]
        var status: Int { head.status }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Whether something can be read, or the end, within so long.
    func isReadable(withinMilliseconds milliseconds: Int32 = 0) -> Bool {
        if !buffer.isEmpty { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) > 0
    }

    private func wait(for events: Int32) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard unsafe poll(&entry, 1, 10_000) > 0 else { throw Failure.timeout }
    }
}
