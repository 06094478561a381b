public import Text

/// A refresh token as the store knows it: by its hash, bound to a partner and a grant.
///
/// It is sender-constrained by the partner's authentication and not rotated (RFC 9700 §4.14.2; FAPI 2.0
/// §5.3.2.1 forbids rotation), so that a partner that loses an answer loses no consent. Not bound to the
/// certificate, which a partner renews while its grants go on.
public struct RefreshToken: Sendable, Hashable {
    /// SHA-256 of the token.
    public let hash: [UInt8]
    public let grant: GrantID
    public let partner: String
    public let scopes: Scopes
    public let usedAt: WallTime

    public init(hash: [UInt8], grant: GrantID, partner: String, scopes: Scopes, usedAt: WallTime) {
        self.hash = hash
        self.grant = grant
        self.partner = partner
        self.scopes = scopes
        self.usedAt = usedAt
    }

    /// When it is good no more unless it is used before: after the idle time, and with the 認可期間 at the
    /// latest.
    public func expiry(of grant: Grant, _ lifetimes: Lifetimes) -> WallTime {
        min(usedAt.adding(seconds: Int64(lifetimes.refreshIdleSeconds)), grant.period.until)
    }

    public func isGood(for grant: Grant, at now: WallTime, _ lifetimes: Lifetimes) -> Bool {
        grant.isInForce(at: now) && now < expiry(of: grant, lifetimes)
    }
}

/// What a code is exchanged for.
public struct IssuedTokens: Sendable, Hashable {
    public let access: AccessToken
    public let refresh: RefreshToken?

    public init(access: AccessToken, refresh: RefreshToken?) {
        self.access = access
        self.refresh = refresh
    }
}
