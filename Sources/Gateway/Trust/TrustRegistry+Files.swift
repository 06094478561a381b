import Crypto
import Identity
import Settings
import Text
import Trust
import X509

/// Where trust comes from at a start and at a reload: the store first, the configured files second.
extension TrustRegistry {
    /// Puts the epochs in force that were in force before, and imports the files of stores that have none.
    ///
    /// Files that differ from what is in force are warned of and not taken up: somebody may have committed
    /// something better since they were written.
    ///
    /// - Throws: `GatewayFault` when a store would be left without an epoch; then nothing is served.
    func open(_ settings: GatewaySettings, at time: WallTime) throws(GatewayFault) {
        var complaints: [String] = []
        for (name, store) in settings.trust.sorted(by: { $0.key < $1.key }) {
            do throws(TrustFailure) {
                try open(name, store, settings, at: time)
            } catch {
                complaints += error.complaints(about: name)
            }
        }
        guard complaints.isEmpty else { throw GatewayFault(complaints: complaints) }
    }

    private func open(
        _ name: String, _ store: GatewaySettings.TrustStore, _ settings: GatewaySettings, at time: WallTime
    ) throws(TrustFailure) {
        let numbers = try stored { () throws(StoreFault) in try epochs.numbersInForce() }
        let number: UInt64
        if let known = numbers[name] {
            number = known
        } else {
            number = try importFiles(name, store, settings, at: time)
        }
        let bundle = try bundle(number, of: name)
        let epoch = try epoch(bundle, of: name, number: number)
        let mark = EpochMark(number: number, contentHash: epoch.contentHash.bytes)
        put(
            Entry(
                terms: Terms(store, settings), cycle: TrustCycle(inForce: mark), epoch: epoch, staged: nil,
                filesSeen: numbers[name] != nil ? look(at: store, under: epoch) : bundle.digest), for: name)
        // Who recorded it may have come to its end before the ledger knew what it revokes.
        let latest = try stored { () throws(StoreFault) in try epochs.history(of: name, countMax: 1).first }
        if let latest, time.seconds - latest.recordedAt.seconds < Self.settlingSeconds {
            setLedgerSettled(false, of: name)
        }
    }

    /// The first epoch of a store. Another gateway that starts at the same moment may have been faster.
    private func importFiles(
        _ name: String, _ store: GatewaySettings.TrustStore, _ settings: GatewaySettings, at time: WallTime
    ) throws(TrustFailure) -> UInt64 {
        let bundle = try files(store)
        let epoch = try epoch(bundle, of: name, number: 1)
        try Self.refuse(for: epoch.findings(at: time).filter(\.refusesReplacement))
        let draft = EpochDraft(
            store: name, contentHash: epoch.contentHash.bytes, digest: bundle.digest,
            policy: bundle.policy.recordText, parts: bundle.parts, origin: .imported,
            author: Self.gatewayItself, at: time)
        let kept = Terms(store, settings).epochsKept
        let number = try stored { () throws(StoreFault) in
            let number = try epochs.record(draft, replacing: nil, keptMax: kept)
            guard let number else { return try epochs.numbersInForce()[name] }
            try epochs.setFilesDigest(bundle.digest, of: name)
            return number
        }
        guard let number else { throw .noSuchEpoch(1) }
        return number
    }

    /// Warns of files that are not what is in force; returns their digest.
    private func look(at store: GatewaySettings.TrustStore, under epoch: TrustEpoch) -> [UInt8]? {
        do throws(TrustFailure) {
            let files = try files(store)
            let other = try self.epoch(files, of: epoch.name, number: epoch.number.value)
            if other.contentHash != epoch.contentHash {
                logs.trustFilesDiffer(epoch.name, inForce: epoch.number.value)
            }
            return files.digest
        } catch {
            // What is in force is in the store; the files are looked at when they are taken up.
            logs.trustFailed(epoch.name, "files", error)
            return nil
        }
    }

    /// Takes up files that have changed, by the road of every other change: stage, review, commit. What is
    /// refused stays staged, for an operator to look at.
    ///
    /// Changed are files that this gateway has not seen and that no gateway has taken up: another one's older
    /// files must not undo what was committed here.
    ///
    /// - Parameter always: Also files that have not changed, so that they replace what was committed since.
    func reload(
        _ name: String, _ store: GatewaySettings.TrustStore, always: Bool, by author: String,
        at time: WallTime
    ) throws(TrustFailure) -> TrustReview? {
        let bundle = try files(store)
        let known = try stored { () throws(StoreFault) in try epochs.filesDigest(of: name) }
        guard always || (bundle.digest != known && bundle.digest != filesSeen(of: name)) else { return nil }
        guard try view(name).staged == nil else { throw .refused(.busy) }
        do throws(TrustFailure) {
            _ = try stage(name, bundle, by: author, at: time)
        } catch .refused(.unchanged) {
            try remember(bundle, name)
            return nil
        }
        let review = try commit(name, as: .reloaded, by: author, at: time)
        try remember(bundle, name)
        return review
    }

    private func remember(_ files: TrustBundle, _ name: String) throws(TrustFailure) {
        setFilesSeen(files.digest, of: name)
        try stored { () throws(StoreFault) in try epochs.setFilesDigest(files.digest, of: name) }
    }

    /// Everything that is wrong with the files of a configuration, before anything of it is taken up.
    static func complaints(about settings: GatewaySettings) -> [String] {
        var complaints: [String] = []
        for (name, store) in settings.trust.sorted(by: { $0.key < $1.key }) {
            do throws(TrustBundleFault) {
                _ = try TrustFiles.bundle(store).epoch(of: name, number: 1)
            } catch {
                complaints += error.complaints
            }
        }
        return complaints
    }

    /// The stores of changed settings: new ones are imported, the others keep their epochs.
    func adopt(_ settings: GatewaySettings, at time: WallTime) throws(GatewayFault) {
        let known = Set(names)
        var complaints: [String] = []
        for (name, store) in settings.trust.sorted(by: { $0.key < $1.key }) {
            if known.contains(name) {
                setTerms(Terms(store, settings), of: name)
                continue
            }
            do throws(TrustFailure) { try open(name, store, settings, at: time) } catch {
                complaints += error.complaints(about: name)
            }
        }
        guard complaints.isEmpty else { throw GatewayFault(complaints: complaints) }
    }

    /// Takes up the files of every store that have changed; what is refused is told by the log.
    func reloadFiles(_ settings: GatewaySettings, at time: WallTime) {
        for (name, store) in settings.trust.sorted(by: { $0.key < $1.key }) {
            do throws(TrustFailure) {
                _ = try reload(name, store, always: false, by: Self.gatewayItself, at: time)
            } catch {
                logs.trustFailed(name, "reload", error)
            }
        }
    }

    private func files(_ store: GatewaySettings.TrustStore) throws(TrustFailure) -> TrustBundle {
        do throws(TrustBundleFault) { return try TrustFiles.bundle(store) } catch {
            throw .faults(error.complaints)
        }
    }

    /// Who imports and reloads, in the history.
    static let gatewayItself = "gateway"
}

extension TrustRegistry.Terms {
    init(_ store: GatewaySettings.TrustStore, _ settings: GatewaySettings) {
        lockoutsMax = store.lockoutsMax
        expiryWarningDays = store.expiryWarningDays
        epochsKept = store.epochsKept
        ledgerDays = settings.ledger.days
    }
}

extension TrustFailure {
    /// In words for the operator.
    func complaints(about store: String) -> [String] {
        switch self {
        case .unknownStore(let name): ["there is no trust store \(name)"]
        case .noSuchEpoch(0): ["there is no earlier epoch of \(store) to bring back"]
        case .noSuchEpoch(let number): ["epoch \(number) of \(store) is not kept, or never was"]
        case .refused(let refusal), .refusedAfter(let refusal, _): [refusal.words(about: store)]
        case .faults(let complaints): complaints
        case .store(let fault): ["the store does not answer: \(fault)"]
        }
    }

    /// Short and stable, for scripts and audit records.
    var code: String {
        switch self {
        case .unknownStore: "unknownStore"
        case .noSuchEpoch: "noSuchEpoch"
        case .refused(let refusal), .refusedAfter(let refusal, _): refusal.code
        case .faults: "faults"
        case .store: "storeUnavailable"
        }
    }
}

extension TrustRefusal {
    fileprivate func words(about store: String) -> String {
        switch self {
        case .nothingStaged: "nothing is staged for \(store)"
        case .unchanged(let number): "that is what is in force already, as epoch \(number)"
        case .busy: "another change of \(store) is staged or under way: commit or abort it first"
        case .epochMoved(let number): "epoch \(number) of \(store) is in force by now; look at it first"
        case .contentMoved(let staged):
            "what is staged for \(store) by now has the content \(Hex.encode(staged)); review it first"
        case .lockouts(let count, let allowed):
            "certificates lately seen that would be locked out: \(count); allowed: \(allowed)"
        }
    }
}
