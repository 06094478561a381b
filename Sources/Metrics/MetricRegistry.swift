import Synchronization

/// All numbers of a program: which series there are, who writes them, and how they read when they are
/// scraped.
///
/// Series are never given up, and bounded: each family has a limit, and all together have one.
public final class MetricRegistry: Sendable {
    /// In the order they are shown in.
    public let families: [MetricFamily]
    private let cellCount: Int
    private let state = Mutex(State())

    private struct Series: Hashable {
        let family: String
        let values: [String]
    }

    private struct State {
        var cells: [Series: Int] = [:]
        /// By family.
        var counts: [String: Int] = [:]
        var nextCell = MetricRegistry.sinkCells
        var shards: [MetricShard] = []
        var collectors: [@Sendable (inout MetricSamples) -> Void] = []
    }

    /// - Parameter cellsMax: Numbers of 8 bytes that each shard has room for; a histogram's series takes 18.
    public init(_ families: [MetricFamily], cellsMax: Int = 8192) {
        self.families = families
        cellCount = max(cellsMax, Self.sinkCells)
    }

    /// Room for one more writer's numbers.
    /// - Parameter isShared: Written to by many threads; otherwise by one at a time.
    public func makeShard(isShared: Bool = false) -> MetricShard {
        let shard = MetricShard(cellCount: cellCount, isShared: isShared)
        state.withLock { $0.shards.append(shard) }
        return shard
    }

    // MARK: Series

    /// The series of a counter with these label values. Takes a lock: to be asked for once and kept.
    public func counter(_ family: MetricFamily, _ values: String...) -> CounterCell {
        counter(family, values)
    }

    public func counter(_ family: MetricFamily, _ values: [String]) -> CounterCell {
        precondition(family.kind == .counter, "\(family.name) is no counter")
        return CounterCell(index: cell(family, values, size: 1))
    }

    /// The series of a gauge that shards hold parts of.
    public func gauge(_ family: MetricFamily, _ values: String...) -> GaugeCell {
        precondition(family.kind == .gauge, "\(family.name) is no gauge")
        return GaugeCell(index: cell(family, values, size: 1))
    }

    public func histogram(_ family: MetricFamily, _ values: String...) -> HistogramCell {
        histogram(family, values)
    }

    public func histogram(_ family: MetricFamily, _ values: [String]) -> HistogramCell {
        precondition(family.kind == .histogram, "\(family.name) is no histogram")
        return HistogramCell(index: cell(family, values, size: LatencyBuckets.cellCount))
    }

    private func cell(_ family: MetricFamily, _ values: [String], size: Int) -> Int {
        precondition(values.count == family.labels.count, "\(family.name) has other labels")
        return state.withLock { state in
            let wanted = Series(family: family.name, values: values)
            if let cell = state.cells[wanted] { return cell }
            let other = Series(family: family.name, values: values.map { _ in Self.other })
            let isFull = state.counts[family.name, default: 0] >= family.seriesMax
            let series = isFull ? other : wanted
            if let cell = state.cells[series] { return cell }
            // Where nothing shows it, rather than nowhere.
            guard state.nextCell + size <= cellCount else { return 0 }
            defer { state.nextCell += size }
            state.cells[series] = state.nextCell
            state.counts[family.name, default: 0] += 1
            return state.nextCell
        }
    }

    // MARK: Reading

    /// Asks for values that nobody writes down: called at each scrape, by any thread.
    public func collect(_ collector: @escaping @Sendable (inout MetricSamples) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// Everything, in the Prometheus text format 0.0.4. Collectors may block.
    public func exposition() -> [UInt8] {
        let (cells, shards, collectors) = state.withLock { ($0.cells, $0.shards, $0.collectors) }
        var samples = MetricSamples()
        for collector in collectors { collector(&samples) }
        for (series, cell) in cells {
            guard let family = families.first(where: { $0.name == series.family }) else { continue }
            let sum = { (offset: Int) in shards.reduce(UInt64(0)) { $0 &+ $1.value(at: cell + offset) } }
            switch family.kind {
            case .counter: samples.add(family, series.values, .count(sum(0)))
            case .gauge: samples.add(family, series.values, .integer(Int64(bitPattern: sum(0))))
            case .histogram:
                let buckets = (0..<LatencyBuckets.cellCount - 1).map(sum)
                samples.add(
                    family, series.values,
                    .durations(buckets, sumMicroseconds: sum(LatencyBuckets.cellCount - 1)))
            }
        }
        // What has not happened yet has happened no times: an alert on its rate needs a first value.
        for family in families
        where family.kind == .counter && family.labels.isEmpty && samples.byFamily[family.name] == nil {
            samples.add(family, [], .count(0))
        }
        return Exposition.text(of: families, samples)
    }

    static let other = "other"
    /// Cell 0 and the next take what found no room.
    private static let sinkCells = LatencyBuckets.cellCount
}

/// Values of one moment.
public struct MetricSamples {
    public enum Value: Sendable, Hashable {
        case integer(Int64)
        case count(UInt64)
        /// Seconds, given exactly.
        case microseconds(UInt64)
        /// Durations so far: how many in each bucket of ``LatencyBuckets``.
        case durations([UInt64], sumMicroseconds: UInt64)
    }

    private(set) var byFamily: [String: [(values: [String], value: Value)]] = [:]

    /// - Parameter values: Of the family's labels, in their order.
    public mutating func add(_ family: MetricFamily, _ values: [String], _ value: Value) {
        precondition(values.count == family.labels.count, "\(family.name) has other labels")
        byFamily[family.name, default: []].append((values, value))
    }

    public mutating func add(_ family: MetricFamily, _ values: [String], _ value: Int) {
        add(family, values, .integer(Int64(value)))
    }

    /// Of a family without labels.
    public mutating func add(_ family: MetricFamily, _ value: Int) {
        add(family, [], .integer(Int64(value)))
    }
}
