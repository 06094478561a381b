public import Text

/// What is to be thought of a peer, from the certificates it presented.
public enum PeerVerdict: Sendable {
    /// It presented none.
    case absent
    case trusted(PeerIdentity)
    case refused(RefusalReason, leaf: Certificate?)
}

/// Who a peer has proved to be. Only `TrustEpoch.judge` makes one.
public struct PeerIdentity: Sendable {
    public let leaf: Certificate
    /// The path that was verified: leaf first, anchor last.
    public let chain: [Certificate]
    /// The epoch it was judged under.
    public let epoch: TrustEpochNumber

    /// How sure it is that nothing on the path is revoked.
    public let revocation: Revocation
    private let revocationAnswerUntil: WallTime

    /// What the store's CRLs have said.
    public enum Revocation: String, Sendable, Hashable {
        /// The policy does not ask.
        case notAsked
        case known
        /// At least one answer is missing or past its time, and the policy tolerates that.
        case tolerated
    }

    /// When the first certificate of the path expires, or the first of the CRLs that were asked: a verdict
    /// must not be kept for longer.
    public var validUntil: WallTime {
        min(chain.map(\.notAfter).min() ?? leaf.notAfter, revocationAnswerUntil)
    }

    init(
        leaf: Certificate, chain: [Certificate], epoch: TrustEpochNumber, revocation: Revocation,
        revocationAnswerUntil: WallTime
    ) {
        self.revocation = revocation
        self.revocationAnswerUntil = revocationAnswerUntil
        self.leaf = leaf
        self.chain = chain
        self.epoch = epoch
    }
}

/// Counts the epochs of one trust store; a later epoch has a higher number.
public struct TrustEpochNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: TrustEpochNumber, b: TrustEpochNumber) -> Bool {
        a.value < b.value
    }

    public var description: String { String(value) }
}
