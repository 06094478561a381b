import Text

/// A place to listen at or to connect to. Addresses are numbers: names are never looked up.
public enum EndpointSetting: Sendable, Hashable, CustomStringConvertible {
    /// IPv4, or IPv6 without brackets. Port 0 lets the system choose; only a listener may say so.
    case tcp(address: String, port: UInt16)
    case unix(path: String)
    /// Sockets that the service manager hands over under this name; only a listener may say so.
    case activated(name: String)

    /// `127.0.0.1:80`, `[::1]:80`, `unix:/path` or `systemd:NAME`; `nil` for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("systemd:") {
            let name = String(text.dropFirst(8))
            guard isName(name) else { return nil }
            self = .activated(name: name)
            return
        }
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard isPath(path), path.utf8.count <= 107 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = portNumber(text[text.index(after: colon)...])
        else { return nil }
        let address = text[..<colon]
        if address.hasPrefix("["), address.hasSuffix("]") {
            let inner = String(address.dropFirst().dropLast())
            guard isIPv6Address(inner) else { return nil }
            self = .tcp(address: inner, port: port)
        } else {
            guard isIPv4Address(String(address)) else { return nil }
            self = .tcp(address: String(address), port: port)
        }
    }

    /// In the form it is read from.
    public var description: String {
        switch self {
        case .tcp(let address, let port):
            address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        case .activated(let name): "systemd:\(name)"
        }
    }
}

extension Kind where Value == EndpointSetting {
    static let listener = endpoint(
        "an endpoint (“127.0.0.1:80”, “[::1]:80”, “unix:/path” or “systemd:NAME”)",
        pattern: #"^(unix:.+|systemd:.+|[0-9.]+:[0-9]+|\[[0-9A-Fa-f:.]+\]:[0-9]+)$"#, portMin: 0)
    static let destination = endpoint(
        "an endpoint (“127.0.0.1:80”, “[::1]:80” or “unix:/path”)",
        pattern: #"^(unix:.+|[0-9.]+:[0-9]+|\[[0-9A-Fa-f:.]+\]:[0-9]+)$"#, portMin: 1)

    private static func endpoint(_ phrase: String, pattern: String, portMin: UInt16) -> Kind {
        let shape = StringShape(phrase: phrase, pattern: pattern)
        return Kind(resolving: shape) { text, reading throws(Expectation) in
            guard let endpoint = EndpointSetting(text) else { throw Expectation(phrase) }
            switch endpoint {
            case .tcp(_, let port):
                guard port >= portMin else { throw Expectation("a port from 1 to 65535") }
                return endpoint
            case .unix(let path):
                let resolved = reading.resolve(path)
                guard resolved.utf8.count <= 107 else {
                    throw Expectation("a socket path of at most 107 bytes")
                }
                return .unix(path: resolved)
            case .activated:
                guard portMin == 0 else { throw Expectation(phrase) }
                return endpoint
            }
        }
    }
}
