import Identity
import Storage
import Synchronization
import Text
import Trust

/// The ledger of a busy gateway: somebody writes to it when it has just been read for the first time, or it
/// fails when it should be changed.
final class InterruptedLedger: SeenCertificateRepository {
    typealias Step = @Sendable (any SeenCertificateRepository) throws(StoreFault) -> Void

    let afterReading = Mutex<Step?>(nil)
    let fails = Mutex(false)
    private let store: SeenCertificateStore

    init(_ store: SeenCertificateStore) { self.store = store }

    func seen(
        in name: String, since: WallTime, after fingerprint: [UInt8]?, countMax: Int
    ) throws(StoreFault) -> [SeenCertificate] {
        let page = try store.seen(in: name, since: since, after: fingerprint, countMax: countMax)
        let step = afterReading.withLock { step in
            defer { step = nil }
            return step
        }
        try step?(store)
        return page
    }

    func note(_ certificates: [SeenCertificate], in name: String) throws(StoreFault) {
        try store.note(certificates, in: name)
    }

    func rejudge(
        _ fingerprints: [[UInt8]], as verdict: String, under epoch: UInt64, in name: String
    ) throws(StoreFault) {
        if fails.withLock({ $0 }) { throw .unavailable("as the test wants it") }
        try store.rejudge(fingerprints, as: verdict, under: epoch, in: name)
    }

    func uses(in name: String, since: WallTime) throws(StoreFault) -> [AnchorUse] {
        try store.uses(in: name, since: since)
    }

    func forget(
        in name: String, before time: WallTime, trustedMax: Int, refusedMax: Int
    ) throws(StoreFault) -> Int {
        try store.forget(in: name, before: time, trustedMax: trustedMax, refusedMax: refusedMax)
    }
}
