/// Dates as customers read them, by the calendar and the clock of Japan (UTC+9, no daylight saving time).
extension WallTime {
    /// `2026年11月23日 18時50分`
    public var japaneseDateTime: String {
        let (hour, minute) = japaneseClock
        return "\(japaneseDate) \(hour)時\(minute < 10 ? "0" : "")\(minute)分"
    }

    /// `23 November 2026`
    public var englishDate: String {
        let day = japaneseDay
        return "\(day.day) \(Self.monthNames[day.month - 1]) \(day.year)"
    }

    /// `18:50 on 23 November 2026 (Japan time)`
    public var englishDateTime: String {
        let (hour, minute) = japaneseClock
        return "\(hour):\(minute < 10 ? "0" : "")\(minute) on \(englishDate) (Japan time)"
    }

    /// Days since Thursday 1970-01-01, and the minute within the day.
    public var japaneseDayAndMinute: (day: Int64, minute: Int) {
        let local = adding(seconds: 9 * 3600).seconds
        let remainder = local % 86_400
        return (
            local.flooredQuotient(by: 86_400), Int((remainder < 0 ? remainder + 86_400 : remainder) / 60)
        )
    }

    private var japaneseDay: CivilDate { CivilDate(daysSinceEpoch: japaneseDayAndMinute.day) }

    private var japaneseClock: (hour: Int, minute: Int) {
        let minute = japaneseDayAndMinute.minute
        return (minute / 60, minute % 60)
    }

    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
}
