/// One attribute of a subject: its type and its text, nil when it can't be read as text without doubt.
public struct NameFact: Sendable, Hashable {
    public let oid: String
    public let value: String?

    public init(oid: String, value: String?) {
        self.oid = oid
        self.value = value
    }
}

/// What a mapping looks at in a certificate, once it is trusted.
public struct CertificateFacts: Sendable, Hashable {
    /// DER of the issuer's name.
    public let issuer: [UInt8]
    /// SHA-256 of issuer name and serial number.
    public let issuerSerialKey: [UInt8]
    public let fingerprint: [UInt8]
    /// The subject's relative names, each with its attributes.
    public let subject: [[NameFact]]

    public init(issuer: [UInt8], issuerSerialKey: [UInt8], fingerprint: [UInt8], subject: [[NameFact]]) {
        self.issuer = issuer
        self.issuerSerialKey = issuerSerialKey
        self.fingerprint = fingerprint
        self.subject = subject
    }
}

/// How one issuer's certificates name customers.
public struct MappingRule: Sendable, Hashable {
    public enum Mode: Sendable, Hashable {
        /// The store knows each certificate by issuer and serial number.
        case enrolled
        /// One subject attribute is the customer's ID; with `foldsCase`, after a to z became A to Z.
        case subject(oid: String, foldsCase: Bool)
    }

    /// DER of the issuer's name.
    public let issuer: [UInt8]
    public let mode: Mode

    public init(issuer: [UInt8], mode: Mode) {
        self.issuer = issuer
        self.mode = mode
    }
}

/// Two rules that could both apply; the positions in the list.
public struct MappingFault: Error, Sendable, Hashable {
    public let first: Int
    public let second: Int

    public init(first: Int, second: Int) {
        self.first = first
        self.second = second
    }
}

/// Why a trusted certificate names no customer.
public enum MappingRefusal: String, Sendable, CaseIterable {
    case noRule, attributeAbsent, attributeRepeated, attributeUndecodable, notACustomerID
}

public enum MappingOutcome: Sendable, Hashable {
    case customer(CustomerID)
    case enrolment(issuerSerialKey: [UInt8])
    case refused(MappingRefusal)
}

/// The mapping rules in force: one per issuer, so that two can never disagree at a login.
public struct MappingRules: Sendable {
    private let rules: [[UInt8]: MappingRule.Mode]

    public init(_ rules: [MappingRule]) throws(MappingFault) {
        var byIssuer: [[UInt8]: MappingRule.Mode] = [:]
        for (index, rule) in rules.enumerated() {
            if byIssuer.updateValue(rule.mode, forKey: rule.issuer) != nil {
                let first = rules.firstIndex { $0.issuer == rule.issuer } ?? index
                throw MappingFault(first: first, second: index)
            }
        }
        self.rules = byIssuer
    }

    /// Exactly one readable value, or a refusal: never a guess.
    public func evaluate(_ certificate: CertificateFacts) -> MappingOutcome {
        switch rules[certificate.issuer] {
        case nil: return .refused(.noRule)
        case .enrolled: return .enrolment(issuerSerialKey: certificate.issuerSerialKey)
        case .subject(let oid, let foldsCase):
            let values = certificate.subject.joined().filter { $0.oid == oid }
            guard let fact = values.first else { return .refused(.attributeAbsent) }
            guard values.count == 1 else { return .refused(.attributeRepeated) }
            guard let value = fact.value else { return .refused(.attributeUndecodable) }
            // An ID before it is folded: Unicode would fold ſ to S, ı to I and ﬁ to FI, into somebody else's
            // ID.
            guard let id = CustomerID(value) else { return .refused(.notACustomerID) }
            return .customer(foldsCase ? id.uppercased : id)
        }
    }
}
