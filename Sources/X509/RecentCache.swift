/// Keeps what was used of late: at most twice `halfMax` values. Looking something up counts as using it.
///
/// Values live in two halves. When the younger one is full it becomes the older one, and what was there has
/// not been used for as long as it took to fill the younger, and goes.
public struct RecentCache<Key: Hashable, Value> {
    private let halfMax: Int
    private var younger: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    public init(halfMax: Int) {
        precondition(halfMax > 0, "a cache holds something")
        self.halfMax = halfMax
    }

    public var count: Int { younger.count + older.count }

    public mutating func value(for key: Key) -> Value? {
        var dropped: [Key: Value] = [:]
        return value(for: key, dropping: &dropped)
    }

    public mutating func insert(_ value: Value, for key: Key) {
        var dropped: [Key: Value] = [:]
        insert(value, for: key, dropping: &dropped)
    }

    /// - Parameter dropped: gets what had to go, up to `halfMax` values at once, for whoever cannot let go
    ///   of them here.
    public mutating func value(for key: Key, dropping dropped: inout [Key: Value]) -> Value? {
        if let value = younger[key] { return value }
        guard let value = older.removeValue(forKey: key) else { return nil }
        insert(value, for: key, dropping: &dropped)
        return value
    }

    public mutating func insert(_ value: Value, for key: Key, dropping dropped: inout [Key: Value]) {
        if younger.count >= halfMax, younger[key] == nil {
            dropped = older
            older = younger
            younger = [:]
        }
        younger[key] = value
        older[key] = nil
    }

    public mutating func removeValue(for key: Key) {
        younger[key] = nil
        older[key] = nil
    }
}
