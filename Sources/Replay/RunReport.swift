/// What a run came to, in figures: as it is printed, kept in a file, drawn and compared.
public struct RunReport: Sendable {
    /// Durations, reduced to what a reader wants; kept with their distribution.
    public struct Latency: Sendable {
        /// `full handshake`, …
        public var name: String
        public var histogram: Histogram

        public init(name: String, histogram: Histogram) {
            self.name = name
            self.histogram = histogram
        }
    }

    /// One interval of the run.
    public struct Point: Sendable, Hashable {
        public var seconds: Double
        public var started: Int
        public var finished: Int
        public var failed: Int
        /// In microseconds, 0 where nothing was answered.
        public var median: Int
        public var p99: Int
        public var max: Int
    }

    public struct Outcome: Sendable, Hashable {
        public var name: String
        public var counts: RunTally.Outcomes
    }

    public struct Failure: Sendable, Hashable {
        public var name: String
        public var count: Int
        public var example: String
    }

    /// What was run against what: names and values, in the order they are shown.
    public var facts: [(name: String, value: String)]
    public var seconds: Double
    public var cpuSeconds: Double
    public var wasInterrupted: Bool
    /// Whether outcomes were asked for.
    public var checksOutcomes: Bool
    public var started: Int
    public var fullHandshakes: Int
    public var resumedHandshakes: Int
    public var sessionsAbsent: Int
    public var sessionsDeclined: Int
    public var abandoned: Int
    public var responses: Int
    public var bodyBytes: Int
    public var latencies: [Latency]
    /// How late connections were begun.
    public var slip: Histogram
    public var statuses: [(status: Int, count: Int)]
    public var failures: [Failure]
    public var outcomes: [Outcome]
    public var examples: [String]
    /// Lines that were not played: why, and how many.
    public var leftOut: [(reason: String, count: Int)]
    public var intervalSeconds: Double
    public var points: [Point]

    public init(
        _ tally: RunTally, facts: [(name: String, value: String)], seconds: Double, cpuSeconds: Double,
        wasInterrupted: Bool, checksOutcomes: Bool, leftOut: [String: Int]
    ) {
        self.facts = facts
        self.seconds = seconds
        self.cpuSeconds = cpuSeconds
        self.wasInterrupted = wasInterrupted
        self.checksOutcomes = checksOutcomes
        started = tally.started
        fullHandshakes = tally.full.count
        resumedHandshakes = tally.resumed.count
        sessionsAbsent = tally.sessionsAbsent
        sessionsDeclined = tally.sessionsDeclined
        abandoned = tally.abandoned
        responses = tally.responses
        bodyBytes = tally.bodyBytes
        latencies = [
            Latency(name: Self.fullHandshake, histogram: tally.full.handshake),
            Latency(name: Self.resumedHandshake, histogram: tally.resumed.handshake),
            Latency(name: Self.fullResponse, histogram: tally.full.response),
            Latency(name: Self.resumedResponse, histogram: tally.resumed.response),
            Latency(name: Self.laterResponse, histogram: tally.later),
        ]
        slip = tally.slip
        statuses = tally.statuses.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        failures = tally.failures.map {
            Failure(name: $0.key, count: $0.value.count, example: $0.value.example)
        }
        .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        outcomes = tally.outcomes.map { Outcome(name: $0.key, counts: $0.value) }
            .sorted { ($1.counts.total, $0.name) < ($0.counts.total, $1.name) }
        examples = tally.examples
        self.leftOut = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        let width = Double(tally.timeline.widthMicroseconds) / 1e6
        intervalSeconds = width
        points = tally.timeline.intervals.enumerated().map { index, interval in
            Point(
                seconds: Double(index) * width, started: interval.started, finished: interval.finished,
                failed: interval.failed, median: interval.latency.quantile(0.5),
                p99: interval.latency.quantile(0.99), max: interval.latency.max)
        }
    }

    /// Handshakes that the trace resumes and that were full ones.
    public var resumptionsMissed: Int { sessionsAbsent + sessionsDeclined }
    public var failed: Int { failures.reduce(0) { $0 + $1.count } }
    public var handshakes: Int { fullHandshakes + resumedHandshakes }
    public var matched: Int { outcomes.reduce(0) { $0 + $1.counts.matched } }
    public var differing: Int { outcomes.reduce(0) { $0 + $1.counts.differing } }
    public var unreported: Int { outcomes.reduce(0) { $0 + $1.counts.unreported } }
    public var unanswered: Int { outcomes.reduce(0) { $0 + $1.counts.unanswered } }

    /// Whether everything went as the trace has it.
    public var isGood: Bool {
        failed == 0 && (!checksOutcomes || differing == 0 && unreported == 0 && unanswered == 0)
    }

    static let fullHandshake = "full handshake"
    static let resumedHandshake = "resumed handshake"
    static let fullResponse = "first response, full"
    static let resumedResponse = "first response, resumed"
    static let laterResponse = "later responses"
    static let quantiles: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999),
    ]
}
