public import Text

/// The store cannot answer. What was asked for has either happened as a whole or not at all.
public struct ConsentStoreFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// For the operator.
    public let detail: String
    /// Whether waiting does not help: what is stored, or the program, is wrong.
    public let isLasting: Bool

    public init(_ detail: String, isLasting: Bool = false) {
        self.detail = detail
        self.isLasting = isLasting
    }

    public var description: String { "consent store: \(detail)" }
}

/// Keeps flows.
public protocol FlowRepository: Sendable {
    /// Stores a new flow. Other waiting flows of the customer end as superseded.
    func begin(_ flow: ConsentFlow) throws(ConsentStoreFault)

    func flow(_ id: FlowID) throws(ConsentStoreFault) -> ConsentFlow?

    /// Stores `flow` if the stored revision is still `revision`; false when another event came first.
    func save(_ flow: ConsentFlow, replacing revision: Int) throws(ConsentStoreFault) -> Bool

    /// The same, and in the same transaction stores the grant and its code, and ends the customer's other
    /// grants for the partner, with their tokens.
    func conclude(
        _ flow: ConsentFlow, replacing revision: Int, grant: Grant, code: AuthorizationCode
    ) throws(ConsentStoreFault) -> Bool

    /// Removes up to `countMax` flows, codes and tokens each that ended before `moment`, and notices of a
    /// year before it.
    func removeRemains(before moment: WallTime, countMax: Int) throws(ConsentStoreFault)
}

/// Keeps grants.
public protocol GrantRepository: Sendable {
    func grant(_ id: GrantID) throws(ConsentStoreFault) -> Grant?

    /// All grants of a customer, the newest first.
    func grants(of customer: String) throws(ConsentStoreFault) -> [Grant]

    /// Ends an active grant, and its tokens with it; false when it is not active.
    func end(_ id: GrantID, as status: GrantStatus) throws(ConsentStoreFault) -> Bool
}

/// Keeps authorization requests that partners have pushed.
public protocol PushedRequestRepository: Sendable {
    func push(_ request: PushedRequest) throws(ConsentStoreFault)

    func pushedRequest(hash: [UInt8]) throws(ConsentStoreFault) -> PushedRequest?

    /// ``FlowRepository/begin(_:)``, for a flow that answers a pushed request. When one such flow gets its
    /// answer, the others end as superseded and no more can begin: then this is false.
    func begin(_ flow: ConsentFlow, answering hash: [UInt8]) throws(ConsentStoreFault) -> Bool
}

/// Remembers the signed assertions of partners for as long as they could be used again.
public protocol ClientAssertionRepository: Sendable {
    /// False when the hash is remembered already.
    func remember(
        assertion hash: [UInt8], until moment: WallTime
    ) throws(ConsentStoreFault) -> Bool
}

/// Keeps codes, access tokens and refresh tokens.
public protocol TokenRepository: Sendable {
    /// Spends a code and stores what `issue` makes of it, in one transaction. A second use of a code
    /// ends its grant and tokens. A code of another partner is left alone and unknown.
    func redeem(
        codeHash: [UInt8], partner: String, at now: WallTime,
        issue: (AuthorizationCode, Grant) -> IssuedTokens?
    ) throws(ConsentStoreFault) -> Redemption

    /// Stores the access token that `issue` makes of a refresh token, and that this one was used. At most
    /// `countMax` access tokens of a grant are kept; the oldest go first. A token of another partner is
    /// unknown.
    func refresh(
        tokenHash: [UInt8], partner: String, countMax: Int, at now: WallTime,
        issue: (RefreshToken, Grant) throws(TokenError) -> AccessToken
    ) throws(ConsentStoreFault) -> Refreshment

    /// An access token with its grant.
    func token(hash: [UInt8]) throws(ConsentStoreFault) -> (token: AccessToken, grant: Grant)?

    /// A refresh token with its grant.
    func refreshToken(hash: [UInt8]) throws(ConsentStoreFault) -> (token: RefreshToken, grant: Grant)?

    /// Removes a partner's access token, or ends the grant of its refresh token with all that came of it
    /// (RFC 7009 §2.1). A token of another partner is left alone and unknown.
    func revoke(tokenHash: [UInt8], partner: String) throws(ConsentStoreFault) -> Revocation
}

/// What became of a code.
public enum Redemption: Sendable, Hashable {
    case issued(IssuedTokens, Grant)
    /// Spent, but the request did not prove what the code is bound to, or the grant has ended.
    case refused(GrantID)
    /// Used before; its grant and tokens are ended.
    case usedBefore(GrantID)
    case expired(GrantID)
    case unknown
}

/// What became of the use of a refresh token.
public enum Refreshment: Sendable, Hashable {
    case issued(AccessToken, Grant)
    case refused(TokenError, GrantID)
    case unknown
}

/// What was revoked.
public enum Revocation: Sendable, Hashable {
    case accessToken(GrantID)
    case refreshToken(GrantID)
    case unknown
}
