import COpenSSL
import Text

/// What partners' tests sign with: RSA as PS256, Ed25519 as EdDSA.
extension TestKey {
    /// The signature as JWS has it (RFC 7518 §3.5, RFC 8037 §3.1).
    public func statementSignature(over message: [UInt8], saltLength: Int32 = 32)
        -> [UInt8]
    {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        let isRSA = unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA
        let digest = unsafe isRSA ? EVP_sha256() : nil
        must(unsafe EVP_DigestSignInit(context, &parameters, digest, nil, handle))
        if isRSA {
            must(unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING))
            must(unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, saltLength))
        }
        var signature = [UInt8](repeating: 0, count: 1024)
        var length = signature.count
        must(unsafe EVP_DigestSign(context, &signature, &length, message, message.count))
        return Array(signature.prefix(length))
    }

    /// The members of its JSON Web Key: `kty`, and `n` and `e` or `crv` and `x`.
    public var webKey: [(name: String, value: String)] {
        if unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA {
            return [
                ("kty", "RSA"), ("n", Base64URL.encode(number(OSSL_PKEY_PARAM_RSA_N))),
                ("e", Base64URL.encode(number(OSSL_PKEY_PARAM_RSA_E))),
            ]
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        must(unsafe EVP_PKEY_get_raw_public_key(handle, &bytes, &length))
        return [("kty", "OKP"), ("crv", "Ed25519"), ("x", Base64URL.encode(bytes))]
    }

    private func number(_ name: String) -> [UInt8] {
        var number: OpaquePointer?
        must(unsafe EVP_PKEY_get_bn_param(handle, name, &number))
        defer { unsafe BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(unsafe (BN_num_bits(number) + 7) / 8))
        _ = unsafe BN_bn2bin(number, &bytes)
        return bytes
    }
}
