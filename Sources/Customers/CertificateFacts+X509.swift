import Crypto
public import Identity
public import X509

extension CertificateFacts {
    /// What a mapping looks at, of a certificate that is trusted.
    public init(_ certificate: Certificate) {
        self.init(
            issuer: IssuerName(certificate.issuer), issuerSerialKey: certificate.issuerSerialKey.bytes,
            fingerprint: certificate.fingerprint.bytes, subject: facts(of: certificate.subject),
            alternativeNames: certificate.subjectAlternativeNames.compactMap(AlternativeNameFact.init),
            notBefore: certificate.notBefore)
    }
}

extension IssuerName {
    public init(_ name: DistinguishedName) {
        self.init(der: name.der, relativeNames: facts(of: name))
    }
}

private func facts(of name: DistinguishedName) -> [[NameFact]] {
    name.relativeNames.map { attributes in
        attributes.map { NameFact(oid: $0.oid, NameValue($0)) }
    }
}

extension NameValue {
    fileprivate init(_ attribute: NameAttribute) {
        switch attribute.flaw {
        case .stringType: self.init(attribute.value, flaw: .stringType)
        case .undecodable: self.init(nil, flaw: .undecodable)
        case .control: self.init(nil, flaw: .control)
        case nil: self = attribute.value.map { NameValue($0) } ?? NameValue(nil, flaw: .undecodable)
        }
    }
}

extension AlternativeNameFact {
    /// Nil for a kind of name that no mapping looks at. One that can't be used is a fact all the same: it is
    /// not absent.
    fileprivate init?(_ name: SubjectAlternativeName) {
        switch name {
        case .email(let text): self.init(.email, NameValue(text))
        case .uri(let text): self.init(.uri, NameValue(text))
        case .unusable(1, let raw): self.init(.email, NameValue(nil, flaw: Self.flaw(of: raw)))
        case .unusable(6, let raw): self.init(.uri, NameValue(nil, flaw: Self.flaw(of: raw)))
        case .dns, .ip, .unusable: return nil
        case .other:
            guard let attribute = name.userPrincipalName else { return nil }
            self.init(.userPrincipalName, NameValue(attribute))
        }
    }

    private static func flaw(of raw: [UInt8]) -> NameFlaw {
        raw.contains { $0 < 0x20 || $0 == 0x7F } ? .control : .undecodable
    }
}
