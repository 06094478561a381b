import COpenSSL

/// A private P-256 key that signs with ECDSA and SHA-256 (`ES256`, RFC 7518 §3.4).
public final class SigningKey: Sendable {
    private let key: EllipticKey
    /// The public half.
    public let verifyingKey: VerifyingKey

    /// Makes a new key.
    public init() throws(CryptoFault) {
        guard let key = unsafe EllipticKey(owning: shim_EVP_EC_gen("P-256")) else {
            throw .failed("make a key")
        }
        verifyingKey = try VerifyingKey(key)
        self.key = key
    }

    /// Reads a key from PEM, PKCS #8 or SEC 1; an encrypted one is unusable, nobody is asked for a pass
    /// phrase.
    public init(pem: [UInt8]) throws(CryptoFault) {
        guard let key = unsafe EllipticKey(owning: privateKey(inPEM: pem)) else {
            throw .malformed("key: no unencrypted P-256 private key in PEM")
        }
        verifyingKey = try VerifyingKey(key)
        self.key = key
    }

    /// RFC 7638 thumbprint of the public half.
    public var keyID: String { verifyingKey.keyID }

    /// The key as PKCS #8 PEM, not encrypted.
    public func pem() -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_secmem()) else { fatalError("out of memory") }
        defer { unsafe BIO_free_all(output) }
        let isWritten = unsafe key.withHandle {
            unsafe PEM_write_bio_PrivateKey(output, $0, nil, nil, 0, nil, nil) == 1
        }
        guard isWritten else { fatalError("libcrypto cannot write a private key") }
        return unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(output)) { bytes, count in
            count = max(0, Int(unsafe BIO_read(output, bytes.baseAddress, Int32(bytes.count))))
        }
    }

    /// The signature of `message`: r and s, 64 bytes.
    public func sign(_ message: [UInt8]) throws(CryptoFault) -> [UInt8] {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { throw .failed("sign") }
        defer { unsafe EVP_MD_CTX_free(context) }
        let isReady = unsafe key.withHandle {
            unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, $0) == 1
        }
        guard isReady else { throw .failed("sign") }
        var der = [UInt8](repeating: 0, count: signatureDERByteCountMax)
        var length = der.count
        guard unsafe EVP_DigestSign(context, &der, &length, message, message.count) == 1,
            let signature = EllipticSignature.concatenated(fromDER: Array(der.prefix(length)))
        else { throw .failed("sign") }
        return signature
    }
}

/// A key that is not encrypted, with one reference for the caller.
func privateKey(inPEM pem: [UInt8]) -> OpaquePointer? {
    guard let count = Int32(exactly: pem.count), count > 0 else { return nil }
    ERR_clear_error()
    defer { ERR_clear_error() }
    return unsafe pem.withUnsafeBytes { bytes in
        let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
        defer { unsafe BIO_free_all(input) }
        return unsafe PEM_read_bio_PrivateKey(input, nil, refusePassphrase, nil)
    }
}

/// libcrypto's pass phrase callback: there is none. Without it libcrypto would ask at the terminal.
private func refusePassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ isWriting: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    -1
}

/// Two INTEGERs of up to 33 bytes each in a SEQUENCE.
private let signatureDERByteCountMax = 72
