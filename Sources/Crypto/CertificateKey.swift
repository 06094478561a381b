import COpenSSL
import Text

/// A private key for a certificate of a test PKI: made, written down, and used to sign.
@safe public final class CertificateKey: @unchecked Sendable {
    // Proof for `@unchecked`: as in `EllipticKey`.
    private let handle: OpaquePointer
    public let kind: Kind
    /// The SubjectPublicKeyInfo that certificates carry (RFC 5280 §4.1).
    public let publicKeyInfo: [UInt8]

    public enum Kind: Sendable, Hashable {
        case ec(Curve)
        /// Of 1024 bits (to be refused) up to 8192.
        case rsa(bitCount: Int)
        case ed25519
    }

    public enum Curve: String, Sendable, Hashable, CaseIterable {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"
    }

    /// Makes a new key. RSA takes its time: 2048 bits about 50 ms.
    public init(_ kind: Kind) throws(CryptoFault) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let made: OpaquePointer? =
            switch kind {
            case .ec(let curve): unsafe shim_EVP_EC_gen(curve.rawValue)
            case .rsa(let bitCount): unsafe shim_EVP_RSA_gen(UInt32(clamping: bitCount))
            case .ed25519: unsafe generatedEd25519()
            }
        guard let handle = unsafe made else { throw .failed("make a key") }
        guard let info = unsafe publicInfo(kind, handle) else {
            unsafe EVP_PKEY_free(handle)
            throw .failed("make a key")
        }
        unsafe self.handle = unsafe handle
        self.kind = kind
        publicKeyInfo = info
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// The AlgorithmIdentifier of its signatures: with SHA-256 (RFC 4055 §5, RFC 5758 §3.2), or Ed25519.
    public var signatureAlgorithm: [UInt8] {
        switch kind {
        case .ec: DER.sequence([0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
        case .rsa:
            DER.sequence(
                [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B], DER.element(0x05, []))
        case .ed25519: ed25519Algorithm
        }
    }

    /// The signature of `message` as certificates have it.
    public func sign(_ message: [UInt8]) throws(CryptoFault) -> [UInt8] {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { throw .failed("sign") }
        defer { unsafe EVP_MD_CTX_free(context) }
        let digest = unsafe kind == .ed25519 ? nil : EVP_sha256()
        var signature = [UInt8](repeating: 0, count: 1024)
        var length = signature.count
        guard unsafe EVP_DigestSignInit(context, nil, digest, nil, handle) == 1,
            unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw .failed("sign") }
        return Array(signature.prefix(length))
    }

    /// Its numbers, in the order of RFC 7518 §6 and RFC 8037 §2: the names of a private JSON Web Key, and
    /// big-endian bytes.
    public var numbers: [(name: String, bytes: [UInt8])] {
        switch kind {
        case .ec:
            let size = (Int(unsafe EVP_PKEY_get_bits(handle)) + 7) / 8
            return [
                ("x", unsafe number(OSSL_PKEY_PARAM_EC_PUB_X, of: handle, size)),
                ("y", unsafe number(OSSL_PKEY_PARAM_EC_PUB_Y, of: handle, size)),
                ("d", unsafe number(OSSL_PKEY_PARAM_PRIV_KEY, of: handle, size)),
            ]
        case .rsa:
            // The names of factors are put together by a macro, which Swift does not see.
            let names = [
                ("n", OSSL_PKEY_PARAM_RSA_N), ("e", OSSL_PKEY_PARAM_RSA_E), ("d", OSSL_PKEY_PARAM_RSA_D),
                ("p", "rsa-factor1"), ("q", "rsa-factor2"), ("dp", "rsa-exponent1"),
                ("dq", "rsa-exponent2"), ("qi", "rsa-coefficient1"),
            ]
            return names.map { ($0, unsafe number($1, of: handle, nil)) }
        case .ed25519:
            var (publicBytes, privateBytes) = (
                [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32)
            )
            var (publicCount, privateCount) = (32, 32)
            unsafe EVP_PKEY_get_raw_public_key(handle, &publicBytes, &publicCount)
            unsafe EVP_PKEY_get_raw_private_key(handle, &privateBytes, &privateCount)
            return [("x", publicBytes), ("d", privateBytes)]
        }
    }
}

/// Printing or dumping it shows its kind and nothing else.
extension CertificateKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "CertificateKey(\(kind))" }
    public var customMirror: Mirror { Mirror(self, children: ["kind": kind]) }
}

private func publicInfo(_ kind: CertificateKey.Kind, _ key: OpaquePointer) -> [UInt8]? {
    switch kind {
    case .ec(let curve):
        let size = (Int(unsafe EVP_PKEY_get_bits(key)) + 7) / 8
        let point =
            unsafe [4]
            + number(OSSL_PKEY_PARAM_EC_PUB_X, of: key, size)
            + number(OSSL_PKEY_PARAM_EC_PUB_Y, of: key, size)
        return DER.sequence(
            DER.sequence([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01], curve.identifier),
            DER.bits(point))
    case .rsa:
        let numbers = unsafe DER.sequence(
            DER.unsignedInteger(number(OSSL_PKEY_PARAM_RSA_N, of: key, nil)),
            DER.unsignedInteger(number(OSSL_PKEY_PARAM_RSA_E, of: key, nil)))
        return DER.sequence(rsaAlgorithm, DER.bits(numbers))
    case .ed25519:
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else { return nil }
        return DER.sequence(ed25519Algorithm, DER.bits(bytes))
    }
}

/// One of a key's numbers, big-endian; with zeros in front when a size is given.
private func number(_ name: String, of key: OpaquePointer, _ size: Int?) -> [UInt8] {
    var number: OpaquePointer?
    guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return [] }
    defer { unsafe BN_clear_free(number) }
    let count = size ?? Int((unsafe BN_num_bits(number) + 7) / 8)
    var bytes = [UInt8](repeating: 0, count: count)
    return unsafe BN_bn2binpad(number, &bytes, Int32(count)) == Int32(count) ? bytes : []
}

private func generatedEd25519() -> OpaquePointer? {
    let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "ED25519", nil)
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &key) == 1 else {
        return nil
    }
    return unsafe key
}

extension CertificateKey.Curve {
    /// The DER of its object identifier (RFC 5480 §2.1.1.1).
    fileprivate var identifier: [UInt8] {
        switch self {
        case .p256: [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        case .p384: [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]
        case .p521: [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23]
        }
    }
}
