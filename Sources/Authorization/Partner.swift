/// An API連携先 as it is registered: a confidential OAuth client.
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
    public let profile: Profile
    /// Whether it must push its authorization requests (RFC 9126 §6).
    public let requiresPushedRequests: Bool
    /// Whether it gets a refresh token with its first access token.
    public let getsRefreshTokens: Bool
    public let lifetimes: Lifetimes
    /// Whether its customers choose the 業務 (認可業務選択), or allow all that is asked for or nothing.
    public let choosesScopes: Bool
    /// Whether it may send customers here. One that may not goes on with the consents it has.
    public let mayAskForConsent: Bool

    /// What the profile demands holds, whatever the arguments say.
    public init(
        id: String, name: String, company: String, redirectURIs: [String], scopes: Scopes, consentDays: Int,
        authentication: PartnerAuthentication, profile: Profile = .bcp, requiresPushedRequests: Bool = false,
        getsRefreshTokens: Bool = true, choosesScopes: Bool = true, mayAskForConsent: Bool = true,
        lifetimes: Lifetimes = Lifetimes()
    ) {
        self.id = id
        self.name = name
        self.company = company
        self.redirectURIs = redirectURIs
        self.scopes = scopes
        self.consentDays = consentDays
        self.authentication = authentication
        self.profile = profile
        self.requiresPushedRequests = requiresPushedRequests || profile == .fapi2
        self.getsRefreshTokens = getsRefreshTokens
        self.choosesScopes = choosesScopes
        self.mayAskForConsent = mayAskForConsent
        var lifetimes = lifetimes
        if profile == .fapi2 { lifetimes.codeSeconds = min(lifetimes.codeSeconds, 60) }
        self.lifetimes = lifetimes
    }
}

/// By which rules a partner works. What one forbids and the other leaves open, we forbid in both where no
/// partner needs it: PKCE is always S256, tokens are always bound to a certificate.
public enum Profile: String, Sendable, Hashable, CaseIterable {
    /// RFC 6749 as RFC 9700, the best current practice, wants it.
    case bcp
    /// FAPI 2.0 Security Profile: requests are pushed, codes live a minute at most, and the audience of an
    /// assertion is the issuer as a plain string.
    case fapi2
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
