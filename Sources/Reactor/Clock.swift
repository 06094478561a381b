import CLinux

/// A moment on the clock that never jumps, in nanoseconds. Time limits use it; validity uses the wall clock.
public struct MonotonicTime: Sendable, Hashable, Comparable {
    public var nanoseconds: UInt64

    public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// A negative count is taken as 0; what lies past the clock's end becomes its end.
    public func adding(milliseconds: Int) -> MonotonicTime { adding(milliseconds, of: 1_000_000) }

    /// As with milliseconds.
    public func adding(microseconds: Int) -> MonotonicTime { adding(microseconds, of: 1000) }

    private func adding(_ count: Int, of unitNanoseconds: UInt64) -> MonotonicTime {
        let (product, isTooFar) = UInt64(max(0, count)).multipliedReportingOverflow(by: unitNanoseconds)
        let (sum, isPastEnd) = nanoseconds.addingReportingOverflow(isTooFar ? .max : product)
        return MonotonicTime(nanoseconds: isPastEnd ? .max : sum)
    }

    /// Zero when `earlier` is later.
    public func microseconds(since earlier: MonotonicTime) -> Int {
        nanoseconds > earlier.nanoseconds ? Int((nanoseconds - earlier.nanoseconds) / 1000) : 0
    }
}

public enum Clock {
    /// Seconds since the Unix epoch.
    public static func wall() -> Int64 { Int64(time(nil)) }

    public static func monotonic() -> MonotonicTime {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return MonotonicTime(nanoseconds: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec))
    }
}
