public import Text

/// A code as the store knows it: by its hash, bound to everything the token request must repeat or prove.
public struct AuthorizationCode: Sendable, Hashable {
    /// SHA-256 of the code.
    public let hash: [UInt8]
    public let grant: GrantID
    public let partner: String
    public let redirectURI: String
    public let challenge: CodeChallenge
    public let expiresAt: WallTime

    public init(
        hash: [UInt8], grant: GrantID, partner: String, redirectURI: String, challenge: CodeChallenge,
        expiresAt: WallTime
    ) {
        self.hash = hash
        self.grant = grant
        self.partner = partner
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.expiresAt = expiresAt
    }

    /// A code for what the customer has just granted.
    public init(
        hash: [UInt8], request: AuthorizationRequest, grant: GrantID, at now: WallTime, lifetimes: Lifetimes
    ) {
        self.init(
            hash: hash, grant: grant, partner: request.partner, redirectURI: request.redirectURI,
            challenge: request.challenge, expiresAt: now.adding(seconds: Int64(lifetimes.codeSeconds)))
    }

    /// Whether the request repeats and proves what the code is bound to. `verifierDigest` is SHA-256 of its
    /// verifier.
    public func admits(_ request: CodeRequest, verifierDigest: [UInt8]) -> Bool {
        request.partner == partner && request.redirectURI == redirectURI && verifierDigest == challenge.digest
    }
}
