import COpenSSL

/// A name that is compared as RFC 5280 §7.1 has it, by libcrypto: without regard to string type, case and
/// repeated blanks. An authority's name may be written in one way in its certificate and in another in its
/// CRL.
@safe final class CanonicalName: @unchecked Sendable {
    // Proof for `@unchecked`: the one property is a `let`, and libcrypto only reads the name, whose encodings
    // were made when it was decoded.
    private let handle: OpaquePointer

    init?(der: [UInt8]) {
        defer { ERR_clear_error() }
        let name = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var cursor = bytes.baseAddress
            return unsafe d2i_X509_NAME(nil, &cursor, bytes.count)
        }
        guard let name = unsafe name else { return nil }
        unsafe handle = unsafe name
    }

    deinit { unsafe X509_NAME_free(handle) }

    var distinguishedName: DistinguishedName { unsafe DistinguishedName(reading: handle) }

    /// Whether this is the subject of a certificate.
    func isSubject(of certificate: Certificate) -> Bool {
        unsafe certificate.withHandle { unsafe X509_NAME_cmp(handle, X509_get_subject_name($0)) == 0 }
    }

    static func == (a: CanonicalName, b: CanonicalName) -> Bool {
        unsafe X509_NAME_cmp(a.handle, b.handle) == 0
    }
}
