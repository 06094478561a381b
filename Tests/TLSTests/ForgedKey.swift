import COpenSSL
import X509

/// A private key whose public half belongs to somebody else's certificate: libssl takes the two for a pair.
enum ForgedKey {
    static func pem(publicHalfOf certificate: Certificate) -> [UInt8] {
        let point = publicPoint(certificate)
        let secret = [UInt8](repeating: 0x42, count: 32)
        // ECPrivateKey (RFC 5915 §3): version 1, secret, [0] prime256v1, [1] public point.
        let body: [UInt8] =
            [0x02, 1, 1, 0x04, 32] + secret
            + [0xA0, 10, 0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
            + [0xA1, 68, 0x03, 66, 0] + point
        let der = [0x30, UInt8(body.count)] + body
        return Array("-----BEGIN EC PRIVATE KEY-----\n\(base64(der))\n-----END EC PRIVATE KEY-----\n".utf8)
    }

    private static func publicPoint(_ certificate: Certificate) -> [UInt8] {
        unsafe certificate.withHandle { handle in
            var point = [UInt8](repeating: 0, count: 65)
            var count = 0
            let key = unsafe X509_get0_pubkey(handle)
            let found = unsafe EVP_PKEY_get_octet_string_param(key, "pub", &point, point.count, &count)
            precondition(found == 1 && count == 65, "the certificate is not for P-256")
            return point
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: bytes.count * 2)
        let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        let characters = text[..<Int(count)]
        return stride(from: 0, to: characters.count, by: 64)
            .map { String(decoding: characters[$0..<min($0 + 64, characters.count)], as: UTF8.self) }
            .joined(separator: "\n")
    }
}
