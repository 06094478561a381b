public import Text

extension GatewaySettings {
    /// When customers are served, by the clock of Japan (UTC+9).
    public struct Service: Sendable, Hashable {
        public var hours: [Hours]
        public var maintenance: [Maintenance]

        public init(hours: [Hours] = [], maintenance: [Maintenance] = []) {
            self.hours = hours
            self.maintenance = maintenance
        }

        static let schema = Schema(
            Service.init,
            Key(
                "hours", .list(of: .object(Hours.schema), count: 0...21), default: .emptyList,
                "When customers can log in and go on; outside, they see a page that says when it opens."
                    + " Empty: always."),
            Key(
                "maintenance", .list(of: .object(Maintenance.schema), count: 0...100), default: .emptyList,
                "When nobody is served: customers see a page, partners get `temporarily_unavailable` (503)."))
    }

    /// Some days of the week, from one time of the day until another.
    public struct Hours: Sendable, Hashable {
        public enum Days: String, Sendable, CaseIterable {
            case everyday, weekdays, weekend, monday, tuesday, wednesday, thursday, friday, saturday, sunday
        }

        public var days: Days
        /// Minutes since midnight; 1440 is the day's end.
        public var from: Int
        public var until: Int

        public init(days: Days, from: Int, until: Int) {
            self.days = days
            self.from = from
            self.until = until
        }

        static let schema = Schema(
            Hours.init,
            Key("days", .choice(Days.self), default: "everyday", "The days of the week."),
            Key("from", .timeOfDay, "The first minute: `07:00`."),
            Key("until", .timeOfDay, "The minute that is no longer part of it: `24:00` is the day's end."),
            rules: [
                Rule("`from` is before `until`.") { object, reading in
                    guard let from = object["from"]?.string, let until = object["until"]?.string,
                        let start = minuteOfDay(from), let end = minuteOfDay(until), start >= end,
                        let place = object["until"]
                    else { return }
                    reading.complain("expected a time after “\(from)”, not \(place.shown)", at: place)
                }
            ])
    }

    /// One stretch of time.
    public struct Maintenance: Sendable, Hashable {
        public var from: WallTime
        public var until: WallTime

        public init(from: WallTime, until: WallTime) {
            self.from = from
            self.until = until
        }

        static let schema = Schema(
            Maintenance.init,
            Key("from", .moment, "Its beginning: `2027-01-01T00:00:00+09:00`."),
            Key("until", .moment, "The first moment after it."),
            rules: [
                Rule("`from` is before `until`.") { object, reading in
                    guard let from = object["from"]?.string, let until = object["until"]?.string,
                        let start = WallTime(rfc3339: from), let end = WallTime(rfc3339: until), start >= end,
                        let place = object["until"]
                    else { return }
                    reading.complain("expected a time after “\(from)”, not \(place.shown)", at: place)
                }
            ])
    }
}
