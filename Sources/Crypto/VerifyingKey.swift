import COpenSSL
import Text

/// A P-256 public key that verifies (ES256).
public final class VerifyingKey: Sendable {
    public let x: [UInt8]
    public let y: [UInt8]
    /// The key's thumbprint (RFC 7638).
    public let keyID: String
    private let key: ECKey

    /// - Throws: When the coordinates are not 32 bytes each, or are no point of the curve.
    public init(jwkX x: [UInt8], jwkY y: [UInt8]) throws(CryptoFault) {
        guard x.count == 32, y.count == 32 else { throw .malformed("key: coordinates are 32 bytes each") }
        guard let pointer = unsafe Self.decode([4] + x + y) else {
            ERR_clear_error()
            throw .malformed("key: not a point on P-256")
        }
        key = try unsafe ECKey(adopting: pointer)
        self.x = x
        self.y = y
        // Members in the order that RFC 7638 §3.2 asks for.
        let canonical =
            #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
        keyID = SHA256Digest(of: Array(canonical.utf8)).base64URL
    }

    /// - Parameter signature: 64 bytes, r then s.
    public func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard let der = ECSignature.der(raw: signature), let context = unsafe EVP_MD_CTX_new() else {
            return false
        }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key.pointer) == 1 else {
            return false
        }
        let isGood = unsafe EVP_DigestVerify(context, der, der.count, message, message.count) == 1
        if !isGood { ERR_clear_error() }
        return isGood
    }

    /// libcrypto checks that the point is on the curve.
    private static func decode(_ point: [UInt8]) -> OpaquePointer? {
        let info = publicKeyInfoPrefix + point
        return unsafe info.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, bytes.count)
        }
    }

    /// A SubjectPublicKeyInfo (RFC 5480 §2) for P-256, up to the point.
    private static let publicKeyInfoPrefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
        0x48, 0xCE,
        0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]
}
