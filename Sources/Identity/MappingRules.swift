public import Text

/// How certificates of one issuer name customers.
public struct MappingRule: Sendable, Hashable {
    /// When a certificate's issuer is the rule's.
    public enum IssuerMatching: Sendable, Hashable {
        /// The same DER, byte by byte.
        case exact
        /// The same `IssuerName.normalised`: for a CA that moves from PrintableString to UTF8String.
        case normalised
    }

    /// Where in a certificate the customer ID stands.
    public enum Source: Sendable, Hashable {
        /// An attribute of the subject.
        case attribute(oid: String)
        case alternativeName(AlternativeNameKind)
    }

    public enum Mode: Sendable, Hashable {
        /// The store knows each certificate by issuer and serial number; with `byFingerprint` it must also be
        /// the very certificate that was enrolled.
        case enrolled(byFingerprint: Bool)
        /// One value is the customer's ID, or holds it; with `foldsCase`, after a to z became A to Z.
        case subject(Source, pattern: IDPattern?, foldsCase: Bool)
    }

    public let issuer: IssuerName
    public let issuerMatching: IssuerMatching
    public let mode: Mode
    public let supersession: Supersession

    public init(
        issuer: IssuerName, issuerMatching: IssuerMatching = .exact, mode: Mode,
        supersession: Supersession = .never
    ) {
        self.issuer = issuer
        self.issuerMatching = issuerMatching
        self.mode = mode
        self.supersession = supersession
    }

    /// What issuers are told apart by under this rule; nil when that can't be read.
    var issuerKey: [UInt8]? {
        switch issuerMatching {
        case .exact: issuer.der
        case .normalised: issuer.normalised
        }
    }
}

/// An enrolled certificate as a look-up needs it.
public struct EnrolmentClaim: Sendable, Hashable {
    public let issuerSerialKey: [UInt8]
    /// That the enrolment must have; nil when issuer and serial number are enough.
    public let fingerprint: [UInt8]?

    public init(issuerSerialKey: [UInt8], fingerprint: [UInt8]? = nil) {
        self.issuerSerialKey = issuerSerialKey
        self.fingerprint = fingerprint
    }
}

/// Why a trusted certificate names no customer.
public enum MappingRefusal: String, Sendable, CaseIterable {
    /// No rule is about its issuer.
    case noRule
    case attributeAbsent
    /// The value is there more than once, in one relative name or in several.
    case attributeRepeated
    case stringType, undecodable, control
    case patternMismatch
    case notACustomerID
    /// Two rules name different customers.
    case rulesDisagree

    init(_ flaw: NameFlaw) {
        switch flaw {
        case .stringType: self = .stringType
        case .undecodable: self = .undecodable
        case .control: self = .control
        }
    }
}

public enum MappingOutcome: Sendable, Hashable {
    case customer(CustomerID)
    case enrolment(EnrolmentClaim)
    case refused(MappingRefusal)
}

/// What one rule made of a certificate.
public enum RuleFinding: Sendable, Hashable {
    case otherIssuer
    /// The certificate has no such value: the next rule is asked.
    case absent
    /// The value has another shape: the next rule is asked.
    case patternMismatch
    case names(CustomerID)
    case asksStore(EnrolmentClaim)
    case refuses(MappingRefusal)
}

/// The mapping rules in force.
///
/// Every rule of the certificate's issuer is asked, and all that apply must name one and the same customer;
/// whatever one of them finds wrong refuses the certificate. So the order of rules can hide nothing. Only
/// when no rule by subject applies is the store asked whether the certificate is enrolled.
public struct MappingRules: Sendable {
    public let rules: [MappingRule]
    /// Places in `rules` by the key of their issuer.
    private let exact: [[UInt8]: [Int]]
    private let normalised: [[UInt8]: [Int]]

    public init(_ rules: [MappingRule]) throws(MappingFaults) {
        let faults = Self.faults(in: rules)
        guard faults.isEmpty else { throw MappingFaults(faults: faults) }
        self.rules = rules
        exact = Self.places(of: rules, .exact)
        normalised = Self.places(of: rules, .normalised)
    }

    /// Exactly one customer, or a refusal: never a guess.
    public func evaluate(_ certificate: CertificateFacts) -> MappingOutcome {
        outcome(rulesAbout(certificate.issuer).map { finding(of: rules[$0], certificate) })
    }

    /// What each rule finds, in the order of the rules, and what comes of it.
    public func explain(_ certificate: CertificateFacts) -> (findings: [RuleFinding], outcome: MappingOutcome)
    {
        var findings = [RuleFinding](repeating: .otherIssuer, count: rules.count)
        let asked = rulesAbout(certificate.issuer)
        for index in asked { findings[index] = finding(of: rules[index], certificate) }
        return (findings, outcome(asked.map { findings[$0] }))
    }

    /// The policy for older certificates of an issuer, and what its certificates are told apart by; nil for
    /// an issuer without rules.
    public func supersession(of issuer: IssuerName) -> (policy: Supersession, issuerKey: [UInt8])? {
        guard let first = rulesAbout(issuer).first, let key = rules[first].issuerKey else { return nil }
        return (rules[first].supersession, key)
    }

    private func rulesAbout(_ issuer: IssuerName) -> [Int] {
        // One issuer's rules all compare its name the same way.
        if let places = exact[issuer.der] { return places }
        guard !normalised.isEmpty, let name = issuer.normalised else { return [] }
        return normalised[name] ?? []
    }

    private static func places(
        of rules: [MappingRule], _ matching: MappingRule.IssuerMatching
    ) -> [[UInt8]: [Int]] {
        let chosen = rules.indices.filter { rules[$0].issuerMatching == matching }
        return Dictionary(grouping: chosen) { rules[$0].issuerKey ?? [] }
    }

    private func finding(of rule: MappingRule, _ certificate: CertificateFacts) -> RuleFinding {
        switch rule.mode {
        case .enrolled(let byFingerprint):
            return .asksStore(
                EnrolmentClaim(
                    issuerSerialKey: certificate.issuerSerialKey,
                    fingerprint: byFingerprint ? certificate.fingerprint : nil))
        case .subject(let source, let pattern, let foldsCase):
            let values = certificate.values(of: source)
            guard let value = values.first else { return .absent }
            guard values.count == 1 else { return .refuses(.attributeRepeated) }
            if let flaw = value.flaw { return .refuses(MappingRefusal(flaw)) }
            guard let text = value.text else { return .refuses(.undecodable) }
            var part = text[...]
            if let pattern {
                guard let fitting = (foldsCase ? pattern.foldingCase : pattern)?.id(in: text) else {
                    return .patternMismatch
                }
                part = fitting
            }
            // An ID before it is folded: Unicode would fold ſ to S, ı to I and ﬁ to FI, into somebody else's
            // ID.
            guard let id = CustomerID(String(part)) else { return .refuses(.notACustomerID) }
            return .names(foldsCase ? id.uppercased : id)
        }
    }

    private func outcome(_ findings: [RuleFinding]) -> MappingOutcome {
        guard !findings.isEmpty else { return .refused(.noRule) }
        var named: CustomerID?
        var claim: EnrolmentClaim?
        var refusal = MappingRefusal.attributeAbsent
        for finding in findings {
            switch finding {
            case .refuses(let refusal): return .refused(refusal)
            case .names(let id):
                guard named == nil || named == id else { return .refused(.rulesDisagree) }
                named = id
            case .asksStore(let asked): claim = asked
            case .patternMismatch: refusal = .patternMismatch
            case .absent, .otherIssuer: break
            }
        }
        if let named { return .customer(named) }
        return claim.map { .enrolment($0) } ?? .refused(refusal)
    }
}

extension CertificateFacts {
    fileprivate func values(of source: MappingRule.Source) -> [NameValue] {
        switch source {
        case .attribute(let oid): subject.joined().filter { $0.oid == oid }.map(\.value)
        case .alternativeName(let kind): alternativeNames.filter { $0.kind == kind }.map(\.value)
        }
    }
}
