import COpenSSL
import Crypto

/// What a certificate's key may be used for (RFC 5280 §4.2.1.3).
struct KeyUsage: OptionSet {
    let rawValue: UInt32
    static let digitalSignature = KeyUsage(rawValue: UInt32(KU_DIGITAL_SIGNATURE))
    static let cRLSign = KeyUsage(rawValue: UInt32(KU_CRL_SIGN))
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

    /// SHA-256 of the SubjectPublicKeyInfo.
    var keyDigest: SHA256Digest {
        let der = unsafe withHandle { handle in
            let key = unsafe X509_get_X509_PUBKEY(handle)
            return unsafe encoded { unsafe i2d_X509_PUBKEY(key, $0) }
        }
        return SHA256Digest(of: der)
    }

    /// Where it says that its revocation is published. None as well when that does not decode: then no list
    /// that is for one place only answers for it.
    var distributionPoints: [DistributionPoint] {
        let value = unsafe withHandle { handle -> [UInt8] in
            let index = unsafe X509_get_ext_by_NID(handle, NID_crl_distribution_points, -1)
            guard index >= 0, let found = unsafe X509_get_ext(handle, index) else { return [] }
            return unsafe contentBytes(X509_EXTENSION_get_data(found))
        }
        return value.isEmpty ? [] : (try? DistributionPoint.list(in: value)) ?? []
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
