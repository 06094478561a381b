import COpenSSL
import Text

/// Random bytes from libcrypto's seeded generator, fit for keys and tokens.
public enum SecureRandom {
    /// `count` random bytes. A generator that cannot be seeded ends the process: there is no safe way on.
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            guard let length = Int32(exactly: count), unsafe RAND_bytes(output.baseAddress, length) == 1
            else {
                fatalError("libcrypto's random generator has failed")
            }
            initialized = count
        }
    }

    /// A token for cookies and one-time values: base64url of `byteCount` random bytes (32: 43 characters).
    public static func token(byteCount: Int = 32) -> String {
        Base64URL.encode(bytes(byteCount))
    }
}

/// Tokens that name things and are no secrets, such as those of requests. Nobody can foretell them, but they
/// are drawn many at a time and lie in memory until they are used.
public struct RandomTokens {
    private let byteCount: Int
    private var drawn: [UInt8] = []

    /// - Parameter byteCount: random bytes in each; at least 1.
    public init(byteCount: Int) {
        precondition(byteCount > 0, "a token says something")
        self.byteCount = byteCount
    }

    /// base64url, as `SecureRandom.token`.
    public mutating func next() -> String { Base64URL.encode(nextBytes()) }

    /// The token's bytes themselves.
    public mutating func nextBytes() -> [UInt8] {
        if drawn.isEmpty { drawn = SecureRandom.bytes(byteCount * Self.tokensPerDraw) }
        defer { drawn.removeLast(byteCount) }
        return Array(drawn[(drawn.count - byteCount)...])
    }

    private static let tokensPerDraw = 256
}
