public import Text

/// Keeps partners that are registered while the program runs, and who changed what about them.
public protocol PartnerRepository: Sendable {
    /// Counts the changes; the partners are the same as long as it is.
    func partnerRevision() throws(ConsentStoreFault) -> Int

    /// All that was registered or removed here, by id.
    func storedPartners() throws(ConsentStoreFault) -> [StoredPartner]

    /// Keeps a partner in the place of the one with its id, and the change beside it; the next revision.
    func save(_ partner: StoredPartner) throws(ConsentStoreFault)

    /// The latest changes of one partner or of all, the newest first.
    func partnerChanges(_ id: String?, countMax: Int) throws(ConsentStoreFault) -> [StoredPartner]

    /// How many of a partner's grants are in force.
    func activeGrantCount(of partner: String, at now: WallTime) throws(ConsentStoreFault) -> Int
}

/// A partner as it was registered, or its removal.
public struct StoredPartner: Sendable, Hashable {
    public let id: String
    /// Nil when it was removed, which also hides a partner of the configuration file.
    public let document: String?
    public let changedAt: WallTime
    /// The operator's account.
    public let changedBy: String

    public init(id: String, document: String?, changedAt: WallTime, changedBy: String) {
        self.id = id
        self.document = document
        self.changedAt = changedAt
        self.changedBy = changedBy
    }
}

/// Secrets that all processes over one store share.
public protocol SecretRepository: Sendable {
    /// The secret of this name; `fresh`, from then on, when there is none yet.
    func secret(_ name: String, orElse fresh: [UInt8]) throws(ConsentStoreFault) -> [UInt8]
}
