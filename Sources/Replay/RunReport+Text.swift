/// A report as a terminal shows it.
extension RunReport {
    /// Lines of at most a hundred columns, the last one ended.
    public var text: String {
        var lines = facts.map { "\(Self.padded($0.name, 14))\($0.value)" }
        lines.append(summary)
        lines += [""] + latencyLines
        if checksOutcomes { lines += [""] + outcomeLines }
        if !statuses.isEmpty {
            let list = statuses.map { "\($0.status): \(Decimal.grouped($0.count))" }.joined(separator: "   ")
            lines += ["", "responses by status   \(list)"]
        }
        if !failures.isEmpty {
            lines += ["", "failures"]
            lines += failures.map {
                "  \(Self.padded($0.name, 34))\(Self.left(Decimal.grouped($0.count), 9))   \($0.example)"
            }
        }
        if !leftOut.isEmpty {
            lines += ["", "lines not played"]
            lines += leftOut.map { "  \(Self.left(Decimal.grouped($0.count), 9))   \($0.reason)" }
        }
        lines += ["", verdict]
        return lines.joined(separator: "\n") + "\n"
    }

    private var summary: String {
        let rate = seconds > 0 ? Double(handshakes) / seconds : 0
        let each = handshakes > 0 ? cpuSeconds / Double(handshakes) * 1e6 : 0
        return """

            \(Decimal.grouped(started)) connections in \(Decimal.text(seconds, digits: 2)) s: \
            \(Decimal.grouped(fullHandshakes)) full and \(Decimal.grouped(resumedHandshakes)) resumed \
            handshakes (\(Decimal.grouped(Int(rate.rounded())))/s), \(Decimal.grouped(responses)) responses, \
            \(Decimal.grouped(failed)) failures
            client CPU \(Decimal.text(cpuSeconds, digits: 2)) s, \(Decimal.text(each, digits: 0)) µs a \
            handshake; \
            begun at most \(Decimal.duration(microseconds: slip.quantile(0.99))) late (p99), \
            \(Decimal.duration(microseconds: slip.max)) (max)
            """
                + (resumptionsMissed > 0
                    ? "\n\(Decimal.grouped(resumptionsMissed)) handshakes were full that the trace resumes:"
                        + " \(Decimal.grouped(sessionsAbsent)) had no session,"
                        + " \(Decimal.grouped(sessionsDeclined)) were declined"
                    : "")
                + (wasInterrupted ? "\nended before its time" : "")
    }

    private var latencyLines: [String] {
        let names = Self.quantiles.map(\.name) + ["max"]
        var lines = [
            Self.padded("from the intended time", 26) + Self.left("count", 10)
                + names.map { Self.left($0, 10) }.joined()
        ]
        for latency in latencies where latency.histogram.count > 0 {
            let values =
                Self.quantiles.map { latency.histogram.quantile($0.share) } + [latency.histogram.max]
            lines.append(
                Self.padded(latency.name, 26) + Self.left(Decimal.grouped(latency.histogram.count), 10)
                    + values.map { Self.left(Decimal.duration(microseconds: $0), 10) }.joined())
        }
        lines.append("each to within \(Decimal.text(Histogram.relativeErrorMax * 100, digits: 1)) %")
        return lines
    }

    private var outcomeLines: [String] {
        var lines = [
            Self.padded("outcomes expected", 40) + Self.left("as expected", 12) + Self.left("other", 10)
                + Self.left("not told", 10) + Self.left("no answer", 11)
        ]
        for outcome in outcomes {
            let counts = outcome.counts
            lines.append(
                Self.padded("  \(outcome.name)", 40) + Self.left(Decimal.grouped(counts.matched), 12)
                    + Self.left(Decimal.grouped(counts.differing), 10)
                    + Self.left(Decimal.grouped(counts.unreported), 10)
                    + Self.left(Decimal.grouped(counts.unanswered), 11))
        }
        return lines + examples.map { "  \($0)" }
    }

    /// One sentence.
    var verdict: String {
        if isGood {
            return checksOutcomes
                ? "GOOD: all \(Decimal.grouped(matched)) outcomes are as the trace has them"
                : "GOOD: nothing failed; outcomes were not asked for"
        }
        var reasons: [String] = []
        if failed > 0 { reasons.append("\(Decimal.grouped(failed)) failures") }
        if checksOutcomes, differing > 0 { reasons.append("\(Decimal.grouped(differing)) other outcomes") }
        if checksOutcomes, unreported > 0 {
            reasons.append(
                "\(Decimal.grouped(unreported)) outcomes not told"
                    + " (sekisho trace start … --tell, or --check none)"
            )
        }
        if checksOutcomes, unanswered > 0 {
            reasons.append("\(Decimal.grouped(unanswered)) without an answer")
        }
        return "NOT GOOD: \(reasons.joined(separator: ", "))"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
