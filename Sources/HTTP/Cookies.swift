/// Reads cookies (RFC 6265 §5.4); pairs that break its grammar are skipped.
public enum Cookies {
    public static func parse(_ headers: HeaderFields) -> [(name: String, value: String)] {
        var cookies: [(name: String, value: String)] = []
        for header in headers.values(of: "Cookie") {
            for part in header.split(separator: ";") {
                let pair = part.trimmingWhitespace
                guard let equals = pair.firstIndex(of: "=") else { continue }
                let name = pair[..<equals]
                let value = pair[pair.index(after: equals)...]
                guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter),
                    value.utf8.allSatisfy(isValueByte)
                else { continue }
                cookies.append((String(name), String(value)))
            }
        }
        return cookies
    }

    /// The value, unless the cookie is absent or there are several of that name.
    public static func single(_ name: String, in headers: HeaderFields) -> String? {
        let values = parse(headers).filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    /// Takes cookies out of the request, leaving the others as they were.
    public static func remove(_ names: Set<String>, from headers: inout HeaderFields) {
        guard headers["Cookie"] != nil else { return }
        let kept = parse(headers).filter { !names.contains($0.name) }
        headers.remove("Cookie")
        if !kept.isEmpty {
            headers.add("Cookie", kept.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))
        }
    }

    static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x2C, 0x3B, 0x5C: byte == 0x22  // quotes are kept as part of the value; , ; \ are not
        default: 0x21...0x7E ~= byte
        }
    }
}

/// A cookie to be set.
public struct SetCookie: Sendable {
    public enum SameSite: String, Sendable { case lax = "Lax", strict = "Strict", none = "None" }

    public var name: String
    public var value: String
    public var path: String
    public var domain: String?
    /// Seconds; 0 removes the cookie; nil keeps it for the browser's session.
    public var maxAge: Int?
    public var sameSite: SameSite

    public init(
        _ name: String, _ value: String, path: String = "/", domain: String? = nil, maxAge: Int? = nil,
        sameSite: SameSite = .lax
    ) {
        precondition(
            name.utf8.allSatisfy(\.isTokenCharacter) && value.utf8.allSatisfy(Cookies.isValueByte),
            "cookies set here hold tokens")
        self.name = name
        self.value = value
        self.path = path
        self.domain = domain
        self.maxAge = maxAge
        self.sameSite = sameSite
    }

    /// Always `Secure` and `HttpOnly`.
    public var headerValue: String {
        var text = "\(name)=\(value); Path=\(path)"
        if let domain { text += "; Domain=\(domain)" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        return text + "; Secure; HttpOnly; SameSite=\(sameSite.rawValue)"
    }
}
