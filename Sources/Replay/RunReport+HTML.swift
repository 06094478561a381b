/// A report as one page that needs nothing beside it: no script, no font, no address.
extension RunReport {
    public var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>sekisho-replay</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>\(Self.style)</style></head>
        <body><main>
        <header><h1>sekisho-replay</h1>
        <p class="verdict \(isGood ? "good" : "bad")">\(Markup.escaped(verdict))</p>
        <dl>\(factList)</dl>
        </header>
        <section class="tiles">\(tiles)</section>
        <section class="grid">
        <figure><figcaption>Connections a second</figcaption>\(throughputPlot)</figure>
        <figure><figcaption>From the intended beginning to the first response</figcaption>
        \(latencyPlot)</figure>
        <figure><figcaption>Handshake latency by percentile</figcaption>
        \(distributionPlot(Self.fullHandshake, Self.resumedHandshake))</figure>
        <figure><figcaption>First response by percentile</figcaption>
        \(distributionPlot(Self.fullResponse, Self.resumedResponse))</figure>
        </section>
        \(tables)
        <footer>Percentiles to within \(Decimal.text(Histogram.relativeErrorMax * 100, digits: 1)) %, \
        counted from the moment a connection was meant to begin, so that a target that stalls hides
        nothing.</footer>
        </main></body></html>

        """
    }

    private var tables: String {
        var text = ""
        func add(_ heading: String, _ content: String) {
            text += "<section><h2>\(heading)</h2>\(content)</section>"
        }
        if checksOutcomes { add("Outcomes", outcomeBars) }
        add("Latency", latencyTable)
        if !failures.isEmpty { add("Failures", failureTable) }
        if !leftOut.isEmpty { add("Lines not played", leftOutTable) }
        return text
    }

    private var factList: String {
        facts.map { "<div><dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd></div>" }
            .joined()
    }

    private var tiles: String {
        let rate = seconds > 0 ? Double(handshakes) / seconds : 0
        let each = handshakes > 0 ? cpuSeconds * 1e6 / Double(handshakes) : 0
        let p99 = latencies.first { $0.name == Self.fullHandshake }?.histogram.quantile(0.99) ?? 0
        let tiles: [(name: String, value: String, note: String)] = [
            ("connections", Decimal.grouped(started), "in \(Decimal.text(seconds, digits: 1)) s"),
            (
                "handshakes a second", Decimal.grouped(Int(rate.rounded())),
                "\(Decimal.grouped(handshakes)) in all"
            ),
            ("full", Decimal.grouped(fullHandshakes), "p99 \(Decimal.duration(microseconds: p99))"),
            (
                "resumed", Decimal.grouped(resumedHandshakes),
                resumptionsMissed > 0
                    ? "\(Decimal.grouped(sessionsAbsent)) had no session,"
                        + " \(Decimal.grouped(sessionsDeclined)) were declined" : "none missed"
            ),
            (
                "outcomes as expected", checksOutcomes ? Decimal.grouped(matched) : "–",
                checksOutcomes ? "\(Decimal.grouped(differing)) other" : "not asked for"
            ),
            ("failures", Decimal.grouped(failed), "\(Decimal.grouped(responses)) responses"),
            (
                "client CPU", "\(Decimal.text(each, digits: 0)) µs",
                "a handshake; begun \(Decimal.duration(microseconds: slip.quantile(0.99))) late (p99)"
            ),
        ]
        return tiles.map { "<div><span>\($0.name)</span><b>\($0.value)</b><small>\($0.note)</small></div>" }
            .joined()
    }

    // MARK: Tables

    private var latencyTable: String {
        let heads = (["count"] + Self.quantiles.map(\.name) + ["max"]).map { "<th>\($0)</th>" }.joined()
        let rows = latencies.filter { $0.histogram.count > 0 }.map { latency in
            let values = Self.quantiles.map { latency.histogram.quantile($0.share) } + [latency.histogram.max]
            return "<tr><th>\(latency.name)</th><td>\(Decimal.grouped(latency.histogram.count))</td>"
                + values.map { "<td>\(Decimal.duration(microseconds: $0))</td>" }.joined() + "</tr>"
        }
        return "<table><tr><th></th>\(heads)</tr>\(rows.joined())</table>"
    }

    private var failureTable: String {
        let rows = failures.map {
            "<tr><th>\(Markup.escaped($0.name))</th><td>\(Decimal.grouped($0.count))</td>"
                + "<td class=\"text\">\(Markup.escaped($0.example))</td></tr>"
        }
        return "<table>\(rows.joined())</table>"
    }

    private var leftOutTable: String {
        let rows = leftOut.map {
            "<tr><th>\(Markup.escaped($0.reason))</th><td>\(Decimal.grouped($0.count))</td></tr>"
        }
        return "<table>\(rows.joined())</table>"
    }

    /// A bar for each kind, as long as its share of the largest: what matched, and what did not.
    private var outcomeBars: String {
        let largest = max(1, outcomes.map(\.counts.total).max() ?? 1)
        let rows = outcomes.map { outcome in
            let counts = outcome.counts
            // What is rare is seen nevertheless.
            func part(_ count: Int, _ name: String) -> String {
                guard count > 0 else { return "" }
                let width = max(0.6, 100 * Double(count) / Double(largest))
                return "<i class=\"\(name)\" style=\"width:\(Decimal.text(width, digits: 2))%\"></i>"
            }
            let wrong = counts.differing + counts.unreported + counts.unanswered
            return "<tr><th>\(Markup.escaped(outcome.name))</th><td class=\"bar\">"
                + part(counts.matched, "match") + part(counts.differing, "differ")
                + part(counts.unreported + counts.unanswered, "silent")
                + "</td><td>\(Decimal.grouped(counts.matched))</td>"
                + "<td class=\"\(wrong > 0 ? "wrong" : "none")\">\(Decimal.grouped(wrong))</td></tr>"
        }
        let list = examples.map { "<li>\(Markup.escaped($0))</li>" }.joined()
        return
            "<table class=\"bars\"><tr><th>expected</th><th></th><th>as expected</th><th>otherwise</th></tr>"
            + "\(rows.joined())</table>" + (list.isEmpty ? "" : "<ul>\(list)</ul>")
    }

    // MARK: Plots

    private var throughputPlot: String {
        let width = max(intervalSeconds, 1e-6)
        let rates = points.map {
            (Double($0.started) / width, Double($0.finished) / width, Double($0.failed) / width)
        }
        let top = rates.map { max($0.0, $0.1, $0.2) }.max() ?? 0
        var plot = Plot(across: .linear(to: max(seconds, width)), upwards: .linear(to: top))
        plot.axis(across: "s", upwards: "")
        let middles = points.map { $0.seconds + width / 2 }
        plot.area(zip(middles, rates.map(\.1)).map { ($0, $1) }, "finished")
        plot.line(zip(middles, rates.map(\.0)).map { ($0, $1) }, "started")
        if failed > 0 { plot.line(zip(middles, rates.map(\.2)).map { ($0, $1) }, "failed") }
        var entries = [(label: "begun", style: "started"), (label: "answered", style: "finished")]
        if failed > 0 { entries.append((label: "failed", style: "failed")) }
        plot.legend(entries)
        return plot.svg
    }

    private var latencyPlot: String {
        let width = max(intervalSeconds, 1e-6)
        let seen = points.filter { $0.max > 0 }
        let (low, high) = (seen.map(\.median).min() ?? 1, seen.map(\.max).max() ?? 1)
        var plot = Plot(
            across: .linear(to: max(seconds, width)),
            upwards: .logarithmic(from: Double(max(1, low)), to: Double(max(10, high))))
        plot.axis(across: "s", upwards: "duration")
        for (name, value) in [("max", \Point.max), ("p99", \Point.p99), ("p50", \Point.median)] {
            plot.line(seen.map { ($0.seconds + width / 2, Double($0[keyPath: value])) }, name)
        }
        plot.legend([("p50", "p50"), ("p99", "p99"), ("max", "max")])
        return plot.svg
    }

    /// Percentiles spread so that each further nine gets as much room.
    private func distributionPlot(_ full: String, _ resumed: String) -> String {
        var found: [(style: String, histogram: Histogram)] = []
        for (name, style) in [(full, "full"), (resumed, "resumed")] {
            guard let latency = latencies.first(where: { $0.name == name && $0.histogram.count > 0 }) else {
                continue
            }
            found.append((style, latency.histogram))
        }
        let low = found.map { $0.histogram.quantile(0) }.min() ?? 1
        let high = found.map(\.histogram.max).max() ?? 10
        var plot = Plot(
            across: .nines(4), upwards: .logarithmic(from: Double(max(1, low)), to: Double(max(10, high))))
        plot.axis(across: "", upwards: "duration")
        for (style, histogram) in found {
            let steps = (0...200).map { Double($0) / 200 * 4 }
            plot.line(
                steps.filter { $0 == 0 || histogram.count >= Int(Plot.powerOfTen($0)) }.map { nines in
                    (nines, Double(histogram.quantile(1 - 1 / Plot.powerOfTen(nines))))
                }, style)
        }
        plot.legend(found.map { (label: $0.style, style: $0.style) })
        return plot.svg
    }
}

/// Text in a page.
enum Markup {
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
