/// A moment of civil time: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct WallTime: Sendable, Hashable, Comparable {
    public var seconds: Int64

    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Reads an RFC 3339 §5.6 date-time: `2026-11-23T09:50:29Z`, with any offset. A fraction is cut off.
    /// `nil` for anything else; a leap second counts as the second after it.
    public init?(rfc3339 text: String) {
        var bytes = TimestampBytes(text)
        guard let year = bytes.digits(4), bytes.take("-"), let month = bytes.digits(2), bytes.take("-"),
            let day = bytes.digits(2), bytes.take("T") || bytes.take("t"),
            let hour = bytes.digits(2), bytes.take(":"), let minute = bytes.digits(2), bytes.take(":"),
            let second = bytes.digits(2), bytes.skipFraction(), let offset = bytes.offsetSeconds(),
            bytes.isAtEnd
        else { return nil }
        guard second < 60 || (second == 60 && minute == 59),
            let moment = WallTime(
                year: year, month: Int(month), day: Int(day), hour: hour, minute: minute, second: 0)
        else { return nil }
        seconds = moment.seconds + second - offset
    }

    /// A moment of UTC by its calendar fields, as ASN.1 times have them; `nil` when there is no such moment.
    public init?(year: Int64, month: Int, day: Int, hour: Int64, minute: Int64, second: Int64) {
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isReal, (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        seconds = date.daysSinceEpoch * 86400 + hour * 3600 + minute * 60 + second
    }

    public static func < (a: WallTime, b: WallTime) -> Bool {
        a.seconds < b.seconds
    }

    /// The moment `seconds` later (earlier when negative); stops at the ends of what `Int64` can say.
    public func adding(seconds delta: Int64) -> WallTime {
        let (sum, overflow) = seconds.addingReportingOverflow(delta)
        return WallTime(seconds: overflow ? (delta > 0 ? .max : .min) : sum)
    }

    /// `2026-11-23T09:50:29Z` (RFC 3339).
    public var rfc3339: String {
        let (date, second) = civil
        return "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))T\(clockText(second))Z"
    }

    /// `Mon, 23 Nov 2026 09:50:29 GMT`, as HTTP's `Date` wants it (RFC 9110 §5.6.7).
    public var imfFixdate: String {
        let (date, second) = civil
        return "\(weekdayNames[date.weekday]), \(padded(date.day)) \(monthNames[date.month - 1])"
            + " \(padded(date.year, 4)) \(clockText(second)) GMT"
    }

    /// `2026年11月23日`, the calendar day in Japan (UTC+9, no daylight saving time).
    public var japaneseDate: String {
        let (date, _) = adding(seconds: 9 * 3600).civil
        return "\(padded(date.year, 4))年\(padded(date.month))月\(padded(date.day))日"
    }

    /// The UTC date, and the second within that day.
    private var civil: (CivilDate, Int64) {
        let remainder = seconds % 86400
        let secondOfDay = remainder < 0 ? remainder + 86400 : remainder
        return (CivilDate(daysSinceEpoch: seconds.flooredQuotient(by: 86400)), secondOfDay)
    }
}

private func clockText(_ secondOfDay: Int64) -> String {
    "\(padded(secondOfDay / 3600)):\(padded(secondOfDay / 60 % 60)):\(padded(secondOfDay % 60))"
}

private func padded(_ number: some BinaryInteger, _ width: Int = 2) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
    return (number < 0 ? "-" : "") + zeros + digits
}

private let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]
private let weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/// The bytes of a timestamp, taken from the front.
private struct TimestampBytes {
    private let bytes: [UInt8]
    private var next = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { next == bytes.count }

    mutating func take(_ expected: Unicode.Scalar) -> Bool {
        guard next < bytes.count, UInt32(bytes[next]) == expected.value else { return false }
        next += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard next + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[next..<next + count] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        next += count
        return value
    }

    /// Passes over `.123`; false for a dot without digits.
    mutating func skipFraction() -> Bool {
        guard take(".") else { return true }
        guard digits(1) != nil else { return false }
        while digits(1) != nil {}
        return true
    }

    mutating func offsetSeconds() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") {
            sign = 1
        } else if take("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}
