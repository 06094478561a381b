/// Writes the textual encoding of certificates and their like (RFC 7468 §3).
public enum PEMText {
    /// - Parameter label: `CERTIFICATE`, `X509 CRL`.
    public static func block(_ label: String, _ der: [UInt8]) -> [UInt8] {
        let digits = Array(Base64.encode(der).utf8)
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        for start in stride(from: 0, to: digits.count, by: 64) {
            text += digits[start..<min(start + 64, digits.count)]
            text.append(0x0A)
        }
        return text + Array("-----END \(label)-----\n".utf8)
    }
}
