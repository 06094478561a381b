public import Identity
public import Text

/// The epochs of all trust stores. Calls may block; they belong on a blocking pool.
public protocol EpochRepository: Sendable {
    /// The number in force of every store that has one: cheap, to be asked once a second.
    func numbersInForce() throws(StoreFault) -> [String: UInt64]
    /// Nil when the store has no such epoch, or its parts are not kept any more.
    func epoch(_ number: UInt64, of store: String) throws(StoreFault) -> EpochRecord?
    /// The newest first.
    func history(of store: String, countMax: Int) throws(StoreFault) -> [EpochSummary]
    /// Records an epoch under the next number and puts it in force, in one transaction.
    ///
    /// - Parameters:
    ///   - replacing: The number that must be in force for this; nil for the first epoch of a store.
    ///   - keptMax: Older epochs than the newest so many lose their parts.
    /// - Returns: The number given; nil, and nothing recorded, when another epoch is in force.
    func record(_ draft: EpochDraft, replacing: UInt64?, keptMax: Int) throws(StoreFault) -> UInt64?
    /// The digest of the configured files when they were last taken up; nil when they never were.
    func filesDigest(of store: String) throws(StoreFault) -> [UInt8]?
    func setFilesDigest(_ digest: [UInt8], of store: String) throws(StoreFault)
}

/// The certificates lately seen, by trust store. Calls may block; they belong on a blocking pool.
public protocol SeenCertificateRepository: Sendable {
    /// Adds certificates, or brings known ones up to date: a customer once known stays known, and neither
    /// time nor epochs go back.
    func note(_ certificates: [SeenCertificate], in store: String) throws(StoreFault)
    /// Changes the verdict on certificates that have not come again since an epoch changed it; those
    /// forgotten meanwhile, or noted under that epoch or a later one, are passed over. The anchor is no
    /// longer known.
    func rejudge(
        _ fingerprints: [[UInt8]], as verdict: String, under epoch: UInt64, in store: String
    ) throws(StoreFault)
    /// A page in the order of fingerprints, beginning behind `fingerprint`.
    func seen(
        in store: String, since: WallTime, after fingerprint: [UInt8]?, countMax: Int
    ) throws(StoreFault) -> [SeenCertificate]
    func uses(in store: String, since: WallTime) throws(StoreFault) -> [AnchorUse]
    /// Forgets what was seen last before `time`, and of the rest all but the newest: so many trusted ones,
    /// and so many that were refused. Returns how many were forgotten.
    func forget(in store: String, before time: WallTime, trustedMax: Int, refusedMax: Int)
        throws(StoreFault) -> Int
}
