/// What ends a grant before its 認可期間 does, by the institution's policy.
public enum GrantEnding: String, Sendable, Hashable, CaseIterable {
    /// The certificate it rests on is revoked.
    case certRevoked
    /// The customer is 利用停止 or 解約.
    case userSuspended
}

/// What the gateway knows of customers and their certificates.
public protocol StandingRepository: Sendable {
    /// What has befallen a customer, and the certificate of this SHA-256.
    ///
    /// - Throws: also when the gateway does not know the customer: then this is not its store, and nothing
    ///   may be concluded.
    func endings(
        of customer: String, certificate: [UInt8]?
    ) throws(ConsentStoreFault) -> Set<GrantEnding>
}
