import Crypto
import Identity
import X509

extension CertificateFacts {
    /// What a mapping looks at, of a certificate that is trusted.
    init(_ certificate: Certificate) {
        self.init(
            issuer: certificate.issuer.der, issuerSerialKey: certificate.issuerSerialKey.bytes,
            fingerprint: certificate.fingerprint.bytes,
            subject: certificate.subject.relativeNames.map { names in
                names.map { NameFact(oid: $0.oid, value: $0.stringType == .teletex ? nil : $0.value) }
            })
    }
}
