import Testing
import Text
import Traces

@testable import Replay

/// What a run came to, printed, kept, drawn and compared.
struct ReportTests {
    private func report(failures: Int = 0, differing: Int = 0, factor: Int = 1) -> RunReport {
        var tally = RunTally()
        tally.started = 100
        for number in 1...90 {
            let (isResumed, waited) = (number % 3 == 0, number * 100 * factor)
            func note(_ phase: inout RunTally.Phase) {
                phase.count += 1
                phase.handshake.add(microseconds: waited)
                phase.response.add(microseconds: waited * 2)
            }
            if isResumed { note(&tally.resumed) } else { note(&tally.full) }
            tally.timeline.note(at: number * 20_000) { interval in
                interval.started += 1
                interval.finished += 1
                interval.latency.add(microseconds: waited * 2)
            }
        }
        tally.responses = 90
        tally.statuses = [200: 80, 303: 10]
        for _ in 0..<failures { tally.fail("connect.refused", example: "<script>alert(1)</script>") }
        tally.note(outcome: "trusted") { $0.matched = 80 }
        tally.note(outcome: "refused: expired") { counts in
            counts.matched = 10 - differing
            counts.differing = differing
        }
        if differing > 0 { tally.addExample("line 7: expected refused: expired, got trusted") }
        return RunReport(
            tally, facts: [("trace", "a & b"), ("pace", "as recorded")], seconds: 2, cpuSeconds: 0.09,
            wasInterrupted: false, checksOutcomes: true, leftOut: ["no host": 3])
    }

    @Test func `a report is read from its file as it was written`() throws {
        let report = report(failures: 2, differing: 1)
        let again = try RunReport(parsing: report.json)
        #expect(again.text == report.text && again.html == report.html && again.json == report.json)
        #expect(throws: JSONFault.self) { try RunReport(parsing: Array("{}".utf8)) }
    }

    @Test func `a good run says so, and each thing that is not good is named`() {
        let good = report()
        #expect(good.isGood && good.text.hasSuffix("GOOD: all 90 outcomes are as the trace has them\n"))
        let bad = report(failures: 2, differing: 1)
        #expect(!bad.isGood && bad.text.hasSuffix("NOT GOOD: 2 failures, 1 other outcomes\n"))
        #expect(bad.text.contains("line 7: expected refused: expired, got trusted"))
        #expect(bad.text.contains("no host") && bad.text.contains("connect.refused"))
    }

    @Test func `a single failure, and a single outcome that is not as expected, is enough for a bad run`() {
        #expect(!report(failures: 1).isGood && !report(differing: 1).isGood)
        for change: (inout RunTally.Outcomes) -> Void in [{ $0.unreported = 1 }, { $0.unanswered = 1 }] {
            var tally = RunTally()
            tally.note(outcome: "trusted", change)
            func report(checksOutcomes: Bool) -> RunReport {
                RunReport(
                    tally, facts: [], seconds: 1, cpuSeconds: 1, wasInterrupted: false,
                    checksOutcomes: checksOutcomes, leftOut: [:])
            }
            #expect(!report(checksOutcomes: true).isGood && report(checksOutcomes: false).isGood)
            #expect(report(checksOutcomes: true).text.contains("NOT GOOD: 1 "))
        }
    }

    @Test func `resumptions that did not come about are told by their reason`() {
        var tally = RunTally()
        (tally.sessionsAbsent, tally.sessionsDeclined) = (3, 4)
        let report = RunReport(
            tally, facts: [], seconds: 1, cpuSeconds: 1, wasInterrupted: false, checksOutcomes: false,
            leftOut: [:])
        let told = "7 handshakes were full that the trace resumes: 3 had no session, 4 were declined"
        #expect(report.text.contains(told))
        #expect(report.html.contains("3 had no session, 4 were declined"))
        #expect(!self.report().text.contains("that the trace resumes"))
    }

    @Test func `a page stands alone, and nothing in it is markup that should be text`() {
        let page = report(failures: 1, differing: 1).html
        for mark in ["<script", "http://", "https://", "url(", "@import", "<link", "<img"] {
            #expect(!page.contains(mark), "\(mark)")
        }
        #expect(page.contains("a &amp; b") && page.contains("&lt;script&gt;"))
        #expect(page.matches(of: /<svg/).count == 4 && page.matches(of: /<polyline/).count >= 8)
        #expect(!page.contains("nan") && !page.contains("–\""))
    }

    @Test func `a run without a single answer is drawn too`() {
        let empty = RunReport(
            RunTally(), facts: [], seconds: 0, cpuSeconds: 0, wasInterrupted: true, checksOutcomes: false,
            leftOut: [:])
        #expect(empty.html.contains("</html>") && empty.text.contains("ended before its time"))
    }

    @Test func `two runs are compared figure by figure`() throws {
        let comparison = Comparison(report(), report(failures: 1, factor: 2))
        let p50 = try #require(comparison.rows.first { $0.name == "full handshake, p50" })
        #expect(1.98...2.02 ~= p50.ratio ?? 0)
        #expect(comparison.rows.first { $0.name == "failures" }?.texts == ["0", "1"])
        #expect(comparison.text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test func `what happened when is told in intervals that grow with the run`() {
        var timeline = Timeline()
        for second in 0..<10_000 { timeline.note(at: second * 1_000_000) { $0.started += 1 } }
        #expect(timeline.intervals.count <= Timeline.countMax)
        #expect(timeline.intervals.reduce(0) { $0 + $1.started } == 10_000)
        var other = Timeline()
        other.note(at: 5_000_000) { $0.failed += 1 }
        other.add(timeline)
        #expect(other.widthMicroseconds == timeline.widthMicroseconds && other.intervals[0].failed == 1)
    }

    @Test func `names of failures do not grow without end`() {
        var tally = RunTally()
        for status in 0..<1000 { tally.fail("http.\(status)", example: "") }
        #expect(tally.failures.count <= 201 && tally.failed == 1000)
        #expect(tally.failures["other"]?.count == 800)
    }

    @Test(arguments: [
        (0.0, 0, "0"), (12.345, 2, "12.35"), (-0.001, 2, "0.00"), (999.999, 1, "1000.0"), (.nan, 1, "–"),
    ]) func `numbers are rounded as people do`(value: Double, digits: Int, text: String) {
        #expect(Decimal.text(value, digits: digits) == text)
        #expect(Decimal.grouped(1_234_567) == "1,234,567" && Decimal.grouped(-1000) == "-1,000")
        #expect(Decimal.duration(microseconds: 1_500_000) == "1.50 s")
    }
}
