public import Text

/// How many failed logins each client network may cause, whoever they were for: so that one attacker can
/// neither guess at many customers nor lock many out.
///
/// Every login takes from the budget before anything else is done, and a success gives back; so no more tries
/// are under way at once than the budget allows. What was taken comes back evenly over the window. It is kept
/// in memory, on each node for itself.
public struct SourceBudget: Sendable {
    public struct Limit: Sendable, Hashable {
        public var failuresMax: Int
        public var windowSeconds: Int

        public init(failuresMax: Int = 20, windowSeconds: Int = 600) {
            self.failuresMax = failuresMax
            self.windowSeconds = windowSeconds
        }

        /// In which one failure is made good.
        fileprivate var interval: Int64 { Int64(windowSeconds) * 1000 / Int64(max(1, failuresMax)) }
    }

    /// What a source has used up comes back by then: milliseconds of a clock that never goes back.
    private var usedUntil: [ClientNetwork: Int64] = [:]
    private let sourcesMax: Int
    private var sweptAt: Int64?

    public init(sourcesMax: Int = 100_000) {
        self.sourcesMax = sourcesMax
    }

    public var sourceCount: Int { usedUntil.count }

    /// Takes one try.
    ///
    /// - Parameter now: Milliseconds of a clock that never goes back.
    /// - Returns: Nil when there was one left; else how many seconds to wait for the next.
    public mutating func take(for source: ClientNetwork, _ limit: Limit, at now: Int64) -> Int? {
        let used = max(usedUntil[source] ?? now, now) + limit.interval
        let over = used - now - Int64(limit.windowSeconds) * 1000
        if over > 0 { return Int((over + 999) / 1000) }
        if usedUntil[source] == nil, usedUntil.count >= sourcesMax { makeRoom(at: now) }
        usedUntil[source] = used
        return nil
    }

    /// After a success, or when the try was not made.
    public mutating func giveBack(_ source: ClientNetwork, _ limit: Limit, at now: Int64) {
        guard let used = usedUntil[source] else { return }
        usedUntil[source] = used - limit.interval > now ? used - limit.interval : nil
    }

    /// Sources that owe nothing go; when none does, the one of a few that owes least.
    private mutating func makeRoom(at now: Int64) {
        if sweptAt.map({ now - $0 >= 1000 }) ?? true {
            usedUntil = usedUntil.filter { $0.value > now }
            sweptAt = now
        }
        guard usedUntil.count >= sourcesMax,
            let least = usedUntil.prefix(16).min(by: { $0.value < $1.value })
        else { return }
        usedUntil[least.key] = nil
    }
}

/// Notices when logins fail everywhere at once: guessing that is spread over many sources.
public struct FailureAlarm: Sendable {
    private var minute = Int64.min
    private var count = 0

    public init() {}

    /// Counts a failure.
    ///
    /// - Parameter now: Milliseconds of a clock that never goes back.
    /// - Returns: True once a minute, when this minute's failures reach `failuresMax`.
    public mutating func record(_ failuresMax: Int, at now: Int64) -> Bool {
        if now / 60_000 != minute {
            minute = now / 60_000
            count = 0
        }
        count += 1
        return count == failuresMax
    }
}
