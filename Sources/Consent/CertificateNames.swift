import Authorization
import Crypto
import HTTP
import Synchronization
import Text
import X509

/// The names in partners' certificates, which the gateway hands on as `Client-Cert` (RFC 9440 §2).
///
/// The certificate is believed because its SHA-256 is the one in the gateway's signed assertion; what has
/// been read once is not read again.
final class CertificateNames: Sendable {
    private let known = Mutex<[[UInt8]: [AlternativeName]]>([:])

    /// The certificate with its names; without any when the header is missing or has another certificate.
    func completed(_ certificate: PartnerCertificate, from headers: HeaderFields) -> PartnerCertificate {
        var completed = certificate
        completed.alternativeNames = names(of: certificate.fingerprint, headers)
        return completed
    }

    private func names(of fingerprint: [UInt8], _ headers: HeaderFields) -> [AlternativeName] {
        if let names = known.withLock({ $0[fingerprint] }) { return names }
        let values = headers.values(of: "Client-Cert")
        guard values.count == 1, let value = values.first, value.utf8.count >= 2, value.hasPrefix(":"),
            value.hasSuffix(":"), let der = Base64.decode(String(value.dropFirst().dropLast())),
            SHA256Digest(of: der).bytes == fingerprint
        else { return [] }
        var names: [AlternativeName] = []
        if let certificate = try? Certificate(der: der), certificate.isWellFormed {
            names = certificate.subjectAlternativeNames.compactMap(AlternativeName.init)
        }
        known.withLock { known in
            if known.count >= Self.knownMax { known.removeAll(keepingCapacity: true) }
            known[fingerprint] = names
        }
        return names
    }

    private static let knownMax = 1000
}

extension AlternativeName {
    fileprivate init?(_ name: SubjectAlternativeName) {
        switch name {
        case .dns(let text): self = .dns(text)
        case .uri(let text): self = .uri(text)
        case .email(let text): self = .email(text)
        case .ip(let bytes): self = .address(bytes)
        case .other, .unusable: return nil
        }
    }
}
