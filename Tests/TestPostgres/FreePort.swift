import Glibc
import Synchronization

/// A TCP port of 127.0.0.1 that nobody listens on, for programs that cannot choose one and say which.
///
/// Below those that the kernel gives to whoever asks for any, or another test's connection might have it before
/// the program does; and never the same twice in a run.
public enum FreePort {
    private static let next = Mutex(UInt16.random(in: 15_000..<30_000))

    public static func find() throws -> UInt16 {
        for _ in 0..<1000 {
            let port = next.withLock { next in
                next = next < 30_000 ? next + 1 : 15_000
                return next
            }
            if try isFree(port) { return port }
        }
        throw TestPostgresFault("no free port")
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestPostgresFault("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        // All addresses: a second node listens on 127.0.0.2.
        address.sin_addr.s_addr = INADDR_ANY
        return unsafe withUnsafePointer(to: &address) { typed in
            unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
