import Authorization
import Synchronization
import Text

/// Removes what nobody will ask for any more, when a flow begins and at most once a minute.
final class Housekeeping: Sendable {
    private let sweptAt = Mutex<WallTime?>(nil)

    func sweep(_ store: any FlowRepository, at now: WallTime) throws(ConsentStoreFault) {
        let isDue = sweptAt.withLock { sweptAt in
            if let last = sweptAt, now >= last, now < last.adding(seconds: 60) { return false }
            sweptAt = now
            return true
        }
        guard isDue else { return }
        try store.removeRemains(before: now.adding(seconds: -Self.keptSeconds), countMax: Self.countMax)
    }

    /// A code that was spent is known as spent for a day; a late page says what became of its flow.
    private static let keptSeconds: Int64 = 86_400
    private static let countMax = 10_000
}
