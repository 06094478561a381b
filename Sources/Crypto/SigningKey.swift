import COpenSSL

/// A P-256 key that signs (ES256).
public final class SigningKey: Sendable {
    public let verifyingKey: VerifyingKey
    private let key: ECKey

    /// A new key.
    public convenience init() throws(CryptoFault) {
        guard let pointer = unsafe shim_EVP_EC_gen("prime256v1") else { throw .failed("make a key") }
        try self.init(unsafe ECKey(adopting: pointer))
    }

    /// Reads PKCS #8 or SEC 1 in PEM, not encrypted.
    public convenience init(pem: [UInt8]) throws(CryptoFault) {
        let pointer = unsafe pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
                return nil
            }
            defer { unsafe BIO_free(input) }
            // An empty pass phrase, so that an encrypted key is refused and nobody is asked on the terminal.
            var phrase: [CChar] = [0]
            return unsafe PEM_read_bio_PrivateKey(input, nil, nil, &phrase)
        }
        guard let pointer = unsafe pointer else {
            ERR_clear_error()
            throw .malformed("key: no unencrypted private key in PEM")
        }
        try self.init(unsafe ECKey(adopting: pointer))
    }

    private init(_ key: ECKey) throws(CryptoFault) {
        self.key = key
        let point = try key.publicPoint()
        verifyingKey = try VerifyingKey(jwkX: point.x, jwkY: point.y)
    }

    public var keyID: String { verifyingKey.keyID }

    /// PKCS #8 in PEM, for a file that only its owner reads.
    public func pem() -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return [] }
        defer { unsafe BIO_free(output) }
        guard unsafe PEM_write_bio_PrivateKey(output, key.pointer, nil, nil, 0, nil, nil) == 1 else {
            return []
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe BIO_read(output, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(Int(max(0, count))))
    }

    /// 64 bytes, r then s (RFC 7518 §3.4).
    public func sign(_ message: [UInt8]) throws(CryptoFault) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else { throw .failed("sign") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 80)
        var length = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.pointer) == 1,
            unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1,
            let raw = ECSignature.raw(der: Array(signature.prefix(length)))
        else {
            ERR_clear_error()
            throw .failed("sign")
        }
        return raw
    }
}
