public import Text

/// The certificate a partner showed to the gateway.
public struct PartnerCertificate: Sendable, Hashable {
    /// SHA-256 of the certificate's DER, `x5t#S256`.
    public let fingerprint: [UInt8]
    /// Nil when its subject cannot be read; then no rule about subjects accepts it.
    public let subject: SubjectName?
    /// Of its subjectAltName, those that a partner can be registered by.
    public var alternativeNames: [AlternativeName]

    public init(fingerprint: [UInt8], subject: SubjectName?, alternativeNames: [AlternativeName] = []) {
        self.fingerprint = fingerprint
        self.subject = subject
        self.alternativeNames = alternativeNames
    }
}

/// A name in a certificate's subjectAltName (RFC 5280 §4.2.1.6).
public enum AlternativeName: Sendable, Hashable {
    case dns(String)
    case uri(String)
    case email(String)
    /// 4 or 16 bytes, network order.
    case address([UInt8])

    /// Whether both mean the same: letters of host names have no case, everything else is compared byte for
    /// byte. No wildcards: a partner is one party.
    public func matches(_ other: AlternativeName) -> Bool {
        switch (self, other) {
        case (.dns(let a), .dns(let b)): a.asciiLowercased == b.asciiLowercased
        case (.uri(let a), .uri(let b)): a == b
        case (.address(let a), .address(let b)): a == b
        case (.email(let a), .email(let b)): Self.mailbox(a) == Self.mailbox(b)
        default: false
        }
    }

    /// RFC 5321 §2.4: only the domain's letters have no case.
    private static func mailbox(_ text: String) -> String {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return text }
        return text[..<at] + String(text[at...]).asciiLowercased
    }
}

/// How a partner proves who it is.
public enum PartnerAuthentication: Sendable, Hashable {
    /// The subject of its certificate: `tls_client_auth_subject_dn` (RFC 8705 §2.1.2). The gateway has
    /// verified the chain.
    case subject(SubjectName)
    /// A name in its certificate: `tls_client_auth_san_…`.
    case alternativeName(AlternativeName)
    /// This very certificate, by SHA-256 of its DER.
    case fingerprint([UInt8])
    /// A statement it signs: `private_key_jwt` (RFC 7523 §2.2). Its keys are kept elsewhere; its certificate
    /// may be any that the gateway accepts, and tokens are bound to it.
    case signedAssertion

    /// Whether this is the certificate of the partner. Nobody is known by certificate who signs.
    public func accepts(_ certificate: PartnerCertificate) -> Bool {
        switch self {
        case .subject(let subject): certificate.subject == subject
        case .alternativeName(let name): certificate.alternativeNames.contains(where: name.matches)
        case .fingerprint(let fingerprint): certificate.fingerprint == fingerprint
        case .signedAssertion: false
        }
    }

    /// `token_endpoint_auth_method` (RFC 7591 §2).
    public var method: String {
        self == .signedAssertion ? "private_key_jwt" : "tls_client_auth"
    }
}

extension String {
    /// With A–Z as a–z and nothing else changed.
    fileprivate var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
