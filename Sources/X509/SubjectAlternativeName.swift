import COpenSSL

/// One name of the subjectAltName extension (RFC 5280 §4.2.1.6).
public enum SubjectAlternativeName: Sendable, Hashable {
    case dns(String)
    case uri(String)
    case email(String)
    /// 4 or 16 bytes, network order.
    case ip([UInt8])
    /// A name of another kind (otherName, directoryName, …): its context tag and DER.
    case other(tag: UInt8, der: [UInt8])
    /// A DNS, URI, e-mail or IP name nobody should act on: not ASCII, empty, with NUL or another control
    /// character, or an address of the wrong length. Its context tag and bytes.
    case unusable(tag: UInt8, raw: [UInt8])

    /// nil when the extension is there but does not decode, or is there twice; empty when it is absent.
    static func list(in certificate: OpaquePointer) -> [SubjectAlternativeName]? {
        var critical: Int32 = 0
        let extensionData = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nil)
        guard let extensionData = unsafe extensionData else { return critical == -1 ? [] : nil }
        let names = OpaquePointer(extensionData)
        defer { unsafe GENERAL_NAMES_free(names) }
        return (0..<max(0, unsafe shim_sk_GENERAL_NAME_num(names))).compactMap { index in
            unsafe shim_sk_GENERAL_NAME_value(names, index).map { unsafe SubjectAlternativeName(reading: $0) }
        }
    }

    private init(reading name: UnsafeMutablePointer<GENERAL_NAME>) {
        var kind: Int32 = 0
        let value = unsafe GENERAL_NAME_get0_value(name, &kind)
        let tag = UInt8(truncatingIfNeeded: kind)
        switch kind {
        case GEN_DNS, GEN_URI, GEN_EMAIL, GEN_IPADD:
            let raw = unsafe contentBytes(value?.assumingMemoryBound(to: ASN1_STRING.self))
            self = Self.usable(kind, raw) ?? .unusable(tag: tag, raw: raw)
        default:
            self = unsafe .other(tag: tag, der: encoded { unsafe i2d_GENERAL_NAME(name, $0) })
        }
    }

    private static func usable(_ kind: Int32, _ raw: [UInt8]) -> SubjectAlternativeName? {
        if kind == GEN_IPADD { return raw.count == 4 || raw.count == 16 ? .ip(raw) : nil }
        guard !raw.isEmpty, raw.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let text = String(decoding: raw, as: UTF8.self)
        return switch kind {
        case GEN_DNS: .dns(text)
        case GEN_URI: .uri(text)
        default: .email(text)
        }
    }
}
