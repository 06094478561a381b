import CLinux

/// A socket address as the kernel wants it.
struct SocketAddress {
    private(set) var storage = sockaddr_storage()
    private(set) var length: socklen_t

    /// Nil when `ip` is not a numeric IPv4 or IPv6 address.
    init?(ip: String, port: UInt16) {
        // C would take what stands before a NUL for the whole.
        guard !ip.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if unsafe inet_pton(AF_INET, ip, &v4) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = v4
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            store(address)
            return
        }
        var v6 = in6_addr()
        guard unsafe inet_pton(AF_INET6, ip, &v6) == 1 else { return nil }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = v6
        length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        store(address)
    }

    /// Nil when the path is empty, too long for the kernel (108 bytes and more) or has a NUL.
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        store(address)
    }

    /// A name that is no file's (unix(7)). Nil when it is empty, too long or has a NUL.
    init?(abstract name: [UInt8]) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !name.isEmpty, name.count < room, !name.contains(0) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0[1...].copyBytes(from: name) }
        // The name is as long as the address says: no padding may follow it.
        length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
        store(address)
    }

    /// An empty one, for the kernel to fill.
    init() { length = socklen_t(MemoryLayout<sockaddr_storage>.size) }

    var peer: PeerAddress {
        var storage = self.storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            let v4 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            let ip = Self.text(UInt32(bigEndian: v4.sin_addr.s_addr))
            return PeerAddress(ip: ip, port: UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            var v6 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in6.self) }
            unsafe inet_ntop(AF_INET6, &v6.sin6_addr, &text, socklen_t(text.count))
            return PeerAddress(ip: Self.string(text), port: UInt16(bigEndian: v6.sin6_port))
        default:
            return PeerAddress(ip: "unix", port: 0)
        }
    }

    /// Where a socket with this address listens; nil for one that is neither TCP nor a UNIX socket's path.
    var endpoint: Endpoint? {
        switch Int32(storage.ss_family) {
        case AF_INET, AF_INET6: return .tcp(address: peer.ip, port: peer.port)
        case AF_UNIX:
            let path = unsafe withUnsafeBytes(of: storage) { bytes in
                let start = MemoryLayout<sa_family_t>.size
                return unsafe Array(bytes[start..<max(start, Int(length))].prefix { $0 != 0 })
            }
            return path.isEmpty ? nil : .unix(path: String(decoding: path, as: UTF8.self))
        default: return nil
        }
    }

    /// Lends the address to a system call.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) {
            // Not nil: `storage` is not empty. The kernel reads it by its family field.
            unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    /// Lends it to a system call that fills it in.
    mutating func fill<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    )
        -> Result
    {
        var length = self.length
        defer { self.length = length }
        return unsafe withUnsafeMutableBytes(of: &storage) {
            // Not nil: `storage` is not empty, and as large as any address.
            unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
    }

    private mutating func store<Address>(_ address: Address) {
        unsafe withUnsafeMutableBytes(of: &storage) { destination in
            unsafe withUnsafeBytes(of: address) { unsafe destination.copyBytes(from: $0) }
        }
    }

    /// An IPv4 address as `inet_ntop` writes it, which costs ten times as much at every connection.
    private static func text(_ address: UInt32) -> String {
        unsafe String(unsafeUninitializedCapacity: 15) { digits in
            var count = 0
            for shift in stride(from: 24, through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: address >> shift)
                if count > 0 {
                    unsafe digits[count] = UInt8(ascii: ".")
                    count += 1
                }
                var divisor: UInt8 = byte >= 100 ? 100 : byte >= 10 ? 10 : 1
                while divisor > 0 {
                    unsafe digits[count] = UInt8(ascii: "0") + byte / divisor % 10
                    divisor /= 10
                    count += 1
                }
            }
            return count
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
