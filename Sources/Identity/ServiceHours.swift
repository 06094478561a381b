public import Text

/// When customers are served, by the clock of Japan.
public struct ServiceHours: Sendable, Hashable {
    public enum Weekday: Int, Sendable, CaseIterable {
        case sunday, monday, tuesday, wednesday, thursday, friday, saturday
    }

    /// On these days from one minute of the day until before another; 1440 is midnight at the day's end.
    public struct Opening: Sendable, Hashable {
        public var days: Set<Weekday>
        public var minutes: Range<Int>

        public init(days: Set<Weekday>, minutes: Range<Int>) {
            self.days = days
            self.minutes = minutes
        }
    }

    /// Why nobody is served, and until when, where that is known.
    public enum Closing: Sendable, Hashable {
        case outsideHours(opensAt: WallTime?)
        case maintenance(until: WallTime)
    }

    /// Empty: always open.
    public var openings: [Opening]
    public var maintenance: [Range<WallTime>]

    public init(openings: [Opening] = [], maintenance: [Range<WallTime>] = []) {
        self.openings = openings
        self.maintenance = maintenance
    }

    /// Nil when customers are served.
    public func closing(at now: WallTime) -> Closing? {
        if let down = maintenance.first(where: { $0.contains(now) }) {
            return .maintenance(until: down.upperBound)
        }
        if openings.isEmpty { return nil }
        let (day, minute) = now.japaneseDayAndMinute
        if openings.contains(where: { $0.days.contains(Self.weekday(day)) && $0.minutes.contains(minute) }) {
            return nil
        }
        return .outsideHours(opensAt: nextOpening(after: day, minute))
    }

    private func nextOpening(after day: Int64, _ minute: Int) -> WallTime? {
        for later in day...day + 7 {
            let starts = openings.filter { $0.days.contains(Self.weekday(later)) }.map(\.minutes.lowerBound)
            if let start = starts.filter({ later > day || $0 > minute }).min() {
                let (midnight, isTooFar) = later.multipliedReportingOverflow(by: 86_400)
                return isTooFar
                    ? nil : WallTime(seconds: midnight).adding(seconds: Int64(start) * 60 - 9 * 3600)
            }
        }
        return nil
    }

    /// 1970-01-01 was a Thursday.
    private static func weekday(_ day: Int64) -> Weekday {
        Weekday(rawValue: Int((day % 7 + 11) % 7)) ?? .sunday
    }
}
