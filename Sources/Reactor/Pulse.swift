import Synchronization

/// Tells from any thread whether a loop still turns.
public final class Pulse: Sendable {
    /// Nanoseconds of the monotonic clock.
    private let lastBeat: Atomic<UInt64>

    public init() { lastBeat = Atomic(Clock.monotonic().nanoseconds) }

    /// Beats twice a second for as long as the loop runs. To be called on it.
    public func start(on loop: EventLoop) {
        lastBeat.store(Clock.monotonic().nanoseconds, ordering: .relaxed)
        _ = loop.after(milliseconds: Self.intervalMilliseconds) { [self, unowned loop] in start(on: loop) }
    }

    /// Whether it has beaten within so long. A busy loop is late now and then; one that is blocked stays so.
    public func hasBeaten(withinMilliseconds milliseconds: Int) -> Bool {
        let beat = MonotonicTime(nanoseconds: lastBeat.load(ordering: .relaxed))
        return Clock.monotonic() < beat.adding(milliseconds: milliseconds)
    }

    private static let intervalMilliseconds = 500
}
