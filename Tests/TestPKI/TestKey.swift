import COpenSSL

/// Which kind of key a test certificate is for.
public enum TestKeyKind: Sendable, Hashable, CaseIterable {
    case p256, p384, p224, rsa2048, rsa1024, ed25519, dsa1024
}

/// A private key made for tests. RSA and DSA keys are made once per kind, since making them is slow; others
/// are new.
@safe public final class TestKey: @unchecked Sendable {
    // Proof for `@unchecked`: the one property is a `let`, and libcrypto only counts and reads the key behind
    // it.
    let handle: OpaquePointer

    private init(owning handle: OpaquePointer?) {
        guard let handle = unsafe handle else { preconditionFailure("libcrypto cannot make a test key") }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    public static func make(_ kind: TestKeyKind) -> TestKey {
        switch kind {
        case .p256: unsafe TestKey(owning: shim_EVP_EC_gen("P-256"))
        case .p384: unsafe TestKey(owning: shim_EVP_EC_gen("P-384"))
        case .p224: unsafe TestKey(owning: shim_EVP_EC_gen("P-224"))
        case .ed25519: unsafe TestKey(owning: generated("ED25519"))
        case .rsa2048: rsa2048
        case .rsa1024: rsa1024
        case .dsa1024: dsa1024
        }
    }

    /// The key as PKCS #8 PEM, not encrypted.
    public var pem: [UInt8] {
        unsafe collected { unsafe PEM_write_bio_PrivateKey($0, handle, nil, nil, 0, nil, nil) }
    }

    /// Ed25519 signs without a digest of its own.
    func digest(_ name: TestDigest) -> OpaquePointer? {
        if unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_ED25519 { return nil }
        return switch name {
        case .sha256: unsafe EVP_sha256()
        case .sha1: unsafe EVP_sha1()
        case .md5: unsafe EVP_md5()
        }
    }

    private static let rsa2048 = unsafe TestKey(owning: shim_EVP_RSA_gen(2048))
    private static let rsa1024 = unsafe TestKey(owning: shim_EVP_RSA_gen(1024))
    private static let dsa1024 = unsafe TestKey(owning: generatedDSA())

    private static func generated(_ algorithm: String) -> OpaquePointer? {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, algorithm, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &key) == 1 else {
            return nil
        }
        return unsafe key
    }

    private static func generatedDSA() -> OpaquePointer? {
        let parameterContext = unsafe EVP_PKEY_CTX_new_from_name(nil, "DSA", nil)
        defer { unsafe EVP_PKEY_CTX_free(parameterContext) }
        var parameters: OpaquePointer?
        guard unsafe EVP_PKEY_paramgen_init(parameterContext) == 1,
            unsafe EVP_PKEY_CTX_set_dsa_paramgen_bits(parameterContext, 1024) == 1,
            unsafe EVP_PKEY_paramgen(parameterContext, &parameters) == 1
        else { return nil }
        defer { unsafe EVP_PKEY_free(parameters) }
        let keyContext = unsafe EVP_PKEY_CTX_new_from_pkey(nil, parameters, nil)
        defer { unsafe EVP_PKEY_CTX_free(keyContext) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(keyContext) == 1, unsafe EVP_PKEY_keygen(keyContext, &key) == 1
        else {
            return nil
        }
        return unsafe key
    }
}

/// The digest a test certificate is signed with.
public enum TestDigest: Sendable { case sha256, sha1, md5 }

/// What `write` puts into a memory BIO.
func collected(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let output = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free_all(output) }
    guard unsafe write(output) == 1 else { preconditionFailure("libcrypto cannot write PEM") }
    return unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(output)) { bytes, count in
        count = Int(unsafe BIO_read(output, bytes.baseAddress, Int32(bytes.count)))
    }
}
