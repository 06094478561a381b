/// Counts durations so that every percentile is known to within 1/128 of itself, in constant memory (after
/// HdrHistogram: each power of two is cut into 128 equal parts).
public struct Histogram: Sendable, Equatable {
    /// How far a percentile may lie above the true value, as a share of it; below 256 µs it is exact.
    public static let relativeErrorMax = 1.0 / 128

    public private(set) var count = 0
    /// In microseconds, exact; 0 when nothing was counted.
    public private(set) var max = 0
    private var sum = 0.0
    private var counts: [UInt64] = []

    public init() {}

    /// Durations beyond 71 minutes are counted as that long.
    public mutating func add(microseconds: Int) {
        let value = Swift.min(Swift.max(0, microseconds), Self.valueMax)
        let index = Self.index(of: value)
        if index >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
        }
        counts[index] += 1
        count += 1
        sum += Double(value)
        max = Swift.max(max, value)
    }

    public mutating func add(_ other: Histogram) {
        if counts.count < other.counts.count {
            counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
        }
        for index in other.counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum += other.sum
        max = Swift.max(max, other.max)
    }

    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// A duration that this share of all (0…1) does not exceed, in microseconds; 0 when there is none.
    public func quantile(_ share: Double) -> Int {
        guard count > 0 else { return 0 }
        let wanted = Swift.max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for (index, amount) in counts.enumerated() {
            seen += Int(amount)
            if seen >= wanted { return Swift.min(Self.highest(of: index), max) }
        }
        return max
    }

    /// What was counted: the longest duration of each cell, and how many.
    public var cells: [(microseconds: Int, count: Int)] {
        counts.enumerated().filter { $0.element > 0 }.map { index, amount in
            (Swift.min(Self.highest(of: index), max), Int(amount))
        }
    }

    /// One that was taken apart by `cells`, with what these do not tell.
    public init(cells: [(microseconds: Int, count: Int)], mean: Double, max: Int) {
        for (value, amount) in cells where amount > 0 {
            let index = Self.index(of: Swift.min(Swift.max(0, value), Self.valueMax))
            if index >= counts.count {
                counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
            }
            counts[index] += UInt64(amount)
            count += amount
        }
        self.max = max
        sum = mean * Double(count)
    }

    private static func index(of value: Int) -> Int {
        guard value >= partCount else { return value }
        let exponent = Int.bitWidth - 1 - value.leadingZeroBitCount
        let shift = exponent - partBits
        return partCount + shift * partCount + (value >> shift) - partCount
    }

    private static func highest(of index: Int) -> Int {
        guard index >= partCount else { return index }
        let shift = (index - partCount) / partCount
        let part = partCount + (index - partCount) % partCount
        return ((part + 1) << shift) - 1
    }

    private static let partBits = 7
    private static let partCount = 1 << partBits
    private static let valueMax = Int(UInt32.max)
}
