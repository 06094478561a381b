public import Text

/// What ends a grant before its 認可期間 does, by the institution's policy.
public enum GrantEnding: String, Sendable, Hashable, CaseIterable {
    /// The certificate it rests on is revoked.
    case certRevoked
    /// The customer is 解約, or 利用停止 by the institution.
    case userSuspended
    /// The customer is 利用停止 by wrong passwords, which anybody can type who knows the ID.
    case passwordLockout
    /// The password was changed after the login that the grant rests on.
    case passwordChange

    /// Whether a customer whom it has befallen can allow nothing, whatever the policy says of grants.
    public var forbidsConsent: Bool {
        switch self {
        case .certRevoked, .userSuspended, .passwordLockout: true
        case .passwordChange: false
        }
    }
}

/// What the gateway knows of customers and their certificates.
public protocol StandingRepository: Sendable {
    /// What has befallen a customer, and the certificate of this SHA-256, since a login.
    ///
    /// - Throws: also when the gateway does not know the customer: then this is not its store, and nothing
    ///   may be concluded.
    func endings(
        of customer: String, certificate: [UInt8]?, authenticatedAt login: WallTime
    ) throws(ConsentStoreFault) -> Set<GrantEnding>
}
