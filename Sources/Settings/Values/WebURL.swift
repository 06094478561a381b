import Text

/// An absolute `http` or `https` URL (RFC 3986) without user name and fragment.
public struct WebURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http, https
    }

    /// Exactly as it was written: what OAuth compares (RFC 9700 §4.1.3, RFC 8414 §3.3).
    public let text: String
    public let scheme: Scheme
    /// In lower case; an IPv6 address without brackets.
    public let host: String
    /// `nil` when the URL says none.
    public let port: UInt16?
    /// Empty, or begins with “/”; percent escapes stay.
    public let path: String
    /// What follows the “?”.
    public let query: String?

    /// `nil` when `text` is no such URL.
    public init?(_ text: String) {
        let schemes: [Scheme] = [.https, .http]
        guard text.utf8.count <= 2000, text.utf8.allSatisfy(\.isURLByte), hasWholeEscapes(text),
            let scheme = schemes.first(where: { text.lowercased().hasPrefix("\($0.rawValue)://") })
        else { return nil }
        let rest = text.dropFirst(scheme.rawValue.utf8.count + 3)
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = hostAndPort(rest[..<authorityEnd]) else { return nil }
        let pathEnd = rest.firstIndex(of: "?") ?? rest.endIndex
        self.text = text
        self.scheme = scheme
        self.host = host
        self.port = port
        path = String(rest[authorityEnd..<pathEnd])
        query = pathEnd == rest.endIndex ? nil : String(rest[rest.index(after: pathEnd)...])
    }

    public var description: String { text }

    /// Scheme, host, and the port unless it is the scheme's own: `https://fb.example.jp` (RFC 6454 §6.2).
    public var origin: String {
        let standardPort: UInt16 = scheme == .https ? 443 : 80
        let portText = port.map { $0 == standardPort ? "" : ":\($0)" } ?? ""
        return "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host)\(portText)"
    }

    /// Whether the host is this machine itself: `localhost`, 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || (isIPv4Address(host) && host.hasPrefix("127."))
    }
}

private func hostAndPort(_ authority: Substring) -> (String, UInt16?)? {
    var hostText = authority
    var port: UInt16?
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
        guard let number = portNumber(authority[authority.index(after: colon)...]), number > 0 else {
            return nil
        }
        port = number
        hostText = authority[..<colon]
    }
    if hostText.hasPrefix("["), hostText.hasSuffix("]") {
        let address = hostText.dropFirst().dropLast().lowercased()
        return isIPv6Address(address) ? (address, port) : nil
    }
    let host = hostText.lowercased()
    return isHostName(host) || isIPv4Address(host) ? (host, port) : nil
}

/// Two hexadecimal digits follow every “%”.
private func hasWholeEscapes(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() where byte == 0x25 {
        guard index + 2 < bytes.count, bytes[index + 1].isHexDigit, bytes[index + 2].isHexDigit else {
            return false
        }
    }
    return true
}

extension UInt8 {
    /// RFC 3986 §2 without “#”, which would begin a fragment.
    fileprivate var isURLByte: Bool {
        switch self {
        case 0x22, 0x23, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D: false
        default: (0x21...0x7E).contains(self)
        }
    }
}
