import Synchronization

/// A value that is replaced whole and read by many threads. Nobody sees half of a change.
public final class Published<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    private let count = Atomic<UInt64>(0)

    public init(_ value: Value) {
        self.value = Mutex(value)
    }

    public var current: Value { value.withLock { $0 } }

    /// Moves with every replacement; cheap to look at.
    public var generation: UInt64 { count.load(ordering: .acquiring) }

    public func replace(_ newValue: Value) {
        var replaced = newValue
        value.withLock { value in
            swap(&value, &replaced)
            count.wrappingAdd(1, ordering: .acquiringAndReleasing)
        }
        // The old value ends here, outside of the lock: it may read this object.
        withExtendedLifetime(replaced) {}
    }

    fileprivate var snapshot: (value: Value, generation: UInt64) {
        value.withLock { ($0, count.load(ordering: .acquiring)) }
    }
}

/// One thread's view of a published value: takes the lock only after a replacement.
public struct PublishedReader<Value: Sendable> {
    private let source: Published<Value>
    private var value: Value
    private var generation: UInt64

    public init(_ source: Published<Value>) {
        self.source = source
        (value, generation) = source.snapshot
    }

    /// The value in force now.
    public mutating func read() -> Value { readChange() ?? value }

    /// The value in force now; nil when it is the one that was read last.
    public mutating func readChange() -> Value? {
        guard source.generation != generation else { return nil }
        (value, generation) = source.snapshot
        return value
    }
}
