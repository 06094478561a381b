import COpenSSL
import Text

/// A public key of somebody else, a partner for instance, that signs statements to us.
///
/// The algorithms are those of FAPI 2.0 §5.4.1; a key verifies one of them and no other, whatever the header
/// of a statement says.
public final class PublicKey: Sendable {
    /// The `alg` of RFC 7518 §3.1 and RFC 8037 §3.1.
    public enum Algorithm: String, Sendable, CaseIterable {
        case es256 = "ES256"
        case ps256 = "PS256"
        case edDSA = "EdDSA"
    }

    private enum Key: Sendable {
        case p256(VerifyingKey)
        case other(PublicKeyHandle)
    }

    private let key: Key
    public let algorithm: Algorithm
    /// What its set names it by, if it does.
    public let keyID: String?

    /// A P-256 key from its coordinates.
    public init(p256X x: [UInt8], y: [UInt8], keyID: String? = nil) throws(CryptoFault) {
        key = .p256(try VerifyingKey(jwkX: x, jwkY: y))
        algorithm = .es256
        self.keyID = keyID
    }

    /// An RSA key of 2048 to 8192 bits (FAPI 2.0 §5.4.1) from modulus and exponent, big-endian.
    public init(rsaModulus modulus: [UInt8], exponent: [UInt8], keyID: String? = nil) throws(CryptoFault) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        let bitCount = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard bitCount >= Self.rsaBitCountMin else {
            throw .malformed("key: RSA of \(bitCount) bits; at least \(Self.rsaBitCountMin) are needed")
        }
        guard bitCount <= Self.rsaBitCountMax else {
            throw .malformed("key: RSA of \(bitCount) bits; at most \(Self.rsaBitCountMax) are accepted")
        }
        guard modulus.last.map({ $0 & 1 == 1 }) == true, (1...8).contains(exponent.count),
            exponent.last.map({ $0 & 1 == 1 }) == true, exponent != [1]
        else { throw .malformed("key: not an RSA modulus and exponent") }
        let numbers = DER.sequence(DER.unsignedInteger(modulus), DER.unsignedInteger(exponent))
        let der = DER.sequence(rsaAlgorithm, DER.bits(numbers))
        guard let handle = PublicKeyHandle(subjectPublicKeyInfo: der) else {
            throw .malformed("key: not an RSA modulus and exponent")
        }
        key = .other(handle)
        algorithm = .ps256
        self.keyID = keyID
    }

    /// An Ed25519 key of 32 bytes (RFC 8032).
    public init(ed25519 bytes: [UInt8], keyID: String? = nil) throws(CryptoFault) {
        guard bytes.count == 32,
            let handle = PublicKeyHandle(
                subjectPublicKeyInfo: DER.sequence(ed25519Algorithm, DER.bits(bytes)))
        else { throw .malformed("key: not an Ed25519 key of 32 bytes") }
        key = .other(handle)
        algorithm = .edDSA
        self.keyID = keyID
    }

    /// Whether `signature`, in the form JWS gives it, is this key's over `message`.
    public func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        switch key {
        case .p256(let key): key.verifies(signature, over: message)
        case .other(let handle):
            handle.verifies(signature, over: message, isPSS: algorithm == .ps256)
        }
    }

    private static let rsaBitCountMin = 2048
    private static let rsaBitCountMax = 8192
}

/// Owner of one of libcrypto's public keys.
@safe private final class PublicKeyHandle: @unchecked Sendable {
    // Proof for `@unchecked`: as in `EllipticKey`.
    private let handle: OpaquePointer

    /// Nil unless `der` is one SubjectPublicKeyInfo that libcrypto takes.
    init?(subjectPublicKeyInfo der: [UInt8]) {
        guard let handle = unsafe decodedPublicKey(der) else { return nil }
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe EVP_PKEY_free(handle)
    }

    func verifies(_ signature: [UInt8], over message: [UInt8], isPSS: Bool) -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        // Ed25519 hashes by itself.
        let digest = unsafe isPSS ? EVP_sha256() : nil
        guard unsafe EVP_DigestVerifyInit(context, &parameters, digest, nil, handle) == 1 else {
            return false
        }
        if isPSS {
            // RFC 7518 §3.5: MGF1 with the same digest, which is libcrypto's default; a salt as long as it.
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// `rsaEncryption` with its NULL (RFC 3279 §2.3.1).
let rsaAlgorithm: [UInt8] = [
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
]
/// `id-Ed25519` (RFC 8410 §3).
let ed25519Algorithm: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
