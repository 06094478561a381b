import COpenSSL

/// What kind of key a certificate is for, and how strong.
public struct PublicKeySummary: Sendable, Hashable, CustomStringConvertible {
    public enum Algorithm: Sendable, Hashable {
        case rsa
        /// On a named curve, by its usual name: `P-256`.
        case ec(curve: String)
        case edwards(String)
        case dsa
        /// A kind of key that no certificate of this field has.
        case other
        /// The key's bytes do not decode.
        case unreadable
    }

    public let algorithm: Algorithm
    /// The modulus or field size.
    public let bitCount: Int

    init(reading key: OpaquePointer?) {
        guard let key = unsafe key else {
            algorithm = .unreadable
            bitCount = 0
            return
        }
        bitCount = Int(unsafe EVP_PKEY_get_bits(key))
        algorithm =
            switch unsafe EVP_PKEY_get_base_id(key) {
            case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: .rsa
            case EVP_PKEY_EC: unsafe namedCurve(key).map { .ec(curve: $0) } ?? .other
            case EVP_PKEY_ED25519: .edwards("Ed25519")
            case EVP_PKEY_ED448: .edwards("Ed448")
            case EVP_PKEY_DSA: .dsa
            default: .other
            }
    }

    /// `RSA 2048`, `EC P-256`, `Ed25519`.
    public var description: String {
        switch algorithm {
        case .rsa: "RSA \(bitCount)"
        case .ec(let curve): "EC \(curve)"
        case .edwards(let name): name
        case .dsa: "DSA \(bitCount)"
        case .other: "unknown key"
        case .unreadable: "unreadable key"
        }
    }

    /// Whether a key of this kind may prove who somebody is: RSA of the given size, EC on a named curve of
    /// 256 bits or more, or an Edwards curve. DSA and anything unknown may not.
    public func isStrong(rsaBitCountMin: Int) -> Bool {
        switch algorithm {
        case .rsa: bitCount >= rsaBitCountMin
        case .ec: bitCount >= 256
        case .edwards: true
        case .dsa, .other, .unreadable: false
        }
    }
}

/// nil for a curve spelled out by its parameters, which may be any curve at all (CVE-2020-0601).
private func namedCurve(_ key: OpaquePointer) -> String? {
    var isExplicit: Int32 = 0
    guard
        unsafe EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit) == 1,
        isExplicit == 0
    else { return nil }
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
    let text = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return usualNames[text] ?? text
}

private let usualNames = [
    "prime256v1": "P-256", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
    "secp224r1": "P-224",
]
