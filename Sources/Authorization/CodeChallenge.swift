import Text

/// A PKCE challenge of method S256 (RFC 7636 §4.2): SHA-256 of the verifier.
public struct CodeChallenge: Sendable, Hashable {
    /// 32 bytes.
    public let digest: [UInt8]

    /// Reads the base64url text of a request; nil unless it is 32 bytes.
    public init?(_ text: String) {
        guard text.utf8.count == 43, let digest = Base64URL.decode(text) else { return nil }
        self.init(digest: digest)
    }

    /// Nil unless `digest` is 32 bytes.
    public init?(digest: [UInt8]) {
        guard digest.count == 32 else { return nil }
        self.digest = digest
    }
}

/// A PKCE verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
public struct CodeVerifier: Sendable, Hashable {
    /// As ASCII, to be hashed.
    public let bytes: [UInt8]

    public init?(_ text: String) {
        guard (43...128).contains(text.utf8.count) else { return nil }
        let isUnreserved = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                true
            default: false
            }
        }
        guard isUnreserved else { return nil }
        bytes = Array(text.utf8)
    }
}
