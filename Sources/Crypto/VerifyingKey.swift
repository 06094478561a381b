import COpenSSL
import Text

/// A public P-256 key that verifies `ES256` signatures.
public final class VerifyingKey: Sendable {
    private let key: EllipticKey
    /// The point's coordinates, 32 bytes each, big-endian.
    public let x, y: [UInt8]
    /// What signatures name the key by: its RFC 7638 thumbprint, unless its set says otherwise.
    public let keyID: String

    /// A key from the coordinates of a JWK (RFC 7518 §6.2.1). Throws `.malformed` unless they are 32 bytes
    /// each and a point of the curve.
    ///
    /// - Parameter keyID: nil for the thumbprint.
    public convenience init(jwkX: [UInt8], jwkY: [UInt8], keyID: String? = nil) throws(CryptoFault) {
        guard jwkX.count == fieldByteCount, jwkY.count == fieldByteCount,
            let key = unsafe EllipticKey(owning: decodedPublicKey(publicKeyHead + jwkX + jwkY))
        else { throw .malformed("key: not a point on P-256") }
        try self.init(key, keyID: keyID)
    }

    init(_ key: EllipticKey, keyID: String? = nil) throws(CryptoFault) {
        guard let x = key.coordinate(OSSL_PKEY_PARAM_EC_PUB_X),
            let y = key.coordinate(OSSL_PKEY_PARAM_EC_PUB_Y)
        else { throw .failed("read a public key") }
        self.key = key
        self.x = x
        self.y = y
        self.keyID = keyID ?? Self.thumbprint(x, y)
    }

    /// Whether `signature`, r and s of 32 bytes each, is this key's over `message`.
    public func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard let der = EllipticSignature.der(fromConcatenated: signature) else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        return unsafe key.withHandle { handle in
            guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, handle) == 1 else {
                return false
            }
            return unsafe EVP_DigestVerify(context, der, der.count, message, message.count) == 1
        }
    }

    /// RFC 7638 §3: the digest of the required members, in this order, without white space.
    private static func thumbprint(_ x: [UInt8], _ y: [UInt8]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("crv", "P-256")
        writer.member("kty", "EC")
        writer.member("x", Base64URL.encode(x))
        writer.member("y", Base64URL.encode(y))
        writer.endObject()
        return SHA256Digest(of: writer.bytes).base64URL
    }
}

/// The key of one SubjectPublicKeyInfo, with one reference for the caller.
func decodedPublicKey(_ der: [UInt8]) -> OpaquePointer? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return unsafe der.withUnsafeBufferPointer { bytes in
        var cursor = bytes.baseAddress
        return unsafe d2i_PUBKEY(nil, &cursor, bytes.count)
    }
}

/// The DER of a P-256 SubjectPublicKeyInfo (RFC 5480 §2) up to the coordinates of its uncompressed point.
private let publicKeyHead: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
    0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
]
