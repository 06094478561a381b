import Text

extension Kind where Value == Int {
    /// Minutes since midnight, written `07:30`; `24:00` is the day's end.
    static let timeOfDay = Kind(string: .timeOfDay) { text throws(Expectation) in
        guard let minute = minuteOfDay(text) else { throw Expectation(StringShape.timeOfDay.phrase) }
        return minute
    }
}

extension Kind where Value == WallTime {
    /// A moment, with its offset from UTC.
    static let moment = Kind(string: .moment) { text throws(Expectation) in
        guard let moment = WallTime(rfc3339: text) else { throw Expectation(StringShape.moment.phrase) }
        return moment
    }
}

extension StringShape {
    static let timeOfDay = StringShape(
        phrase: "a time of the day (“07:30”, “24:00”)", lengthMax: 5, pattern: "^[0-2][0-9]:[0-5][0-9]$")
    static let moment = StringShape(
        phrase: "a date and time with offset (“2027-01-01T00:00:00+09:00”)", lengthMax: 40,
        pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}")
}

func minuteOfDay(_ text: String) -> Int? {
    let digits = text.utf8.map { Int($0) - 0x30 }
    guard digits.count == 5, digits[2] == 0x0A else { return nil }  // the colon
    for index in [0, 1, 3, 4] where !(0...9).contains(digits[index]) { return nil }
    let (hour, minute) = (digits[0] * 10 + digits[1], digits[3] * 10 + digits[4])
    guard minute < 60, hour < 24 || (hour == 24 && minute == 0) else { return nil }
    return hour * 60 + minute
}
