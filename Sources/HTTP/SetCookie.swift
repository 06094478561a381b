/// A cookie to be set: always `Secure` and `HttpOnly` (RFC 6265 §4.1).
public struct SetCookie: Sendable {
    public enum SameSite: String, Sendable { case lax = "Lax", strict = "Strict", none = "None" }

    public var name: String
    /// Any text; bytes that a cookie can't hold are percent-encoded when it is written.
    public var value: String
    public var path: String
    public var domain: String?
    /// Seconds; 0 removes the cookie; nil keeps it for the browser's session.
    public var maxAge: Int?
    public var sameSite: SameSite

    /// - Parameter name: A constant of the program. Browsers take `__Host-…` with path `/` and no domain.
    public init(
        _ name: String, _ value: String, path: String = "/", domain: String? = nil, maxAge: Int? = nil,
        sameSite: SameSite = .lax
    ) {
        self.name = name
        self.value = value
        self.path = path
        self.domain = domain
        self.maxAge = maxAge
        self.sameSite = sameSite
    }

    /// The value of `Set-Cookie`. No part can add an attribute or another cookie.
    public var headerValue: String {
        var text = "\(Self.encoded(name, \.isTokenCharacter))=\(Self.encoded(value, Cookies.isValueByte))"
        text += "; Path=\(Self.encoded(path, Self.isAttributeByte))"
        if let domain { text += "; Domain=\(Self.encoded(domain, Self.isAttributeByte))" }
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        return text + "; Secure; HttpOnly; SameSite=\(sameSite.rawValue)"
    }

    private static func isAttributeByte(_ byte: UInt8) -> Bool {
        byte.isVisible && byte != UInt8(ascii: ";") && byte != .comma
    }

    private static func encoded(_ text: String, _ isAllowed: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isAllowed) { return text }
        var output: [UInt8] = []
        for byte in text.utf8 {
            if isAllowed(byte) { output.append(byte) } else { PercentCoding.append(byte, to: &output) }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
