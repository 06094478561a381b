import Crypto
import Identity
import Reactor
import Synchronization
import Text
import Trust
import X509

/// The trust stores of a running gateway: which epoch of each is in force, which is staged, and how one
/// becomes the other.
///
/// Commands may take minutes and belong on a blocking pool. Parsing and judging happen outside of the lock,
/// so that a change of another gateway is taken up meanwhile.
final class TrustRegistry: Sendable {
    /// What the configuration says of one store, apart from its content.
    struct Terms: Sendable, Hashable {
        /// So many certificates may be locked out by a commit that names no number.
        var lockoutsMax = 0
        /// Warnings about expiry begin so many days ahead.
        var expiryWarningDays = 30
        /// So many epochs can be brought back.
        var epochsKept = 30
        /// Certificates seen within so many days are judged in a review.
        var ledgerDays = 90
    }

    /// What waits to be committed.
    struct Staged: Sendable {
        let bundle: TrustBundle
        let epoch: TrustEpoch
        let author: String
        let at: WallTime
        var contentHash: [UInt8] { epoch.contentHash.bytes }
    }

    /// A store as of a moment.
    struct View: Sendable {
        let terms: Terms
        let epoch: TrustEpoch
        let staged: Staged?
    }

    struct Entry {
        var terms: Terms
        var cycle: TrustCycle
        var epoch: TrustEpoch
        var staged: Staged?
        /// Digest of the configured files as this gateway saw them last.
        var filesSeen: [UInt8]?
        /// Whether the ledger says of each certificate that the epoch revokes that it is revoked.
        var isLedgerSettled = true
    }

    let epochs: any EpochRepository
    let seen: any SeenCertificateRepository
    /// Of what is on its way to `seen`.
    let ledger: SeenLedger
    let logs: GatewayLogs
    private let shelf = RevocationListShelf()
    private let state = Mutex(State())

    private struct State {
        var entries: [String: Entry] = [:]
        var publish: (@Sendable ([String: TrustEpoch]) -> Void)?
        /// By store, what keeps other gateways' epochs from being taken up.
        var troubles: [String: String] = [:]
        /// By store, what has been told of the epoch in force.
        var told: [String: (number: TrustEpochNumber, findings: Set<TrustFinding>)] = [:]
    }

    init(
        epochs: any EpochRepository, seen: any SeenCertificateRepository, logs: GatewayLogs
    ) {
        self.epochs = epochs
        self.seen = seen
        ledger = SeenLedger(seen, logs: logs)
        self.logs = logs
    }

    /// From now on `publish` is told of every change, in their order, with all epochs that are in force. It
    /// runs under the registry's lock and must not come back to it.
    func publish(_ publish: @escaping @Sendable ([String: TrustEpoch]) -> Void) {
        state.withLock { $0.publish = publish }
    }

    // MARK: Looking

    var names: [String] { state.withLock { $0.entries.keys.sorted() } }

    var inForce: [String: TrustEpoch] { state.withLock { $0.entries.mapValues(\.epoch) } }

    func view(_ store: String) throws(TrustFailure) -> View {
        try entry(store) { (entry) throws(TrustFailure) in
            View(terms: entry.terms, epoch: entry.epoch, staged: entry.staged)
        }
    }

    // MARK: Staging

    /// - Parameter parts: What of one kind is given takes the place of all of that kind; what is not given
    ///   stays as it is in force.
    func stage(
        _ store: String, parts: [EpochPart], policy: TrustPolicy? = nil, by author: String, at time: WallTime
    ) throws(TrustFailure) -> TrustReview {
        let current = try view(store).epoch
        let given = Set(parts.map(\.role))
        var all = parts
        if given != Set(EpochPart.Role.allCases) {
            all += try bundle(current.number.value, of: store).parts.filter { !given.contains($0.role) }
        }
        var bundle = TrustBundle(policy: policy ?? current.policy, parts: Self.inOrder(all))
        if !given.contains(.crl) {
            let candidate = try epoch(bundle, of: store, number: current.number.value + 1)
            bundle = try withoutStrayLists(bundle, in: candidate, at: time)
        }
        return try stage(store, bundle, by: author, at: time)
    }

    /// The lists of a CA go with it when nobody has said what becomes of them.
    private func withoutStrayLists(
        _ bundle: TrustBundle, in candidate: TrustEpoch, at time: WallTime
    ) throws(TrustFailure) -> TrustBundle {
        let stray = Set(
            candidate.findings(at: time).filter { $0.kind == .crlUnknownIssuer }.map {
                candidate.revocationLists[$0.member.ordinal - 1].fingerprint
            })
        guard !stray.isEmpty else { return bundle }
        var parts: [EpochPart] = []
        for part in bundle.parts {
            if part.role == .crl, !part.bytes.isEmpty {
                let lists: [RevocationList]
                do throws(RevocationFileFault) { lists = try shelf.lists(of: part) } catch {
                    throw .faults(["\(part.name): \(error)"])
                }
                if lists.allSatisfy({ stray.contains($0.fingerprint) }) { continue }
            }
            parts.append(part)
        }
        return TrustBundle(policy: bundle.policy, parts: parts)
    }

    /// All of it at once, as files have it.
    func stage(
        _ store: String, _ bundle: TrustBundle, by author: String, at time: WallTime
    ) throws(TrustFailure) -> TrustReview {
        let current = try view(store).epoch
        let candidate = try epoch(bundle, of: store, number: current.number.value + 1)
        let review = TrustReview(of: candidate, replacing: current, at: time)
        try Self.refuse(for: review.objections)
        let staged = Staged(bundle: bundle, epoch: candidate, author: author, at: time)
        try entry(store) { (entry) throws(TrustFailure) in
            do throws(TrustRefusal) { try entry.cycle.stage(staged.contentHash) } catch {
                throw .refused(error)
            }
            entry.staged = staged
        }
        return review
    }

    func abort(_ store: String) throws(TrustFailure) {
        try entry(store) { (entry) throws(TrustFailure) in
            do throws(TrustRefusal) { try entry.cycle.abort() } catch { throw .refused(error) }
            entry.staged = nil
        }
    }

    /// Judges those lately seen under what is staged, and changes nothing.
    func review(_ store: String, at time: WallTime) throws(TrustFailure) -> TrustReview {
        let view = try view(store)
        guard let staged = view.staged else { throw .refused(.nothingStaged) }
        var review = TrustReview(of: staged.epoch, replacing: view.epoch, at: time)
        try replay(&review, view.terms)
        return review
    }

    // MARK: Changing

    func commit(
        _ store: String, if epoch: UInt64? = nil, content: [UInt8] = [], allowing lockouts: Int? = nil,
        as origin: EpochOrigin = .committed, by author: String, at time: WallTime
    ) throws(TrustFailure) -> TrustReview {
        let (change, staged) = try entry(store) { (entry) throws(TrustFailure) in
            let condition = CommitCondition(
                ifEpoch: epoch, ifContent: content, lockoutsMax: lockouts ?? entry.terms.lockoutsMax)
            do throws(TrustRefusal) {
                let change = try entry.cycle.commit(on: condition)
                guard let staged = entry.staged else { throw TrustRefusal.nothingStaged }
                return (change, staged)
            } catch { throw .refused(error) }
        }
        return try carryOut(
            change, staged.bundle, staged.epoch, of: store, origin: origin, by: author, at: time)
    }

    /// Brings the content of an earlier epoch back, under a new number.
    ///
    /// - Parameter target: Nil for the one before the one in force, or before the one that a rollback has
    ///   brought back: repeated, it goes further back.
    func rollBack(
        _ store: String, to target: UInt64?, if epoch: UInt64? = nil, allowing lockouts: Int? = nil,
        by author: String, at time: WallTime
    ) throws(TrustFailure) -> TrustReview {
        let current = try view(store).epoch
        let number: UInt64
        if let target { number = target } else { number = try before(current.number.value, of: store) }
        let bundle = try bundle(number, of: store)
        let candidate = try self.epoch(bundle, of: store, number: current.number.value + 1)
        let change = try entry(store) { (entry) throws(TrustFailure) in
            let condition = CommitCondition(
                ifEpoch: epoch, lockoutsMax: lockouts ?? entry.terms.lockoutsMax)
            do throws(TrustRefusal) {
                return try entry.cycle.rollBack(
                    to: EpochMark(number: number, contentHash: candidate.contentHash.bytes), on: condition)
            } catch { throw .refused(error) }
        }
        return try carryOut(
            change, bundle, candidate, of: store, origin: .rolledBack, by: author, at: time)
    }

    // MARK: Other gateways

    /// Takes up what other gateways have put in force since. Cheap when there is nothing.
    func takeUpOthers() {
        let numbers: [String: UInt64]
        do throws(TrustFailure) {
            numbers = try stored { () throws(StoreFault) in try epochs.numbersInForce() }
            tell(nil, about: "-")
        } catch {
            return tell(error, about: "-")
        }
        for (store, epoch) in inForce {
            guard let number = numbers[store], number > epoch.number.value else { continue }
            do throws(TrustFailure) {
                try takeUp(number, of: store)
                tell(nil, about: store)
            } catch {
                tell(error, about: store)
            }
        }
    }

    private func takeUp(_ number: UInt64, of store: String) throws(TrustFailure) {
        let candidate = try epoch(try bundle(number, of: store), of: store, number: number)
        let isNew = try entry(store) { (entry) throws(TrustFailure) in
            guard number > entry.epoch.number.value else { return false }
            entry.cycle.superseded(
                by: EpochMark(number: number, contentHash: candidate.contentHash.bytes))
            entry.epoch = candidate
            if entry.cycle.staged == nil { entry.staged = nil }
            return true
        }
        guard isNew else { return }
        logs.epochTakenUp(candidate)
        let now = WallTime(seconds: Clock.wall())
        if !noteLateRevocations(under: candidate, at: now) { setLedgerSettled(false, of: store) }
    }

    /// Trouble that goes on is told once: this is asked every second.
    private func tell(_ failure: TrustFailure?, about store: String) {
        let words = failure?.complaints(about: store).joined(separator: "; ")
        let isNews = state.withLock { state in
            defer { state.troubles[store] = words }
            return words != nil && words != state.troubles[store]
        }
        if isNews, let failure { logs.trustFailed(store, "takeUp", failure) }
    }

    // MARK: Parts

    func put(_ entry: Entry, for store: String) {
        state.withLock { $0.entries[store] = entry }
    }

    /// Stores that the configuration names no more are dropped; their epochs stay recorded.
    func keepOnly(_ names: Set<String>) {
        state.withLock { state in
            state.entries = state.entries.filter { names.contains($0.key) }
        }
    }

    /// Lends the epochs in force while none of them can change.
    func withEpochs(_ body: ([String: TrustEpoch]) -> Void) {
        state.withLock { body($0.entries.mapValues(\.epoch)) }
    }

    func filesSeen(of store: String) -> [UInt8]? { state.withLock { $0.entries[store]?.filesSeen } }

    func setFilesSeen(_ digest: [UInt8], of store: String) {
        state.withLock { $0.entries[store]?.filesSeen = digest }
    }

    func setLedgerSettled(_ isSettled: Bool, of store: String) {
        state.withLock { $0.entries[store]?.isLedgerSettled = isSettled }
    }

    /// Those whose ledger is not.
    var unsettled: [String] {
        state.withLock { $0.entries.filter { !$0.value.isLedgerSettled }.keys.sorted() }
    }

    func setTerms(_ terms: Terms, of store: String) {
        state.withLock { $0.entries[store]?.terms = terms }
    }

    /// Lends a store's entry, and tells the loops when another epoch is in force afterwards.
    func entry<Value: Sendable>(
        _ store: String, _ body: (inout Entry) throws(TrustFailure) -> Value
    ) throws(TrustFailure) -> Value {
        try state.withLock { (state) throws(TrustFailure) -> Value in
            guard var entry = state.entries[store] else { throw .unknownStore(store) }
            let before = entry.epoch
            let value = try body(&entry)
            state.entries[store] = entry
            if entry.epoch !== before { state.publish?(state.entries.mapValues(\.epoch)) }
            return value
        }
    }

    /// An epoch's makings from the store, checked.
    func bundle(_ number: UInt64, of store: String) throws(TrustFailure) -> TrustBundle {
        let record = try stored { () throws(StoreFault) in try epochs.epoch(number, of: store) }
        guard let record else { throw .noSuchEpoch(number) }
        do throws(TrustBundleFault) { return try TrustBundle(record) } catch {
            throw .faults(error.complaints)
        }
    }

    func epoch(
        _ bundle: TrustBundle, of store: String, number: UInt64
    ) throws(TrustFailure) -> TrustEpoch {
        do throws(TrustBundleFault) {
            return try bundle.epoch(of: store, number: number, reusing: shelf)
        } catch { throw .faults(error.complaints) }
    }

    /// Takes note of what is told of an epoch, and returns what had not been told yet; with `again`, all.
    func news(of findings: [TrustFinding], in epoch: TrustEpoch, again: Bool) -> [TrustFinding] {
        state.withLock { state in
            let told = state.told.updateValue((epoch.number, Set(findings)), forKey: epoch.name)
            guard !again, let told, told.number == epoch.number else { return findings }
            return findings.filter { !told.findings.contains($0) }
        }
    }

    private func before(_ number: UInt64, of store: String) throws(TrustFailure) -> UInt64 {
        let latest = try stored { () throws(StoreFault) in try epochs.history(of: store, countMax: 1) }
        let source = latest.first.flatMap { $0.number == number ? $0.source : nil } ?? number
        guard source > 1 else { throw .noSuchEpoch(0) }
        return source - 1
    }

    func stored<Value>(_ body: () throws(StoreFault) -> Value) throws(TrustFailure) -> Value {
        do throws(StoreFault) { return try body() } catch { throw .store(error) }
    }

    static func refuse(for objections: [TrustFinding]) throws(TrustFailure) {
        guard objections.isEmpty else { throw .faults(objections.map(\.words)) }
    }

    private static func inOrder(_ parts: [EpochPart]) -> [EpochPart] {
        EpochPart.Role.allCases.flatMap { role in parts.filter { $0.role == role } }
    }
}

/// Why a command on a trust store came to nothing.
enum TrustFailure: Error, Sendable {
    case unknownStore(String)
    case noSuchEpoch(UInt64)
    case refused(TrustRefusal)
    /// Refused for what the review says.
    case refusedAfter(TrustRefusal, TrustReview)
    /// What was given can't become an epoch.
    case faults([String])
    case store(StoreFault)
}
