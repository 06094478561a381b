/// Where a server listens or a client connects: numeric addresses and UNIX sockets, no names to look up.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    case tcp(address: String, port: UInt16)
    case unix(path: String)
    /// Listening sockets that a service manager hands over under a name; nothing to connect to.
    case activated(name: String)

    /// Reads `127.0.0.1:80`, `[::1]:80` or `unix:/path` (absolute, at most 107 bytes); nil for anything else.
    public init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard path.first == "/", SocketAddress(path: String(path)) != nil else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...])
        else {
            return nil
        }
        var address = text[..<colon]
        let isBracketed = address.first == "[" && address.last == "]"
        if isBracketed { address = address.dropFirst().dropLast() }
        // Brackets are for IPv6, and IPv6 is for brackets: where would an address without them end?
        guard isBracketed == address.contains(":") else { return nil }
        guard SocketAddress(ip: String(address), port: port) != nil else { return nil }
        self = .tcp(address: String(address), port: port)
    }

    /// 0…65535, in one to five digits.
    private static func port(_ text: Substring) -> UInt16? {
        let isNumber = text.utf8.count <= 5 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber ? UInt16(text) : nil
    }

    public var description: String {
        switch self {
        case .tcp(let address, let port):
            address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        case .activated(let name): "systemd:\(name)"
        }
    }

    /// With the address as the kernel writes it: one place, one value.
    var canonical: Endpoint {
        guard case .tcp(let address, let port) = self else { return self }
        return SocketAddress(ip: address, port: port)?.endpoint ?? self
    }
}

/// The other end of a connection; of a UNIX socket it is `unix`, port 0.
public struct PeerAddress: Sendable, Hashable {
    public let ip: String
    public let port: UInt16

    public init(ip: String, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// The other end of a UNIX socket, which has neither address nor port.
    public var isLocal: Bool { port == 0 }
}
