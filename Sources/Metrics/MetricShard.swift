import Synchronization

/// The numbers of one writer: a loop, which alone writes to its shard, or, for a shared shard, all threads
/// that have none of their own.
///
/// Writing takes no lock and touches no memory that another loop writes to; whoever renders the numbers reads
/// them meanwhile, each whole.
@safe public final class MetricShard: Sendable {
    // Safe: allocated in `init`, freed in `deinit`, never replaced, and every index comes from the registry,
    // which gives out none beyond `cellCount`.
    private nonisolated(unsafe) let cells: UnsafeMutablePointer<Atomic<UInt64>>
    private let cellCount: Int
    private let isShared: Bool

    init(cellCount: Int, isShared: Bool) {
        self.cellCount = cellCount
        self.isShared = isShared
        unsafe cells = .allocate(capacity: cellCount)
        for index in 0..<cellCount { unsafe (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe cells.deinitialize(count: cellCount)
        unsafe cells.deallocate()
    }

    /// Adds to a counter.
    public func count(_ counter: CounterCell, _ amount: Int = 1) {
        add(UInt64(truncatingIfNeeded: amount), at: counter.index)
    }

    /// Takes a duration into a histogram.
    /// - Parameter microseconds: A negative one counts as 0.
    public func observe(_ histogram: HistogramCell, microseconds: Int) {
        let value = max(0, microseconds)
        add(1, at: histogram.index + LatencyBuckets.index(ofMicroseconds: value))
        add(UInt64(value), at: histogram.index + LatencyBuckets.cellCount - 1)
    }

    /// What a gauge stands at here; all shards' values are summed. Only for the shard's own writer.
    public func set(_ gauge: GaugeCell, _ value: Int) {
        precondition(gauge.index < cellCount, "a cell of this shard's registry")
        unsafe cells[gauge.index].store(UInt64(bitPattern: Int64(value)), ordering: .relaxed)
    }

    /// What a counter stands at that somebody else counts. Only for the shard's own writer.
    public func set(_ counter: CounterCell, _ total: Int) { set(GaugeCell(index: counter.index), total) }

    private func add(_ amount: UInt64, at index: Int) {
        precondition(index < cellCount, "a cell of this shard's registry")
        if isShared {
            unsafe cells[index].wrappingAdd(amount, ordering: .relaxed)
        } else {
            // One writer: no need to keep others out.
            let old = unsafe cells[index].load(ordering: .relaxed)
            unsafe cells[index].store(old &+ amount, ordering: .relaxed)
        }
    }

    func value(at index: Int) -> UInt64 { unsafe cells[index].load(ordering: .relaxed) }
}

/// Where a counter's series has its number in every shard.
public struct CounterCell: Sendable, Hashable {
    let index: Int
}

/// Where a gauge's series has its number in every shard.
public struct GaugeCell: Sendable, Hashable {
    let index: Int
}

/// Where a histogram's series has its numbers in every shard.
public struct HistogramCell: Sendable, Hashable {
    let index: Int
}
