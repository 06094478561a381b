import Crypto
import Identity
import Logs
import Reactor
import Synchronization
import Text
import Trust
import X509

/// Writes down which certificates are presented, so that a new epoch can be tried on them before it decides.
///
/// `note` never blocks: sightings wait in a bounded queue until `flush` takes them to the store. What finds
/// the queue full is lost, and counted.
final class SeenLedger: Sendable {
    /// What is known of one sighting.
    struct Sighting: Sendable {
        let store: String
        /// Leaf first.
        let presented: [Certificate]
        let verdict: PeerVerdict
        /// Of the verdict.
        let epoch: UInt64
        let customer: String?
        let at: WallTime

        fileprivate var key: Key {
            Key(store: store, fingerprint: presented[0].fingerprint, isNamed: customer != nil)
        }
    }

    fileprivate struct Key: Hashable {
        let store: String
        let fingerprint: SHA256Digest
        let isNamed: Bool
    }

    private struct State {
        var waiting: [Sighting] = []
        var refusedCount = 0
        var lostCount = 0
        /// When a certificate was noted last, and under which epoch.
        var recent: [Key: (epoch: UInt64, at: WallTime)] = [:]
    }

    private let state = Mutex(State())
    private let repository: any SeenCertificateRepository
    private let logs: GatewayLogs

    init(_ repository: any SeenCertificateRepository, logs: GatewayLogs) {
        self.repository = repository
        self.logs = logs
    }

    /// From any thread, at every request.
    func note(_ sighting: Sighting) {
        guard let leaf = sighting.presented.first, leaf.isWellFormed,
            leaf.der.count <= Self.leafBytesMax
        else { return }
        var isRefused = false
        if case .refused = sighting.verdict { isRefused = true }
        let key = sighting.key
        state.withLock { state in
            if let recent = state.recent[key], recent.epoch == sighting.epoch,
                sighting.at.seconds - recent.at.seconds < Self.againSeconds
            {
                return
            }
            // Those who are refused may come in any number; they leave room for those who are not.
            guard state.waiting.count < Self.waitingMax,
                !isRefused || state.refusedCount < Self.waitingMax / 4
            else {
                state.lostCount += 1
                return
            }
            if state.recent.count >= Self.recentMax { state.recent.removeAll(keepingCapacity: true) }
            state.recent[key] = (sighting.epoch, sighting.at)
            state.waiting.append(sighting)
            if isRefused { state.refusedCount += 1 }
        }
    }

    /// Takes what waits to the store, and returns what is there now. Blocks.
    ///
    /// For `TrustRegistry.writeSightings`, which judges what an older epoch has judged.
    func flush() -> [Sighting] {
        let (waiting, lost) = state.withLock { state in
            defer {
                state.waiting = []
                state.refusedCount = 0
                state.lostCount = 0
            }
            return (state.waiting, state.lostCount)
        }
        var lostCount = lost
        var written: [Sighting] = []
        for (store, sightings) in Dictionary(grouping: waiting, by: \.store) {
            do throws(StoreFault) {
                try repository.note(sightings.map(SeenCertificate.init), in: store)
                written += sightings
            } catch {
                lostCount += sightings.count
                logs.storeFailed(error)
            }
        }
        if lostCount > 0 {
            var record = LogRecord(.warning, "trust.sightingsLost")
            record.add("count", lostCount)
            logs.log.write(record)
        }
        return written
    }

    /// How many wait.
    var depth: Int { state.withLock { $0.waiting.count } }

    static let waitingMax = 4096
    private static let recentMax = 50_000
    private static let leafBytesMax = 16 * 1024
    /// A certificate that comes again and again is noted so often.
    static let againSeconds: Int64 = 600
}

extension SeenCertificate {
    /// Verdicts as the ledger has them: a refusal is there under its reason.
    static let trusted = "trusted"
    static let revoked = RefusalReason.revoked.rawValue

    init(_ sighting: SeenLedger.Sighting) {
        let leaf = sighting.presented[0]
        var anchor: [UInt8]?
        let word: String
        switch sighting.verdict {
        case .absent: word = "absent"
        case .trusted(let identity):
            anchor = identity.anchor.fingerprint.bytes
            word = Self.trusted
        case .refused(let reason, _): word = reason.rawValue
        }
        self.init(
            fingerprint: leaf.fingerprint.bytes, issuer: leaf.issuer.rfc4514, serial: leaf.serialHex,
            subject: leaf.subject.rfc4514, customer: sighting.customer, anchor: anchor, verdict: word,
            epoch: sighting.epoch, lastSeen: sighting.at, der: leaf.der,
            chain: sighting.presented.dropFirst().map {
                SeenIssuer(fingerprint: $0.fingerprint.bytes, der: $0.der)
            })
    }
}
