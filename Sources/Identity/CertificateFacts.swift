public import Text

/// Why a value of a certificate may not name a customer.
public enum NameFlaw: String, Sendable, Hashable, CaseIterable {
    /// Teletex, BMP, Universal or no string at all: programs disagree on what such values say.
    case stringType
    /// Bytes that its string type does not allow.
    case undecodable
    /// NUL or another control character.
    case control
}

/// A value of a name as a mapping sees it: its text as far as it can be read, and what stands against it.
public struct NameValue: Sendable, Hashable {
    /// Nil when the bytes can't be read as text without doubt.
    public let text: String?
    /// Nil when the value may name a customer.
    public let flaw: NameFlaw?

    public init(_ text: String) {
        self.text = text
        flaw = nil
    }

    public init(_ text: String?, flaw: NameFlaw) {
        self.text = text
        self.flaw = flaw
    }
}

/// One attribute of a subject's or issuer's name.
public struct NameFact: Sendable, Hashable {
    public let oid: String
    public let value: NameValue

    public init(oid: String, _ value: NameValue) {
        self.oid = oid
        self.value = value
    }
}

/// A kind of subject alternative name that may hold a customer ID.
public enum AlternativeNameKind: String, Sendable, Hashable, CaseIterable {
    case email
    case uri
    /// The otherName 1.3.6.1.4.1.311.20.2.3.
    case userPrincipalName
}

/// One subject alternative name.
public struct AlternativeNameFact: Sendable, Hashable {
    public let kind: AlternativeNameKind
    public let value: NameValue

    public init(_ kind: AlternativeNameKind, _ value: NameValue) {
        self.kind = kind
        self.value = value
    }
}

/// An issuer's name: its DER, and what the DER says.
public struct IssuerName: Sendable, Hashable {
    public let der: [UInt8]
    public let relativeNames: [[NameFact]]

    public init(der: [UInt8], relativeNames: [[NameFact]]) {
        self.der = der
        self.relativeNames = relativeNames
    }
}

/// What a mapping looks at in a certificate, once it is trusted.
public struct CertificateFacts: Sendable, Hashable {
    public let issuer: IssuerName
    /// SHA-256 of issuer name and serial number: never the serial number alone, which two CAs may both use.
    public let issuerSerialKey: [UInt8]
    /// SHA-256 of the certificate.
    public let fingerprint: [UInt8]
    /// The subject's relative names, each with its attributes.
    public let subject: [[NameFact]]
    public let alternativeNames: [AlternativeNameFact]
    public let notBefore: WallTime

    public init(
        issuer: IssuerName, issuerSerialKey: [UInt8], fingerprint: [UInt8], subject: [[NameFact]],
        alternativeNames: [AlternativeNameFact] = [], notBefore: WallTime
    ) {
        self.issuer = issuer
        self.issuerSerialKey = issuerSerialKey
        self.fingerprint = fingerprint
        self.subject = subject
        self.alternativeNames = alternativeNames
        self.notBefore = notBefore
    }
}
