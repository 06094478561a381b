import COpenSSL
import Text

/// A private Ed25519 key (RFC 8032): one fixed signature for each message.
@safe public final class Ed25519Key: @unchecked Sendable {
    // Proof for `@unchecked`: as in `EllipticKey`.
    private let handle: OpaquePointer
    /// The public half, 32 bytes.
    public let publicBytes: [UInt8]

    /// Makes a new key.
    public convenience init() throws(CryptoFault) {
        guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else {
            throw .failed("make a key")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &handle) == 1 else {
            throw .failed("make a key")
        }
        unsafe try self.init(owning: handle)
    }

    /// Reads a key from PEM, PKCS #8, not encrypted.
    public convenience init(pem: [UInt8]) throws(CryptoFault) {
        unsafe try self.init(owning: privateKey(inPEM: pem))
    }

    private init(owning handle: OpaquePointer?) throws(CryptoFault) {
        guard let handle = unsafe handle else { throw .malformed(Self.expected) }
        guard unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_ED25519,
            let bytes = unsafe rawPublicKey(handle)
        else {
            unsafe EVP_PKEY_free(handle)
            throw .malformed(Self.expected)
        }
        unsafe self.handle = unsafe handle
        publicBytes = bytes
    }

    deinit {
        unsafe EVP_PKEY_free(handle)
    }

    /// 64 bytes (RFC 8032 §5.1.6).
    public func sign(_ message: [UInt8]) throws(CryptoFault) -> [UInt8] {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { throw .failed("sign") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, handle) == 1,
            unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1, length == 64
        else { throw .failed("sign") }
        return signature
    }

    /// The key as PKCS #8 PEM, not encrypted.
    public func pem() -> [UInt8] {
        unsafe written { unsafe PEM_write_bio_PrivateKey($0, handle, nil, nil, 0, nil, nil) }
    }

    /// The public half as PEM (SubjectPublicKeyInfo, RFC 8410).
    public func publicPEM() -> [UInt8] {
        unsafe written { unsafe PEM_write_bio_PUBKEY($0, handle) }
    }

    /// The 32 bytes of a public key in PEM, or of the public half of a private one.
    public static func publicBytes(inPEM pem: [UInt8]) throws(CryptoFault) -> [UInt8] {
        if let key = try? Ed25519Key(pem: pem) { return key.publicBytes }
        guard let count = Int32(exactly: pem.count), count > 0 else { throw .malformed(expected) }
        ERR_clear_error()
        defer { ERR_clear_error() }
        let bytes: [UInt8]? = unsafe pem.withUnsafeBytes { buffer in
            let input = unsafe BIO_new_mem_buf(buffer.baseAddress, count)
            defer { unsafe BIO_free_all(input) }
            guard let handle = unsafe PEM_read_bio_PUBKEY(input, nil, nil, nil) else { return nil }
            defer { unsafe EVP_PKEY_free(handle) }
            guard unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_ED25519 else { return nil }
            return unsafe rawPublicKey(handle)
        }
        guard let bytes else { throw .malformed(expected) }
        return bytes
    }

    private func written(_ write: (OpaquePointer) -> Int32) -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_secmem()) else { fatalError("out of memory") }
        defer { unsafe BIO_free_all(output) }
        guard unsafe write(output) == 1 else { fatalError("libcrypto cannot write a key") }
        return unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(output)) { bytes, count in
            count = max(0, Int(unsafe BIO_read(output, bytes.baseAddress, Int32(bytes.count))))
        }
    }

    private static let expected = "key: no unencrypted Ed25519 key in PEM"
}

private func rawPublicKey(_ handle: OpaquePointer) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 32)
    var length = bytes.count
    guard unsafe EVP_PKEY_get_raw_public_key(handle, &bytes, &length) == 1, length == 32 else { return nil }
    return bytes
}
