import Crypto
import Customers
import Identity
import Text
import X509

/// A trusted certificate with what its mapping came to: all that a login needs to know of it.
struct MappedCertificate: Sendable {
    let outcome: MappingOutcome
    let supersession: Supersession
    /// SHA-256 of what the rules tell its issuer by.
    let issuerKey: [UInt8]
    let issuerSerialKey: [UInt8]
    let notBefore: WallTime

    init(_ leaf: Certificate, by rules: MappingRules) {
        let facts = CertificateFacts(leaf)
        let policy = rules.supersession(of: facts.issuer)
        self.init(
            rules.evaluate(facts), by: policy?.policy ?? .never, leaf,
            issuerKey: policy?.issuerKey ?? facts.issuer.der)
    }

    /// With an outcome that is known already.
    init(
        _ outcome: MappingOutcome, by supersession: Supersession, _ leaf: Certificate, issuerKey: [UInt8] = []
    ) {
        self.outcome = outcome
        self.supersession = supersession
        self.issuerKey = SHA256Digest(of: issuerKey).bytes
        issuerSerialKey = leaf.issuerSerialKey.bytes
        notBefore = leaf.notBefore
    }

    /// Why nobody was found, for the audit log.
    var strangerReason: String { outcome.strangerReason }
}
