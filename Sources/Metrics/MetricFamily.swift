/// What one kind of number is called, what it tells, and which labels tell its series apart.
///
/// Names follow the Prometheus conventions: base units, `_total` for what only grows, `_seconds` for times.
public struct MetricFamily: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// Only grows, from the start of the process.
        case counter
        /// Goes up and down.
        case gauge
        /// Durations, by the bounds of ``LatencyBuckets``.
        case histogram
    }

    public let name: String
    public let kind: Kind
    /// One sentence for whoever reads the numbers.
    public let help: String
    /// Names of the labels, in the order of their values.
    public let labels: [String]
    /// So many series at most; what would be one more is counted under the label value `other`.
    public let seriesMax: Int

    public init(
        _ kind: Kind, _ name: String, _ help: String, by labels: [String] = [], seriesMax: Int = 64
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.seriesMax = seriesMax
    }
}

/// The bounds of every duration histogram: 100 µs to 10 s, about three to each power of ten.
public enum LatencyBuckets {
    /// Upper bounds in microseconds, inclusive; above the last there is one bucket more.
    public static let boundsMicroseconds = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
        2_500_000, 5_000_000, 10_000_000,
    ]

    /// The bucket of a duration, counted from 0.
    @inlinable
    public static func index(ofMicroseconds value: Int) -> Int {
        // Spelled out: no array is touched, which all loops would share.
        if value <= 1000 { return value <= 250 ? (value <= 100 ? 0 : 1) : (value <= 500 ? 2 : 3) }
        if value <= 25_000 {
            return value <= 5000 ? (value <= 2500 ? 4 : 5) : (value <= 10_000 ? 6 : 7)
        }
        if value <= 500_000 {
            return value <= 100_000 ? (value <= 50_000 ? 8 : 9) : (value <= 250_000 ? 10 : 11)
        }
        if value <= 2_500_000 { return value <= 1_000_000 ? 12 : 13 }
        return value <= 5_000_000 ? 14 : (value <= 10_000_000 ? 15 : 16)
    }

    /// Cells of one series: a count for each bucket, and the sum of microseconds.
    static let cellCount = 18
}
