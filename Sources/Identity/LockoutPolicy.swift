public import Text

/// Lockout in two stages: after `failuresMax` wrong passwords in a row 利用一時停止 for a time; after `pausesMax`
/// of those 利用停止, which only the bank ends.
public struct LockoutPolicy: Sendable, Hashable {
    public var failuresMax: Int
    public var pauseSeconds: Int
    public var pausesMax: Int

    public init(failuresMax: Int = 5, pauseSeconds: Int = 1800, pausesMax: Int = 3) {
        self.failuresMax = failuresMax
        self.pauseSeconds = pauseSeconds
        self.pausesMax = pausesMax
    }

    /// The counter after one more wrong password, and whether the customer is to be stopped for good.
    ///
    /// A pause in force does not count: guesses sent at the same moment would else run through every pause at
    /// once.
    public func afterFailure(_ counter: FailureCounter, at now: WallTime) -> (
        counter: FailureCounter, stops: Bool
    ) {
        guard !counter.isPaused(at: now) else { return (counter, false) }
        var counter = counter
        counter.consecutive += 1
        guard counter.consecutive >= failuresMax else { return (counter, false) }
        counter.consecutive = 0
        counter.pauses += 1
        counter.pausedUntil = now.adding(seconds: Int64(pauseSeconds))
        return (counter, counter.pauses >= pausesMax)
    }
}
