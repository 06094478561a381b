/// What the clients of a run have come through, or those of one of its loops.
public struct RunTally: Sendable {
    /// One kind of handshake. Durations count from the moment that the connection was meant to begin.
    public struct Phase: Sendable {
        public var count = 0
        public var handshake = Histogram()
        /// To the end of the first response.
        public var response = Histogram()

        mutating func add(_ other: Phase) {
            count += other.count
            handshake.add(other.handshake)
            response.add(other.response)
        }
    }

    /// One kind of failure.
    public struct Failure: Sendable, Hashable {
        public var count = 0
        public var example = ""
    }

    /// How the connections fared of which the trace expects the same.
    public struct Outcomes: Sendable, Hashable {
        public var matched = 0
        public var differing = 0
        /// The target did not say.
        public var unreported = 0
        /// No response came that could have said it.
        public var unanswered = 0
        public var total: Int { matched + differing + unreported + unanswered }

        mutating func add(_ other: Outcomes) {
            matched += other.matched
            differing += other.differing
            unreported += other.unreported
            unanswered += other.unanswered
        }
    }

    public var started = 0
    public var full = Phase()
    public var resumed = Phase()
    /// Full handshakes where the trace takes up a session and there was none: it lies before the trace, or
    /// had not come back yet.
    public var sessionsAbsent = 0
    /// Full handshakes because the target did not take up the session that it was asked to.
    public var sessionsDeclined = 0
    /// Left in the middle of the handshake, as the trace has it.
    public var abandoned = 0
    public var responses = 0
    public var bodyBytes = 0
    /// From sending to the end of the response, of every request of a connection but the first.
    public var later = Histogram()
    /// How late connections were begun.
    public var slip = Histogram()
    public var statuses: [Int: Int] = [:]
    public private(set) var failures: [String: Failure] = [:]
    public private(set) var outcomes: [String: Outcomes] = [:]
    /// Outcomes that were not as expected, the first few in words.
    public private(set) var examples: [String] = []
    public var timeline = Timeline()

    public init() {}

    public var failed: Int { failures.values.reduce(0) { $0 + $1.count } }
    public var differing: Int { outcomes.values.reduce(0) { $0 + $1.differing } }
    public var unreported: Int { outcomes.values.reduce(0) { $0 + $1.unreported } }
    public var handshakes: Int { full.count + resumed.count }

    /// - Parameters:
    ///   - name: Short and stable: `connect.refused`.
    ///   - example: What happened, once.
    public mutating func fail(_ name: String, count: Int = 1, example: @autoclosure () -> String) {
        // A target can make up names (HTTP statuses, alerts), but not without end.
        let name = failures.count < Self.namesMax || failures[name] != nil ? name : "other"
        if failures[name] == nil { failures[name] = Failure(count: 0, example: example()) }
        failures[name]?.count += count
    }

    public mutating func note(outcome name: String, _ change: (inout Outcomes) -> Void) {
        change(&outcomes[name, default: Outcomes()])
    }

    public mutating func addExample(_ text: @autoclosure () -> String) {
        if examples.count < Self.examplesMax { examples.append(text()) }
    }

    public mutating func add(_ other: RunTally) {
        started += other.started
        full.add(other.full)
        resumed.add(other.resumed)
        sessionsAbsent += other.sessionsAbsent
        sessionsDeclined += other.sessionsDeclined
        abandoned += other.abandoned
        responses += other.responses
        bodyBytes += other.bodyBytes
        later.add(other.later)
        slip.add(other.slip)
        statuses.merge(other.statuses, uniquingKeysWith: +)
        for (name, failure) in other.failures { fail(name, count: failure.count, example: failure.example) }
        for (name, count) in other.outcomes { outcomes[name, default: Outcomes()].add(count) }
        for example in other.examples { addExample(example) }
        timeline.add(other.timeline)
    }

    private static let namesMax = 200
    private static let examplesMax = 20
}
