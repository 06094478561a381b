import COpenSSL

/// What a certificate's key may be used for (RFC 5280 §4.2.1.3).
struct KeyUsage: OptionSet {
    let rawValue: UInt32
    static let digitalSignature = KeyUsage(rawValue: UInt32(KU_DIGITAL_SIGNATURE))
}

/// Purposes a certificate names (RFC 5280 §4.2.1.12); those libcrypto does not know leave no bit.
struct ExtendedKeyUsage: OptionSet {
    let rawValue: UInt32
    static let clientAuth = ExtendedKeyUsage(rawValue: UInt32(XKU_SSL_CLIENT))
}

extension Certificate {
    /// nil when the extension is absent.
    var keyUsage: KeyUsage? {
        let bits = unsafe withHandle { unsafe X509_get_key_usage($0) }
        return bits == UInt32.max ? nil : KeyUsage(rawValue: bits)
    }

    /// nil when the extension is absent.
    var extendedKeyUsage: ExtendedKeyUsage? {
        let bits = unsafe withHandle { unsafe X509_get_extended_key_usage($0) }
        return bits == UInt32.max ? nil : ExtendedKeyUsage(rawValue: bits)
    }

    /// Whether its issuer signed with a scheme of 112 bits of security or more: not MD5, not SHA-1.
    var hasStrongSignature: Bool {
        var securityBits: Int32 = 0
        let isKnown = unsafe withHandle {
            unsafe X509_get_signature_info($0, nil, nil, &securityBits, nil) == 1
        }
        return isKnown && securityBits >= 112
    }
}
