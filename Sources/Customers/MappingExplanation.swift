import Crypto
public import Identity
public import Settings
public import Storage
public import Text
public import X509

/// What the mapping rules make of a certificate, step by step.
///
/// It tells what a login would, except whether the certificate is trusted.
public struct MappingExplanation: Sendable {
    /// One value of a name.
    struct Value: Sendable {
        let type: String
        let oid: String
        let encoding: String
        /// Nil when it can't be read; then `raw` shows it.
        let text: String?
        let raw: [UInt8]
        let flaw: String?
        /// Relative names are counted from 1, in the certificate's order.
        let relativeName: Int?
    }

    struct RuleResult: Sendable {
        let place: String
        let rule: String
        let finding: RuleFinding
    }

    enum Verdict: Sendable {
        case customer(Customer, asOf: WallTime)
        case refused(reason: String, page: String)
    }

    let certificate: Certificate
    let values: [Value]
    let rules: [RuleResult]
    let verdict: Verdict

    public init(
        _ certificate: Certificate, rules: MappingRules, mappings: [GatewaySettings.Mapping],
        store: CustomerStore, at now: WallTime
    ) throws(StoreFault) {
        self.certificate = certificate
        values = certificate.subject.values + certificate.subjectAlternativeNames.compactMap(Value.init)
        let facts = CertificateFacts(certificate)
        let (findings, outcome) = rules.explain(facts)
        self.rules = zip(mappings, findings).enumerated().map { index, pair in
            RuleResult(
                place: pair.0.place.description.isEmpty ? "mapping[\(index)]" : pair.0.place.description,
                rule: pair.0.summary, finding: pair.1)
        }
        let customer: Customer? =
            switch outcome {
            case .customer(let id): try store.customer(id)
            case .enrolment(let claim): try store.customer(enrolledAs: claim)
            case .refused: nil
            }
        guard let customer else {
            verdict = .refused(reason: outcome.strangerReason, page: "APL-1104")
            return
        }
        if let (policy, issuerKey) = rules.supersession(of: facts.issuer) {
            let newest = try store.newestCertificate(
                of: customer.id, issuer: SHA256Digest(of: issuerKey).bytes)
            if policy.supersedes(facts.issuerSerialKey, notBefore: facts.notBefore, by: newest, at: now) {
                verdict = .refused(reason: "superseded", page: "APL-1107")
                return
            }
        }
        verdict = .customer(customer, asOf: now)
    }
}

extension DistinguishedName {
    fileprivate var values: [MappingExplanation.Value] {
        relativeNames.enumerated().flatMap { index, attributes in
            attributes.map { MappingExplanation.Value($0, type: nil, relativeName: index + 1) }
        }
    }
}

extension MappingExplanation.Value {
    fileprivate init(_ attribute: NameAttribute, type: String?, relativeName: Int?) {
        self.init(
            type: type ?? attribute.shortName ?? attribute.oid, oid: attribute.oid,
            encoding: attribute.stringType.asn1Name, text: attribute.value, raw: attribute.raw,
            flaw: attribute.flaw.map { "\($0)" }, relativeName: relativeName)
    }

    /// Nil for names that no rule looks at.
    fileprivate init?(_ name: SubjectAlternativeName) {
        func value(_ type: String, _ text: String?, _ raw: [UInt8], flaw: String?) -> Self {
            Self(
                type: type, oid: "2.5.29.17", encoding: "IA5String", text: text, raw: raw, flaw: flaw,
                relativeName: nil)
        }
        switch name {
        case .email(let text): self = value("SAN.email", text, Array(text.utf8), flaw: nil)
        case .uri(let text): self = value("SAN.URI", text, Array(text.utf8), flaw: nil)
        case .unusable(1, let raw): self = value("SAN.email", nil, raw, flaw: "unusable")
        case .unusable(6, let raw): self = value("SAN.URI", nil, raw, flaw: "unusable")
        case .dns, .ip, .unusable: return nil
        case .other:
            guard let attribute = name.userPrincipalName else { return nil }
            self.init(attribute, type: "SAN.UPN", relativeName: nil)
        }
    }
}

extension NameStringType {
    fileprivate var asn1Name: String {
        switch self {
        case .utf8: "UTF8String"
        case .printable: "PrintableString"
        case .ia5: "IA5String"
        case .teletex: "TeletexString"
        case .bmp: "BMPString"
        case .universal: "UniversalString"
        case .other: "no string"
        }
    }
}

extension GatewaySettings.Mapping {
    fileprivate var summary: String {
        switch by {
        case .enrolled: return "enrolled, by \(enrolledBy.rawValue)"
        case .subject:
            let shape = pattern.map { " with the shape \($0.text)" } ?? ""
            return "\(attribute.rawValue)\(shape), case \(letterCase.rawValue)"
        }
    }
}
