import Crypto
import Identity
public import Settings
public import Storage
public import Text
import Trust
import X509

/// Puts a whole epoch in the place of one that is damaged in the store, while no gateway can start for it.
///
/// A gateway that runs has commands for every other change: they review first, and this does not, since
/// there is nothing to compare with.
public struct TrustRepair: Sendable {
    /// An epoch of a store whose parts are still kept.
    public struct Kept: Sendable {
        public let number: UInt64
        public let recordedAt: WallTime
        /// What of it is damaged; empty when it is whole.
        public let complaints: [String]
        public var isWhole: Bool { complaints.isEmpty }
    }

    /// What was put in force.
    public struct Outcome: Sendable {
        public let number: UInt64
        public let content: String
        public let anchors: [String]
        /// What an operator should look at in it.
        public let findings: [String]
    }

    private let epochs: EpochStore
    private let settings: GatewaySettings
    private let name: String

    public init(_ name: String, _ settings: GatewaySettings, database: Database) throws(GatewayFault) {
        guard settings.trust[name] != nil else {
            throw GatewayFault(complaints: ["the configuration has no trust store \(name)"])
        }
        self.name = name
        self.settings = settings
        epochs = EpochStore(database)
    }

    /// The one in force first.
    public func kept() throws(GatewayFault) -> [Kept] {
        let inForce = try inForce()
        let history = try stored { () throws(StoreFault) in
            try epochs.history(of: name, countMax: Self.historyMax)
        }
        var all: [Kept] = []
        for summary in history where summary.isKept && summary.number <= inForce {
            var complaints: [String] = []
            do throws(TrustFailure) { _ = try epoch(try bundle(summary.number), as: summary.number) } catch {
                complaints = error.complaints(about: name)
            }
            all.append(
                Kept(number: summary.number, recordedAt: summary.recordedAt, complaints: complaints))
        }
        return all
    }

    /// - Parameter source: The epoch to bring back under a new number; nil for the configured files.
    /// - Throws: Also when the epoch in force is whole: then a gateway can start, and changes it with a
    ///   review.
    public func restore(
        _ source: UInt64?, by author: String, at time: WallTime
    ) throws(GatewayFault) -> Outcome {
        let damaged = try inForce()
        do throws(TrustFailure) {
            try requireDamage(to: damaged)
            let makings = if let source { try bundle(source) } else { try files() }
            let candidate = try epoch(makings, as: damaged + 1)
            if source == nil {
                try TrustRegistry.refuse(for: candidate.findings(at: time).filter(\.refusesReplacement))
            }
            let draft = EpochDraft(
                store: name, contentHash: candidate.contentHash.bytes, digest: makings.digest,
                policy: makings.policy.recordText, parts: makings.parts,
                origin: source == nil ? .reloaded : .rolledBack, source: source, author: author, at: time)
            let kept = settings.trust[name]?.epochsKept ?? 1
            let number: UInt64?
            do throws(StoreFault) {
                number = try epochs.record(draft, replacing: damaged, keptMax: kept)
                if number != nil, source == nil { try epochs.setFilesDigest(makings.digest, of: name) }
            } catch { throw .store(error) }
            guard let number else { throw .refused(.epochMoved(inForce: damaged)) }
            return Outcome(
                number: number, content: candidate.contentHash.hex,
                anchors: candidate.anchors.map(\.subject.rfc4514),
                findings: candidate.findings(at: time).map(\.description))
        } catch {
            throw GatewayFault(complaints: error.complaints(about: name))
        }
    }

    /// A store that does not answer is no reason to take its word for broken.
    private func requireDamage(to number: UInt64) throws(TrustFailure) {
        do throws(TrustFailure) {
            _ = try epoch(try bundle(number), as: number)
        } catch {
            if case .store = error { throw error }
            return
        }
        throw .faults([
            "epoch \(number) of \(name) is in force and whole: start the gateway, and roll back there"
        ])
    }

    private func inForce() throws(GatewayFault) -> UInt64 {
        let numbers = try stored { () throws(StoreFault) in try epochs.numbersInForce() }
        guard let number = numbers[name] else {
            throw GatewayFault(complaints: ["\(name) has no epoch yet: a start takes the configured files"])
        }
        return number
    }

    private func bundle(_ number: UInt64) throws(TrustFailure) -> TrustBundle {
        let record: EpochRecord?
        do throws(StoreFault) { record = try epochs.epoch(number, of: name) } catch { throw .store(error) }
        guard let record else { throw .noSuchEpoch(number) }
        return try whole { () throws(TrustBundleFault) in try TrustBundle(record) }
    }

    private func files() throws(TrustFailure) -> TrustBundle {
        guard let store = settings.trust[name] else { throw .unknownStore(name) }
        return try whole { () throws(TrustBundleFault) in try TrustFiles.bundle(store) }
    }

    private func epoch(_ bundle: TrustBundle, as number: UInt64) throws(TrustFailure) -> TrustEpoch {
        try whole { () throws(TrustBundleFault) in try bundle.epoch(of: name, number: number) }
    }

    private func whole<Value>(_ body: () throws(TrustBundleFault) -> Value) throws(TrustFailure) -> Value {
        do throws(TrustBundleFault) { return try body() } catch { throw .faults(error.complaints) }
    }

    private func stored<Value>(_ body: () throws(StoreFault) -> Value) throws(GatewayFault) -> Value {
        do throws(StoreFault) { return try body() } catch {
            throw GatewayFault(complaints: ["the store does not answer: \(error)"])
        }
    }

    private static let historyMax = 1000
}
