import Glibc

/// Two connected non-blocking sockets, closed when the pair goes.
final class SocketPair {
    private(set) var near: Int32 = -1
    private(set) var far: Int32 = -1

    init() {
        _ = Self.ignoreBrokenPipe
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        precondition(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0, "no sockets left")
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        closeNear()
        closeFar()
    }

    func closeNear() {
        if near >= 0 { close(near) }
        near = -1
    }

    func closeFar() {
        if far >= 0 { close(far) }
        far = -1
    }

    /// Writes to the socket; test data is small enough to fit.
    static func send(_ bytes: [UInt8], to socket: Int32) {
        guard !bytes.isEmpty else { return }
        precondition(unsafe write(socket, bytes, bytes.count) == bytes.count, "the socket is full")
    }

    /// Everything that can be read now.
    static func receive(from socket: Int32) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                count = unsafe max(0, Glibc.read(socket, buffer.baseAddress, buffer.count))
            }
            if part.isEmpty { return all }
            all += part
        }
    }

    private static let ignoreBrokenPipe: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
