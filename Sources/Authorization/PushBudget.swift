public import Text

/// How many requests each partner may push: a number in a minute of the clock.
public struct PushBudget: Sendable {
    private let perMinuteMax: Int
    private var minute: Int64 = .min
    private var counts: [String: Int] = [:]

    public init(perMinuteMax: Int) {
        self.perMinuteMax = perMinuteMax
    }

    /// Counts one more. When that is too many, how many seconds to wait.
    public mutating func take(_ partner: String, at now: WallTime) -> Int? {
        if now.seconds / 60 != minute {
            minute = now.seconds / 60
            counts.removeAll(keepingCapacity: true)
        }
        let count = counts[partner, default: 0]
        guard count < perMinuteMax else { return Int(60 - now.seconds % 60) }
        counts[partner] = count + 1
        return nil
    }
}
