public import Text

/// An API連携先 as it is registered: an OAuth client that authenticates with its certificate.
public struct Partner: Sendable, Hashable {
    /// `client_id`.
    public let id: String
    /// ⟨API連携先サービス名⟩
    public let name: String
    /// ⟨提供会社名⟩
    public let company: String
    /// Compared byte for byte (RFC 9700 §2.1).
    public let redirectURIs: [String]
    /// The most it may be allowed.
    public let scopes: Scopes
    /// Length of the 認可期間, counting the day of 許可.
    public let consentDays: Int
    public let authentication: PartnerAuthentication
    /// Whether it must push its authorization requests (RFC 9126 §6).
    public let requiresPushedRequests: Bool

    public init(
        id: String, name: String, company: String, redirectURIs: [String], scopes: Scopes, consentDays: Int,
        authentication: PartnerAuthentication, requiresPushedRequests: Bool = false
    ) {
        self.id = id
        self.name = name
        self.company = company
        self.redirectURIs = redirectURIs
        self.scopes = scopes
        self.consentDays = consentDays
        self.authentication = authentication
        self.requiresPushedRequests = requiresPushedRequests
    }
}

/// How a partner's certificate is recognised (`tls_client_auth`, RFC 8705 §2.1). The gateway has
/// verified its chain.
public enum PartnerAuthentication: Sendable, Hashable {
    case subject(SubjectName)
    /// SHA-256 of the certificate's DER.
    case fingerprint([UInt8])

    /// Whether this is the certificate of the partner.
    public func accepts(_ certificate: PartnerCertificate) -> Bool {
        switch self {
        case .subject(let subject): certificate.subject == subject
        case .fingerprint(let fingerprint): certificate.fingerprint == fingerprint
        }
    }
}

/// The certificate a partner showed to the gateway.
public struct PartnerCertificate: Sendable, Hashable {
    /// SHA-256 of the certificate's DER, `x5t#S256`.
    public let fingerprint: [UInt8]
    /// Nil when its subject cannot be read; then no rule about subjects accepts it.
    public let subject: SubjectName?

    public init(fingerprint: [UInt8], subject: SubjectName?) {
        self.fingerprint = fingerprint
        self.subject = subject
    }
}

/// The registered partners.
public struct PartnerRegistry: Sendable {
    private let partners: [String: Partner]

    /// Of two partners with one id, the first stays.
    public init(_ partners: [Partner]) {
        self.partners = Dictionary(partners.map { ($0.id, $0) }) { first, _ in first }
    }

    public subscript(id: String) -> Partner? { partners[id] }
}
