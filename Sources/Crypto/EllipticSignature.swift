import COpenSSL

/// An ECDSA signature over P-256, between the two forms it is written in.
enum EllipticSignature {
    /// r and s of 32 bytes each (RFC 7518 §3.4), from the DER libcrypto makes.
    static func concatenated(fromDER der: [UInt8]) -> [UInt8]? {
        unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            guard let signature = unsafe d2i_ECDSA_SIG(nil, &cursor, bytes.count) else { return nil }
            defer { unsafe ECDSA_SIG_free(signature) }
            guard let r = unsafe paddedBytes(ECDSA_SIG_get0_r(signature)),
                let s = unsafe paddedBytes(ECDSA_SIG_get0_s(signature))
            else { return nil }
            return r + s
        }
    }

    /// The DER of r and s; nil unless `bytes` are exactly 64.
    static func der(fromConcatenated bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count == 2 * fieldByteCount, let signature = unsafe ECDSA_SIG_new() else { return nil }
        defer { unsafe ECDSA_SIG_free(signature) }
        let r = unsafe BN_bin2bn(Array(bytes.prefix(fieldByteCount)), Int32(fieldByteCount), nil)
        let s = unsafe BN_bin2bn(Array(bytes.suffix(fieldByteCount)), Int32(fieldByteCount), nil)
        // Takes over both numbers, unless it fails.
        guard unsafe ECDSA_SIG_set0(signature, r, s) == 1 else {
            unsafe BN_free(r)
            unsafe BN_free(s)
            return nil
        }
        let length = unsafe i2d_ECDSA_SIG(signature, nil)
        guard length > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { output, count in
            var cursor = output.baseAddress
            count = max(0, Int(unsafe i2d_ECDSA_SIG(signature, &cursor)))
        }
    }
}
