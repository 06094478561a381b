/// Where the customer's browser goes back to, and with which `state`.
public struct ReturnAddress: Sendable, Hashable {
    public let redirectURI: String
    public let state: String?

    /// `redirectURI` must be a registered one.
    public init(redirectURI: String, state: String?) {
        self.redirectURI = redirectURI
        self.state = state
    }

    public init(of request: AuthorizationRequest) {
        self.init(redirectURI: request.redirectURI, state: request.state)
    }

    /// The address that carries a code (RFC 6749 §4.1.2), with `iss` (RFC 9207 §2).
    public func granted(code: String, issuer: String) -> String {
        address([("code", code), ("state", state), ("iss", issuer)])
    }

    /// The address that carries an error (RFC 6749 §4.1.2.1), with `iss` (RFC 9207 §2).
    public func refused(_ error: AuthorizationError, issuer: String) -> String {
        address([
            ("error", error.code.rawValue), ("error_description", error.detail), ("state", state),
            ("iss", issuer),
        ])
    }

    /// `scheme://host[:port]`, for Content-Security-Policy's `form-action`. Nil for a URI without an
    /// authority.
    public var origin: String? {
        guard let scheme = redirectURI.firstRange(of: "://") else { return nil }
        let authority = redirectURI[scheme.upperBound...].prefix { !"/?#".contains($0) }
        return authority.isEmpty ? nil : String(redirectURI[..<authority.endIndex])
    }

    /// A query the redirect URI already has is kept (RFC 6749 §3.1.2).
    private func address(_ parameters: [(name: String, value: String?)]) -> String {
        var address = redirectURI
        var separator = redirectURI.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        for case (let name, let value?) in parameters {
            address += separator + name + "=" + Self.encoded(value)
            separator = "&"
        }
        return address
    }

    private static func encoded(_ value: String) -> String {
        var encoded: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
}
