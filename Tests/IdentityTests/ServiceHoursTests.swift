import Identity
import Testing
import Text

@Suite struct ServiceHoursTests {
    /// Monday to Friday from 8:00 to 20:00, Saturday from 9:00 to midnight.
    private let hours = ServiceHours(
        openings: [
            ServiceHours.Opening(
                days: [.monday, .tuesday, .wednesday, .thursday, .friday], minutes: 480..<1200),
            ServiceHours.Opening(days: [.saturday], minutes: 540..<1440),
        ])

    private func japan(_ text: String) throws -> WallTime {
        try #require(WallTime(rfc3339: "\(text)+09:00"))
    }

    @Test func `without hours it is always open`() throws {
        #expect(ServiceHours().closing(at: try japan("2026-11-25T03:00:00")) == nil)
    }

    @Test func `it opens with the minute and closes with the minute, by the clock of Japan`() throws {
        // 2026-11-25 is a Wednesday.
        for (time, isOpen) in [
            ("2026-11-25T07:59:59", false), ("2026-11-25T08:00:00", true), ("2026-11-25T19:59:59", true),
            ("2026-11-25T20:00:00", false), ("2026-11-28T08:59:59", false), ("2026-11-28T23:59:59", true),
            ("2026-11-29T00:00:00", false), ("2026-11-29T12:00:00", false),
        ] {
            #expect((hours.closing(at: try japan(time)) == nil) == isOpen, "\(time)")
        }
    }

    @Test(arguments: [
        ("2026-11-25T00:00:00", "2026-11-25T08:00:00"), ("2026-11-25T20:00:00", "2026-11-26T08:00:00"),
        ("2026-11-27T23:00:00", "2026-11-28T09:00:00"), ("2026-11-29T00:00:00", "2026-11-30T08:00:00"),
    ])
    func `the page can say when it opens again`(time: String, opens: String) throws {
        #expect(hours.closing(at: try japan(time)) == .outsideHours(opensAt: try japan(opens)))
    }

    @Test func `one opening a week is found from everywhere in the week`() throws {
        let weekly = ServiceHours(openings: [ServiceHours.Opening(days: [.sunday], minutes: 0..<1)])
        #expect(
            weekly.closing(at: try japan("2026-11-29T00:01:00"))
                == .outsideHours(opensAt: try japan("2026-12-06T00:00:00")))
        let never = ServiceHours(openings: [ServiceHours.Opening(days: [], minutes: 0..<1)])
        #expect(never.closing(at: try japan("2026-11-29T00:01:00")) == .outsideHours(opensAt: nil))
    }

    @Test func `maintenance closes whatever the hours say, from its first second to before its last`() throws
    {
        let from = try japan("2026-11-25T10:00:00")
        let until = try japan("2026-11-25T11:00:00")
        var closed = hours
        closed.maintenance = [from..<until]
        #expect(closed.closing(at: from.adding(seconds: -1)) == nil)
        #expect(closed.closing(at: from) == .maintenance(until: until))
        #expect(closed.closing(at: until.adding(seconds: -1)) == .maintenance(until: until))
        #expect(closed.closing(at: until) == nil)
    }

    @Test func `at the ends of time it answers`() {
        for end in [Int64.min, .max] { _ = hours.closing(at: WallTime(seconds: end)) }
    }
}
