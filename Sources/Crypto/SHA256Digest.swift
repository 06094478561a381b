import COpenSSL
import Text

/// A SHA-256 digest (FIPS 180-4): always 32 bytes.
public struct SHA256Digest: Sendable, Hashable {
    /// The 32 bytes of the digest.
    public let bytes: [UInt8]

    /// Digests `message`.
    public init(of message: [UInt8]) {
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { output, count in
            // `SHA256()` would look for the algorithm anew each time, which takes three times the digest.
            _ = unsafe EVP_Digest(message, message.count, output.baseAddress, nil, Self.algorithm.handle, nil)
            count = Self.byteCount
        }
    }

    /// Takes over a digest computed elsewhere; nil unless it is exactly 32 bytes long.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// 64 lower-case digits.
    public var hex: String { Hex.encode(bytes) }

    /// 43 characters, as `x5t#S256` (RFC 8705 §3.1) and key ids have it.
    public var base64URL: String { Base64URL.encode(bytes) }

    static let byteCount = 32
    private static let algorithm = Algorithm()

    /// Found once and kept for ever.
    @safe private final class Algorithm: @unchecked Sendable {
        // Proof for `@unchecked`: an EVP_MD is not changed once it is fetched.
        let handle: OpaquePointer

        init() {
            guard let found = unsafe EVP_MD_fetch(nil, "SHA2-256", nil) else {
                preconditionFailure("libcrypto always has SHA-256")
            }
            unsafe handle = found
        }
    }
}
