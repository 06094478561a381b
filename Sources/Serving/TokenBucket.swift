import Reactor

/// How often something may happen: `burst` times at once, and then `perSecond` times a second.
public struct RateLimit: Sendable, Hashable {
    /// Nanoseconds in which one use comes back.
    let interval: UInt64
    let burst: UInt64

    /// - Parameters:
    ///   - perSecond: At least 1.
    ///   - burst: At least 1.
    ///   - share: This limit is one of so many that are kept apart and together make up the rate.
    public init(perSecond: Int, burst: Int, share: Int = 1) {
        let share = UInt64(max(1, share))
        interval = 1_000_000_000 * share / UInt64(max(1, perSecond))
        self.burst = (UInt64(max(1, burst)) + share - 1) / share
    }
}

/// What somebody has used up of a rate; it comes back evenly. The limit is told at each use, so that a bucket
/// is one number.
struct TokenBucket: Sendable, Hashable {
    /// Nanoseconds on the clock that never jumps: when all that was used has come back.
    private var fullAgain: UInt64 = 0

    /// Takes one use; false, and nothing is taken, when there is none left.
    mutating func take(_ limit: RateLimit, at now: MonotonicTime) -> Bool {
        let next = max(fullAgain, now.nanoseconds) + limit.interval
        guard next - now.nanoseconds <= limit.interval * limit.burst else { return false }
        fullAgain = next
        return true
    }

    /// Puts one use back.
    mutating func giveBack(_ limit: RateLimit) {
        fullAgain = fullAgain > limit.interval ? fullAgain - limit.interval : 0
    }

    func isFull(at now: MonotonicTime) -> Bool { fullAgain <= now.nanoseconds }
}
