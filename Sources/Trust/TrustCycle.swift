/// The life of one trust store: which epoch is in force, what is staged to replace it, and what may happen
/// next.
///
/// Nothing becomes an epoch without having been judged against the certificates lately seen: `commit` and
/// `rollBack` ask for a review, and only its result leads to a record in the store, and only the record to
/// another epoch in force. Whatever goes wrong on the way leaves the epoch in force as it was, and what was
/// staged staged.
public struct TrustCycle: Sendable, Hashable {
    /// The epoch that certificates are judged under.
    public private(set) var inForce: EpochMark
    /// The content hash of what waits to be committed.
    public private(set) var staged: [UInt8]?
    public private(set) var phase = Phase.idle
    private var lastTicket: UInt64 = 0

    /// What is being worked on.
    public enum Phase: Sendable, Hashable {
        case idle
        /// The certificates lately seen are judged under the change.
        case reviewing(TrustChange)
        /// The store is asked to record the change as the next epoch.
        case recording(TrustChange)
    }

    public init(inForce: EpochMark) {
        self.inForce = inForce
    }

    /// Takes the place of whatever was staged before.
    public mutating func stage(_ contentHash: [UInt8]) throws(TrustRefusal) {
        guard phase == .idle else { throw .busy }
        guard contentHash != inForce.contentHash else { throw .unchanged(inForce: inForce.number) }
        staged = contentHash
    }

    /// Drops what is staged.
    public mutating func abort() throws(TrustRefusal) {
        guard phase == .idle else { throw .busy }
        guard staged != nil else { throw .nothingStaged }
        staged = nil
    }

    /// Asks for a review of what is staged; `reviewed` goes on.
    public mutating func commit(on condition: CommitCondition) throws(TrustRefusal) -> TrustChange {
        guard phase == .idle else { throw .busy }
        guard let staged else { throw .nothingStaged }
        guard staged.starts(with: condition.ifContent) else { throw .contentMoved(staged: staged) }
        return try begin(.commit, staged, condition)
    }

    /// Asks for a review of an earlier epoch's content; `reviewed` goes on. What is staged stays staged.
    public mutating func rollBack(
        to epoch: EpochMark, on condition: CommitCondition
    ) throws(TrustRefusal) -> TrustChange {
        guard phase == .idle else { throw .busy }
        guard epoch.contentHash != inForce.contentHash else { throw .unchanged(inForce: inForce.number) }
        return try begin(.rollBack(to: epoch.number), epoch.contentHash, condition)
    }

    /// The review is done: the change may be recorded, unless it locks out more than was allowed.
    public mutating func reviewed(_ change: TrustChange, lockouts: Int) throws(TrustRefusal) {
        guard phase == .reviewing(change) else { throw .epochMoved(inForce: inForce.number) }
        guard lockouts <= change.condition.lockoutsMax else {
            phase = .idle
            throw .lockouts(count: lockouts, allowed: change.condition.lockoutsMax)
        }
        phase = .recording(change)
    }

    /// The store has recorded the change under `number`: it is in force.
    public mutating func recorded(_ change: TrustChange, as number: UInt64) {
        guard phase == .recording(change) else { return }
        phase = .idle
        putInForce(EpochMark(number: number, contentHash: change.contentHash))
        if change.kind == .commit { staged = nil }
    }

    /// The review or the record could not be made.
    public mutating func failed(_ change: TrustChange) {
        if phase == .reviewing(change) || phase == .recording(change) { phase = .idle }
    }

    /// Another gateway has put an epoch in force. A review that is under way was made against another one and
    /// counts for nothing; a record that is under way is for the store to refuse.
    public mutating func superseded(by epoch: EpochMark) {
        guard epoch.number > inForce.number else { return }
        putInForce(epoch)
        if case .reviewing = phase { phase = .idle }
    }

    private mutating func begin(
        _ kind: TrustChange.Kind, _ contentHash: [UInt8], _ condition: CommitCondition
    ) throws(TrustRefusal) -> TrustChange {
        if let expected = condition.ifEpoch, expected != inForce.number {
            throw .epochMoved(inForce: inForce.number)
        }
        lastTicket += 1
        let change = TrustChange(
            ticket: lastTicket, kind: kind, contentHash: contentHash, replacing: inForce.number,
            condition: condition)
        phase = .reviewing(change)
        return change
    }

    private mutating func putInForce(_ epoch: EpochMark) {
        guard epoch.number >= inForce.number else { return }
        inForce = epoch
        // What is in force need not be committed any more.
        if staged == epoch.contentHash { staged = nil }
    }
}

/// An epoch by number and content.
public struct EpochMark: Sendable, Hashable {
    /// Counts from 1 in each trust store and never starts anew.
    public let number: UInt64
    /// SHA-256 over everything that decides.
    public let contentHash: [UInt8]

    public init(number: UInt64, contentHash: [UInt8]) {
        self.number = number
        self.contentHash = contentHash
    }
}

/// One change of the epoch in force, from the command to its end.
public struct TrustChange: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case commit
        case rollBack(to: UInt64)
    }

    /// Tells one change from another of the same content.
    let ticket: UInt64
    public let kind: Kind
    public let contentHash: [UInt8]
    /// The epoch that was in force when the review began: the store records the change only over this one.
    public let replacing: UInt64
    public let condition: CommitCondition
}

/// What must hold for a change to be made.
public struct CommitCondition: Sendable, Hashable {
    /// The epoch that whoever commits has looked at; nil for any.
    public let ifEpoch: UInt64?
    /// The first bytes of the content hash that whoever commits has reviewed: somebody else may have staged
    /// something since. Empty for any; a rollback names its content itself.
    public let ifContent: [UInt8]
    /// So many of the certificates lately seen may be locked out.
    public let lockoutsMax: Int

    public init(ifEpoch: UInt64? = nil, ifContent: [UInt8] = [], lockoutsMax: Int = 0) {
        self.ifEpoch = ifEpoch
        self.ifContent = ifContent
        self.lockoutsMax = max(0, lockoutsMax)
    }
}

/// Why a command on a trust store was not carried out. Nothing has changed then.
public enum TrustRefusal: Error, Sendable, Hashable {
    case nothingStaged
    /// It is what is in force already.
    case unchanged(inForce: UInt64)
    /// Another change is being reviewed or recorded.
    case busy
    /// The epoch in force is not the one that was asked for, or has changed during the review.
    case epochMoved(inForce: UInt64)
    /// What is staged is not what was reviewed.
    case contentMoved(staged: [UInt8])
    case lockouts(count: Int, allowed: Int)

    /// Short and stable, for scripts and audit records.
    public var code: String {
        switch self {
        case .nothingStaged: "nothingStaged"
        case .unchanged: "unchanged"
        case .busy: "busy"
        case .epochMoved: "epochMoved"
        case .contentMoved: "contentMoved"
        case .lockouts: "lockouts"
        }
    }
}
