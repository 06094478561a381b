public import Reactor
import Synchronization

/// What a program knows of its own health: whether its loops turn, whether it drains, what else stands in the
/// way of traffic.
public final class Vitals: Sendable {
    private let pulses = Mutex<[Pulse]>([])
    private let draining = Atomic<Bool>(false)
    private let store: Probe
    private let others: @Sendable () -> [String]

    /// - Parameters:
    ///   - store: Whether the store answers.
    ///   - others: What else is in the way, in words for operators that keep no secret.
    public init(store: Probe, others: @escaping @Sendable () -> [String] = { [] }) {
        self.store = store
        self.others = others
    }

    /// A pulse that counts from now on. It must be started, or the program is soon taken for stuck.
    public func pulse() -> Pulse {
        let pulse = Pulse()
        pulses.withLock { $0.append(pulse) }
        return pulse
    }

    /// No traffic should come any more, though what comes is served.
    public func startDraining() { draining.store(true, ordering: .relaxed) }

    /// Whether every loop turns. Loops that end one by one, while the program drains, are no reason to
    /// start it anew.
    public var isAlive: Bool {
        if draining.load(ordering: .relaxed) { return true }
        return pulses.withLock { $0 }.allSatisfy { $0.hasBeaten(withinMilliseconds: Self.stuckMilliseconds) }
    }

    /// Why no traffic should come: `draining`, `stuck`, `store` or what the program itself knows; none when
    /// it may come. May block on the store.
    public var obstacles: [String] {
        if draining.load(ordering: .relaxed) { return ["draining"] }
        return (isAlive ? [] : ["stuck"]) + (store.holds() ? [] : ["store"]) + others()
    }

    private static let stuckMilliseconds = 10_000
}
