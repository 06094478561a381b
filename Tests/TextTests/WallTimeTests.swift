import Testing
import Text

@Suite struct WallTimeTests {
    private let moment = WallTime(seconds: 1_795_427_429)

    @Test(arguments: [
        "", "2026", "2026-11-23", "2026-11-23T09:50:29", "2026-11-23 09:50:29Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-00T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:60:00Z", "2026-11-23T09:50:60Z",
        "2026-11-23T09:50:29.Z", "2026-11-23T09:50:29+9:00", "2026-11-23T09:50:29+24:00",
        "2026-11-23T09:50:29Zx", "+026-11-23T09:50:29Z", "２026-11-23T09:50:29Z",
    ])
    func `text that is no moment is refused`(_ text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test func `every proper prefix of a moment is refused`() {
        let text = "2026-11-23T09:50:29.25+09:00"
        for length in 0..<text.count {
            #expect(WallTime(rfc3339: String(text.prefix(length))) == nil)
        }
        #expect(WallTime(rfc3339: text) != nil)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-23T09:50:29Z", 1_795_427_429), ("2026-11-23T18:50:29.999+09:00", 1_795_427_429),
            ("2026-11-23t04:20:29-05:30", 1_795_427_429), ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func `a moment is read in any offset`(_ text: String, _ seconds: Int64) {
        #expect(WallTime(rfc3339: text)?.seconds == seconds)
    }

    @Test func `a moment is printed for machines, for HTTP and for Japanese readers`() {
        #expect(moment.rfc3339 == "2026-11-23T09:50:29Z")
        #expect(moment.imfFixdate == "Mon, 23 Nov 2026 09:50:29 GMT")
        #expect(moment.japaneseDate == "2026年11月23日")
        #expect(WallTime(seconds: 784_111_777).imfFixdate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(WallTime(seconds: -1).imfFixdate == "Wed, 31 Dec 1969 23:59:59 GMT")
    }

    @Test func `the Japanese day begins nine hours before the day of UTC`() throws {
        #expect(try #require(WallTime(rfc3339: "2026-03-31T14:59:59Z")).japaneseDate == "2026年03月31日")
        #expect(try #require(WallTime(rfc3339: "2026-03-31T15:00:00Z")).japaneseDate == "2026年04月01日")
    }

    @Test func `customers read dates and times by the clock of Japan`() throws {
        let evening = try #require(WallTime(rfc3339: "2026-11-30T15:04:59Z"))
        #expect(evening.japaneseDateTime == "2026年12月01日 0時04分")
        #expect(evening.englishDate == "1 December 2026")
        #expect(evening.englishDateTime == "0:04 on 1 December 2026 (Japan time)")
        #expect(evening.japaneseDayAndMinute == (20_788, 4))
        #expect(WallTime(seconds: -9 * 3600 - 1).japaneseDayAndMinute == (-1, 1439))
        for end in [Int64.min, .max] { #expect(!WallTime(seconds: end).englishDateTime.isEmpty) }
    }

    @Test func `printing and reading agree on the days of four centuries`() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
            let moment = WallTime(seconds: day * 86400 + 86399)
            #expect(WallTime(rfc3339: moment.rfc3339) == moment)
        }
    }

    @Test func `adding stops at the ends`() {
        #expect(moment.adding(seconds: -29).rfc3339 == "2026-11-23T09:50:00Z")
        #expect(WallTime(seconds: .max).adding(seconds: 1).seconds == .max)
        #expect(WallTime(seconds: .min).adding(seconds: -1).seconds == .min)
        #expect(WallTime(seconds: 1) < WallTime(seconds: 2))
        for end in [Int64.min, .max] {
            #expect(!WallTime(seconds: end).rfc3339.isEmpty)
            #expect(!WallTime(seconds: end).japaneseDate.isEmpty)
        }
    }
}
