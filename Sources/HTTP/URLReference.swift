/// An absolute `http` or `https` URL.
public struct URLReference: Sendable, Hashable {
    public let isSecure: Bool
    /// In lower case.
    public let host: String
    /// As written; nil when left out.
    public let explicitPort: UInt16?
    /// Path and query, beginning with `/`.
    public let target: String

    public var port: UInt16 { explicitPort ?? usualPort }
    public var scheme: String { isSecure ? "https" : "http" }
    /// Host and port as `Host` carries them.
    public var authority: String { explicitPort.map { "\(host):\($0)" } ?? host }
    /// As browsers compare it and policies name it: without the port that is usual for the scheme (RFC 6454
    /// §6.2).
    public var origin: String { port == usualPort ? "\(scheme)://\(host)" : "\(scheme)://\(authority)" }

    public init?(parsing text: String) {
        guard text.utf8.allSatisfy(\.isVisible), !text.contains("#"), !text.contains("\\") else {
            return nil
        }
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let name = try? HostName(parsing: String(authority)) else { return nil }
        host = name.name
        explicitPort = name.port
        let target = rest.dropFirst(authority.count)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// The part of the target in front of `?`.
    public var path: String { target.split(at: UInt8(ascii: "?")).front }

    /// The part behind `?`.
    public var query: String? { target.split(at: UInt8(ascii: "?")).rest }

    private var usualPort: UInt16 { isSecure ? 443 : 80 }
}
