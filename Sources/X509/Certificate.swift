import COpenSSL
public import Crypto
public import Text

/// One X.509 certificate (RFC 5280 §4.1), read and never changed.
///
/// Reading proves nothing about trust: only `TrustEpoch.judge` does. Fields of a certificate that libcrypto
/// can decode but that make no sense are marked by `isWellFormed`, never by a trap, and such a certificate is
/// never trusted.
@safe public final class Certificate: @unchecked Sendable {
    // Proof for `@unchecked`: every stored property is a `let`. The X509 object behind `handle` is counted
    // and locked by libcrypto; nothing writes to it after `init`, because its lazily filled extension cache
    // is filled there, and the calls made on it later only read or count references.
    private let handle: OpaquePointer

    /// The whole certificate as DER.
    public let der: [UInt8]
    /// SHA-256 of `der`.
    public let fingerprint: SHA256Digest
    public let subject: DistinguishedName
    public let issuer: DistinguishedName
    /// Lower-case hexadecimal, two digits a byte, `-` in front of a negative one.
    public let serialHex: String
    /// The content of the serial number's INTEGER.
    let serialContent: [UInt8]
    /// SHA-256 of the issuer name's DER followed by the serial number's DER (tag, length, value).
    public let issuerSerialKey: SHA256Digest
    /// The first second of validity. Dates that cannot be read become a validity that never begins.
    public let notBefore: WallTime
    /// The last second of validity, itself included.
    public let notAfter: WallTime
    public let key: PublicKeySummary
    /// Whether basicConstraints say CA and no key usage contradicts it (RFC 5280 §4.2.1.9).
    public let isCA: Bool
    /// In the order of the certificate; names that cannot be used are listed as such, not dropped.
    public let subjectAlternativeNames: [SubjectAlternativeName]
    /// False when extensions, dates, names or the key do not decode.
    public let isWellFormed: Bool

    /// Reads exactly one DER certificate; trailing bytes and encodings that are not DER are faults.
    public convenience init(der: [UInt8]) throws(CertificateFault) {
        guard let handle = unsafe decodedCertificate(der) else { throw .undecodable }
        unsafe self.init(adopting: handle)
        guard self.der == der else { throw .undecodable }
    }

    /// Takes over one reference to an X509 object. Accepts any object libcrypto has decoded.
    package init(adopting handle: OpaquePointer) {
        // Fills the extension cache, which later calls from many threads only read.
        let extensionsDecode = unsafe X509_check_purpose(handle, -1, 0) == 1
        unsafe self.handle = unsafe handle
        der = unsafe encoded { unsafe i2d_X509(handle, $0) }
        fingerprint = SHA256Digest(of: der)
        subject = unsafe DistinguishedName(reading: X509_get_subject_name(handle))
        issuer = unsafe DistinguishedName(reading: X509_get_issuer_name(handle))
        let serial = unsafe X509_get0_serialNumber(handle)
        serialHex = unsafe hexadecimal(ofInteger: serial)
        let serialDER = unsafe encoded { unsafe i2d_ASN1_INTEGER(serial, $0) }
        var serialCursor = DERCursor(0..<serialDER.count)
        serialContent =
            (try? serialCursor.next(in: serialDER.span)).map { Array(serialDER[$0.content]) } ?? []
        issuerSerialKey = SHA256Digest(of: issuer.der + serialDER)
        let begin = unsafe wallTime(X509_get0_notBefore(handle))
        let end = unsafe wallTime(X509_get0_notAfter(handle))
        notBefore = begin ?? WallTime(seconds: .max)
        notAfter = end ?? WallTime(seconds: .min)
        key = unsafe PublicKeySummary(reading: X509_get0_pubkey(handle))
        isCA = unsafe X509_check_ca(handle) == 1
        let names = unsafe SubjectAlternativeName.list(in: handle)
        subjectAlternativeNames = names ?? []
        isWellFormed =
            extensionsDecode && begin != nil && end != nil && names != nil && key.algorithm != .unreadable
        ERR_clear_error()
    }

    deinit {
        unsafe X509_free(handle)
    }

    /// What kind of key it certifies, for people: `EC P-256`, `RSA 2048`.
    public var keySummary: String { key.description }

    /// The bytes of a certificate that libcrypto has decoded.
    package static func der(of handle: OpaquePointer) -> [UInt8] {
        unsafe encoded { unsafe i2d_X509(handle, $0) }
    }

    /// Lends the X509 object for the length of a call; take a reference (`X509_up_ref`) to keep it.
    package func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        unsafe body(handle)
    }

    /// Whether this is the very object libcrypto speaks of.
    package func isOwner(of other: OpaquePointer) -> Bool {
        unsafe handle == other
    }
}

extension Certificate: Hashable {
    /// Certificates are the same when their bytes are.
    public static func == (a: Certificate, b: Certificate) -> Bool {
        a.fingerprint == b.fingerprint
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(fingerprint)
    }
}

private func decodedCertificate(_ der: [UInt8]) -> OpaquePointer? {
    guard !der.isEmpty else { return nil }
    defer { ERR_clear_error() }
    return unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
        var cursor = bytes.baseAddress
        guard let handle = unsafe d2i_X509(nil, &cursor, bytes.count) else { return nil }
        guard let end = unsafe cursor, let start = bytes.baseAddress, unsafe end - start == bytes.count else {
            unsafe X509_free(handle)
            return nil
        }
        return unsafe handle
    }
}

private func hexadecimal(ofInteger integer: UnsafePointer<ASN1_INTEGER>?) -> String {
    let sign = unsafe ASN1_STRING_type(integer) == V_ASN1_NEG_INTEGER ? "-" : ""
    return unsafe sign + Hex.encode(contentBytes(integer))
}

/// nil for dates that are not the UTCTime or GeneralizedTime of RFC 5280 §4.1.2.5.
private func wallTime(_ time: UnsafePointer<ASN1_TIME>?) -> WallTime? {
    guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return nil }
    defer { unsafe ASN1_TIME_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard unsafe time != nil, unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return WallTime(seconds: Int64(days) * 86400 + Int64(seconds))
}
