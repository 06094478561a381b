/// Where a server listens or a client connects: numeric addresses and UNIX sockets, no names to look up.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    case tcp(address: String, port: UInt16)
    case unix(path: String)

    /// Reads `127.0.0.1:80`, `[::1]:80` or `unix:/path`.
    public init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard !path.isEmpty else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var address = text[..<colon]
        if address.first == "[", address.last == "]" { address = address.dropFirst().dropLast() }
        guard SocketAddress(ip: String(address), port: port) != nil else { return nil }
        self = .tcp(address: String(address), port: port)
    }

    public var description: String {
        switch self {
        case .tcp(let address, let port):
            address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        }
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
}
