/// What happened when, in intervals that grow with the run, so that there are never more than a few hundred.
public struct Timeline: Sendable {
    public struct Interval: Sendable {
        public var started = 0
        public var finished = 0
        public var failed = 0
        /// From the intended beginning to the first response, of the connections that got theirs here.
        public var latency = Histogram()

        mutating func add(_ other: Interval) {
            started += other.started
            finished += other.finished
            failed += other.failed
            latency.add(other.latency)
        }
    }

    public private(set) var widthMicroseconds = 250_000
    public private(set) var intervals: [Interval] = []

    public init() {}

    /// Changes the interval of a moment, counted from the beginning of the run.
    public mutating func note(at microseconds: Int, _ change: (inout Interval) -> Void) {
        while max(0, microseconds) / widthMicroseconds >= Self.countMax { widen() }
        let index = max(0, microseconds) / widthMicroseconds
        while intervals.count <= index { intervals.append(Interval()) }
        change(&intervals[index])
    }

    public mutating func add(_ other: Timeline) {
        var other = other
        while other.widthMicroseconds < widthMicroseconds { other.widen() }
        while widthMicroseconds < other.widthMicroseconds { widen() }
        while intervals.count < other.intervals.count { intervals.append(Interval()) }
        for index in other.intervals.indices { intervals[index].add(other.intervals[index]) }
    }

    private mutating func widen() {
        widthMicroseconds *= 2
        intervals = stride(from: 0, to: intervals.count, by: 2).map { index in
            var interval = intervals[index]
            if index + 1 < intervals.count { interval.add(intervals[index + 1]) }
            return interval
        }
    }

    static let countMax = 300
}
