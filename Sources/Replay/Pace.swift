/// When connections begin.
public enum Pace: Sendable, Hashable {
    /// As the trace has it, so many times as fast.
    case recorded(speed: Double)
    /// So many a second, evenly, in the trace's order.
    case rate(Double)
    /// Each as soon as another has ended: as fast as it goes.
    case unpaced

    /// When the n-th connection of a trace is to begin, counted from the first, in microseconds; nil when
    /// nothing but the target decides.
    ///
    /// - Parameter round: How often the trace has been played already.
    public func intendedMicroseconds(_ index: Int, of score: Score, round: Int) -> Int? {
        switch self {
        case .recorded(let speed):
            // Between two rounds lies the gap that connections have on average.
            let span = score.spanMicroseconds + score.spanMicroseconds / max(1, score.parts.count)
            return Int(Double(score.parts[index].offsetMicroseconds + round * max(1, span)) / speed)
        case .rate(let perSecond):
            return Int(Double(round * score.parts.count + index) * 1e6 / perSecond)
        case .unpaced: return nil
        }
    }

    /// How long a connection that sends so many requests waits before each of them but the first, and before
    /// it leaves, in milliseconds. Only the recorded pace knows pauses.
    public func pauseMilliseconds(_ part: Score.Part, requestCount: Int) -> Int {
        guard case .recorded(let speed) = self else { return 0 }
        return Int(Double(part.lastedMilliseconds) / Double(max(1, requestCount)) / speed)
    }

    /// For reports: `2× the recorded speed`.
    public var text: String {
        switch self {
        case .recorded(let speed):
            speed == 1
                ? "as recorded"
                : "\(Decimal.text(speed, digits: speed == speed.rounded() ? 0 : 2))× as recorded"
        case .rate(let perSecond): "\(Decimal.text(perSecond, digits: 0)) connections a second"
        case .unpaced: "as fast as possible"
        }
    }
}
