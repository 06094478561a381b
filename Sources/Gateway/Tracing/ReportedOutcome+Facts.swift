import Crypto
import Customers
import Identity
import Traces
import X509

extension ReportedOutcome {
    /// What is thought of the client of a request: nothing that its own certificate does not say, and its own
    /// pages do not show.
    init(_ facts: RequestFacts) {
        switch facts.verdict {
        case .absent: self.init(verdict: .absent)
        case .refused(let reason, let leaf):
            self.init(
                verdict: .refused, reason: reason.rawValue, certificate: leaf.map { Self.beginning(of: $0) })
        case .trusted(let identity):
            self.init(verdict: .trusted, certificate: Self.beginning(of: identity.leaf))
            guard !facts.host.isPartner else { return }
            switch facts.snapshot.mapping.evaluate(CertificateFacts(identity.leaf)) {
            case .customer(let id): customer = id.text
            case .enrolment: break
            case .refused(let refusal): reason = MappingOutcome.refused(refusal).strangerReason
            }
        }
    }

    private static func beginning(of leaf: Certificate) -> String {
        String(leaf.fingerprint.hex.prefix(certificateDigits))
    }
}
