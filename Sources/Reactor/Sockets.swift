import CLinux
import Glibc

/// What one read or write on a socket came to.
public enum SocketTransfer: Sendable {
    case bytes(Int)
    case wouldBlock
    /// The peer has ended its side.
    case closed
    case failed(SystemFault)
}

public enum AcceptResult: Sendable {
    case accepted(Int32, PeerAddress)
    case wouldBlock
    /// The process or the system has no descriptor left. The connection still waits and the listener stays
    /// readable: take its interest away for a while.
    case exhausted
    case failed(SystemFault)
}

/// Socket calls. Every descriptor made here is non-blocking and closed on exec.
public enum Sockets {
    /// What is accepted sends without delay: Linux hands that down (tcp(7)).
    ///
    /// - Parameter port: 0 takes a free one; see `boundPort`.
    public static func listenTCP(
        address: String, port: UInt16, backlog: Int, reusePort: Bool
    ) throws(SystemFault) -> Int32 {
        let name = Endpoint.tcp(address: address, port: port).description
        let operation = "listen on \(name)"
        guard let socketAddress = SocketAddress(ip: address, port: port) else {
            throw SystemFault(operation, number: EINVAL)
        }
        let family = address.contains(":") ? AF_INET6 : AF_INET
        let descriptor = try make(family, operation)
        set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if reusePort { set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
        setNoDelay(descriptor)
        if family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
        try listen(descriptor, at: socketAddress, named: name, backlog: backlog, operation)
        return descriptor
    }

    /// Takes over a socket file that nobody listens on any more; any other file is in the way. Only the owner
    /// may connect (mode 0600).
    public static func listenUNIX(path: String, backlog: Int = 1024) throws(SystemFault) -> Int32 {
        let name = "unix:\(path)"
        let operation = "listen on \(name)"
        guard let address = SocketAddress(path: path) else {
            throw SystemFault(operation, number: ENAMETOOLONG)
        }
        let probe = try make(AF_UNIX, operation)
        let outcome = unsafe address.withPointer { unsafe CLinux.connect(probe, $0, $1) }
        let reason = errno
        close(probe)
        if outcome == 0 { throw SystemFault(operation, number: EADDRINUSE, address: name) }
        // A file of another kind refuses connections too.
        if reason == ECONNREFUSED, isSocket(path) { unsafe _ = unlink(path) }
        let descriptor = try make(AF_UNIX, operation)
        // On Linux the file gets the mode of the socket, less the umask: nobody else can connect at any
        // moment, and the umask, which is the whole process's, stays alone.
        guard fchmod(descriptor, 0o600) == 0 else {
            let number = errno
            close(descriptor)
            throw SystemFault(operation, number: number)
        }
        try listen(descriptor, at: address, named: name, backlog: backlog, operation)
        return descriptor
    }

    public static func accept(_ listener: Int32) -> AcceptResult {
        while true {
            var address = SocketAddress()
            let descriptor = unsafe address.fill {
                unsafe accept4(listener, $0, $1, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
            if descriptor >= 0 { return .accepted(descriptor, address.peer) }
            switch errno {
            // Besides its own, accept(2) passes on errors of the connection that waited, which is gone with
            // them.
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET,
                ENOPROTOOPT:
                continue
            case EAGAIN: return .wouldBlock
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            case let number: return .failed(SystemFault("accept a connection", number: number))
            }
        }
    }

    /// Begins to connect. The socket becomes writable when the outcome is known.
    ///
    /// - Parameter source: A numeric address of this machine to connect from; nil leaves it to the kernel.
    public static func connect(
        _ endpoint: Endpoint, from source: String? = nil
    ) throws(SystemFault) -> Int32 {
        let operation = "connect to \(endpoint)"
        let address: SocketAddress?
        let family: Int32
        switch endpoint {
        case .tcp(let ip, let port):
            address = SocketAddress(ip: ip, port: port)
            family = ip.contains(":") ? AF_INET6 : AF_INET
        case .unix(let path):
            address = SocketAddress(path: path)
            family = AF_UNIX
        case .activated:
            address = nil
            family = AF_UNIX
        }
        guard let address else { throw SystemFault(operation, number: EINVAL) }
        let descriptor = try make(family, operation)
        if let source {
            let local = SocketAddress(ip: source, port: 0)
            let isBound = unsafe local?.withPointer { unsafe bind(descriptor, $0, $1) } == 0
            let number = local == nil ? EINVAL : errno
            guard isBound else {
                close(descriptor)
                throw SystemFault("connect from \(source)", number: number)
            }
        }
        let outcome = unsafe address.withPointer { unsafe CLinux.connect(descriptor, $0, $1) }
        let number = errno
        if outcome != 0, number != EINPROGRESS, number != EINTR {
            close(descriptor)
            throw SystemFault(operation, number: number)
        }
        return descriptor
    }

    /// Nil when the connection stands.
    public static func connectOutcome(_ descriptor: Int32) -> SystemFault? {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
        return number == 0 ? nil : SystemFault("connect", number: number)
    }

    public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> SocketTransfer
    {
        while true {
            let count = unsafe CLinux.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let number: return .failed(SystemFault("read", number: number))
            }
        }
    }

    public static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> SocketTransfer {
        while true {
            let count = unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case EPIPE: return .closed
            case let number: return .failed(SystemFault("write", number: number))
            }
        }
    }

    public static func shutdownWrite(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    public static func close(_ descriptor: Int32) {
        _ = CLinux.close(descriptor)
    }

    /// Closes a connection with a reset: nothing of it stays behind on this side.
    public static func reset(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    public static func setNoDelay(_ descriptor: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)  // does nothing on a UNIX socket
    }

    /// Where a listening socket listens; nil when it is neither TCP nor a UNIX socket's path.
    public static func boundEndpoint(_ descriptor: Int32) -> Endpoint? {
        var address = SocketAddress()
        guard unsafe address.fill({ unsafe getsockname(descriptor, $0, $1) }) == 0 else { return nil }
        return address.endpoint
    }

    /// Another descriptor of the same socket.
    public static func duplicate(_ descriptor: Int32) throws(SystemFault) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemFault("duplicate a socket") }
        return copy
    }

    /// Makes a socket that came with the process as those that are made here.
    ///
    /// - Throws: When it is no listening stream socket.
    static func adopt(_ socket: ListeningSocket) throws(SystemFault) {
        let operation = "take over \(socket.name) (descriptor \(socket.descriptor))"
        guard try option(socket.descriptor, SO_TYPE, operation) == Int32(SOCK_STREAM.rawValue),
            try option(socket.descriptor, SO_ACCEPTCONN, operation) == 1
        else { throw SystemFault(operation, number: ENOTSOCK) }
        let flags = fcntl(socket.descriptor, F_GETFL)
        guard flags >= 0, fcntl(socket.descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw SystemFault(operation) }
    }

    private static func option(
        _ descriptor: Int32, _ name: Int32, _ operation: String
    ) throws(SystemFault) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 else {
            throw SystemFault(operation)
        }
        return value
    }

    /// The port a listening TCP socket has; nil for a UNIX socket.
    public static func boundPort(_ descriptor: Int32) -> UInt16? {
        var address = SocketAddress()
        guard unsafe address.fill({ unsafe getsockname(descriptor, $0, $1) }) == 0 else { return nil }
        let port = address.peer.port
        return port == 0 ? nil : port
    }

    /// Who connected a UNIX socket, as of that moment; nil for any other socket.
    public static func peerCredentials(_ descriptor: Int32) -> PeerCredentials? {
        var credentials = peer_credentials()
        var length = socklen_t(MemoryLayout<peer_credentials>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0,
            credentials.pid > 0
        else { return nil }
        return PeerCredentials(processID: credentials.pid, userID: credentials.uid)
    }

    private static func make(_ family: Int32, _ operation: String) throws(SystemFault) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw SystemFault(operation) }
        return descriptor
    }

    private static func listen(
        _ descriptor: Int32, at address: SocketAddress, named name: String, backlog: Int, _ operation: String
    ) throws(SystemFault) {
        let isBound = unsafe address.withPointer { unsafe bind(descriptor, $0, $1) } == 0
        if isBound, CLinux.listen(descriptor, Int32(clamping: backlog)) == 0 { return }
        let number = errno
        close(descriptor)
        throw SystemFault(operation, number: number, address: name)
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}
