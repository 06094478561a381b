public import Text

/// An authorization request that a partner has pushed (RFC 9126), as the store knows it.
///
/// It may be opened more than once, by a page that is loaded ahead or again, and begins a flow each time; but
/// only one flow can end in 許可 or 拒否 (RFC 9126 §4, FAPI 2.0 §5.3.2.2 note 3).
public struct PushedRequest: Sendable, Hashable {
    /// SHA-256 of the reference in its `request_uri`.
    public let hash: [UInt8]
    public let request: AuthorizationRequest
    public let expiresAt: WallTime
    /// Whether a customer has answered it.
    public let isAnswered: Bool

    public init(hash: [UInt8], request: AuthorizationRequest, expiresAt: WallTime, isAnswered: Bool = false) {
        self.hash = hash
        self.request = request
        self.expiresAt = expiresAt
        self.isAnswered = isAnswered
    }

    /// Whether `partner` may begin a flow with it now. What it asks for is held against the registration
    /// again, which may have changed.
    public func isOpen(for partner: Partner, at now: WallTime) -> Bool {
        request.partner == partner.id && !isAnswered && now < expiresAt
            && partner.redirectURIs.contains(request.redirectURI)
            && request.scopes.isSubset(of: partner.scopes)
    }

    /// What stands in front of a reference in `request_uri` (RFC 9126 §2.2).
    public static let uriPrefix = "urn:ietf:params:oauth:request_uri:"
}
