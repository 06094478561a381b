public import Text

/// An access token as the store knows it: by its hash, bound to the certificate of the partner that fetched
/// it.
public struct AccessToken: Sendable, Hashable {
    /// SHA-256 of the token.
    public let hash: [UInt8]
    public let grant: GrantID
    public let partner: String
    public let scopes: Scopes
    /// SHA-256 of the partner's certificate: `cnf.x5t#S256` (RFC 8705 §3.1).
    public let certificateFingerprint: [UInt8]
    public let expiresAt: WallTime

    public init(
        hash: [UInt8], grant: GrantID, partner: String, scopes: Scopes, certificateFingerprint: [UInt8],
        expiresAt: WallTime
    ) {
        self.hash = hash
        self.grant = grant
        self.partner = partner
        self.scopes = scopes
        self.certificateFingerprint = certificateFingerprint
        self.expiresAt = expiresAt
    }

    /// A token for all that `grant` allows or for `scopes` of it, and not for longer.
    public init(
        hash: [UInt8], grant: Grant, scopes: Scopes? = nil, certificate: PartnerCertificate, at now: WallTime,
        lifetimes: Lifetimes
    ) {
        self.init(
            hash: hash, grant: grant.id, partner: grant.partner, scopes: scopes ?? grant.scopes,
            certificateFingerprint: certificate.fingerprint,
            expiresAt: min(now.adding(seconds: Int64(lifetimes.accessTokenSeconds)), grant.period.until))
    }

    /// Judges the token for one access. The grant is asked anew each time, so that 解除 works at once.
    public func admits(
        _ scope: Scope, grant: Grant, certificate: PartnerCertificate, at now: WallTime
    ) throws(ResourceError) {
        guard now < expiresAt, grant.isInForce(at: now), certificate.fingerprint == certificateFingerprint
        else {
            throw .invalidToken
        }
        guard scopes.contains(scope), grant.scopes.contains(scope) else { throw .insufficientScope }
    }
}
