import Glibc

/// A TCP port of 127.0.0.1 that nobody listens on, for programs that cannot choose one and say which.
public enum FreePort {
    public static func find() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestPostgresFault("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { typed in
            unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let bound = unsafe bind(descriptor, generic, size)
                return bound == 0 ? unsafe getsockname(descriptor, generic, &size) : bound
            }
        }
        guard result == 0 else { throw TestPostgresFault("no free port: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
