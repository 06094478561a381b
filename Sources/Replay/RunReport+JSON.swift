public import Text

/// A report in a file.
extension RunReport {
    public var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("report", "sekisho-replay")
        json.member("version", 1)
        json.key("facts")
        json.beginObject()
        for (name, value) in facts { json.member(name, value) }
        json.endObject()
        json.number("seconds", seconds)
        json.number("cpu_seconds", cpuSeconds)
        json.member("interrupted", wasInterrupted)
        json.member("outcomes_checked", checksOutcomes)
        for (name, count) in counts { json.member(name, Int64(count)) }
        json.number("relative_error_max", Histogram.relativeErrorMax)
        json.list("latencies", latencies) { latency, json in
            json.member("name", latency.name)
            json.histogram(latency.histogram)
        }
        json.list("slip", [slip]) { slip, json in json.histogram(slip) }
        json.list("statuses", statuses) { status, json in
            json.member("status", Int64(status.status))
            json.member("count", Int64(status.count))
        }
        json.list("failures", failures) { failure, json in
            json.member("name", failure.name)
            json.member("count", Int64(failure.count))
            json.member("example", failure.example)
        }
        json.list("outcomes", outcomes) { outcome, json in
            json.member("name", outcome.name)
            json.member("matched", Int64(outcome.counts.matched))
            json.member("differing", Int64(outcome.counts.differing))
            json.member("unreported", Int64(outcome.counts.unreported))
            json.member("unanswered", Int64(outcome.counts.unanswered))
        }
        json.key("examples")
        json.beginArray()
        for example in examples { json.string(example) }
        json.endArray()
        json.list("left_out", leftOut) { left, json in
            json.member("name", left.reason)
            json.member("count", Int64(left.count))
        }
        json.number("interval_seconds", intervalSeconds)
        json.list("intervals", points) { point, json in
            json.number("at", point.seconds)
            for (name, value) in [
                ("started", point.started), ("finished", point.finished), ("failed", point.failed),
                ("p50_us", point.median), ("p99_us", point.p99), ("max_us", point.max),
            ] {
                json.member(name, Int64(value))
            }
        }
        json.endObject()
        return json.bytes + [0x0A]
    }

    private var counts: [(String, Int)] {
        [
            ("connections", started), ("full_handshakes", fullHandshakes),
            ("resumed_handshakes", resumedHandshakes), ("sessions_absent", sessionsAbsent),
            ("sessions_declined", sessionsDeclined), ("abandoned", abandoned), ("responses", responses),
            ("body_bytes", bodyBytes),
        ]
    }

    /// Reads what `json` writes.
    ///
    /// - Throws: Where the text is something else.
    public init(parsing text: [UInt8]) throws(JSONFault) {
        let node = try JSONReader.read(text, dialect: .json, depthMax: 8)
        guard node["report"]?.string == "sekisho-replay", node["version"]?.integer == 1 else {
            throw JSONFault(
                position: node.position, message: "expected a report of sekisho-replay, version 1")
        }
        facts = node["facts"]?.members?.map { ($0.key, $0.node.string ?? "") } ?? []
        seconds = node["seconds"]?.double ?? 0
        cpuSeconds = node["cpu_seconds"]?.double ?? 0
        wasInterrupted = node["interrupted"]?.bool ?? false
        checksOutcomes = node["outcomes_checked"]?.bool ?? false
        started = node.count("connections")
        fullHandshakes = node.count("full_handshakes")
        resumedHandshakes = node.count("resumed_handshakes")
        sessionsAbsent = node.count("sessions_absent")
        sessionsDeclined = node.count("sessions_declined")
        abandoned = node.count("abandoned")
        responses = node.count("responses")
        bodyBytes = node.count("body_bytes")
        latencies = node.list("latencies").map { Latency(name: $0.name, histogram: $0.histogram) }
        slip = node.list("slip").first?.histogram ?? Histogram()
        statuses = node.list("statuses").map { ($0.count("status"), $0.count("count")) }
        failures = node.list("failures").map {
            Failure(name: $0.name, count: $0.count("count"), example: $0["example"]?.string ?? "")
        }
        outcomes = node.list("outcomes").map { outcome in
            Outcome(
                name: outcome.name,
                counts: RunTally.Outcomes(
                    matched: outcome.count("matched"), differing: outcome.count("differing"),
                    unreported: outcome.count("unreported"), unanswered: outcome.count("unanswered")))
        }
        examples = node.list("examples").compactMap(\.string)
        leftOut = node.list("left_out").map { ($0.name, $0.count("count")) }
        intervalSeconds = node["interval_seconds"]?.double ?? 1
        points = node.list("intervals").map {
            Point(
                seconds: $0["at"]?.double ?? 0, started: $0.count("started"), finished: $0.count("finished"),
                failed: $0.count("failed"), median: $0.count("p50_us"), p99: $0.count("p99_us"),
                max: $0.count("max_us"))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func number(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    fileprivate mutating func list<Element>(
        _ name: String, _ elements: [Element], _ write: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            write(element, &self)
            endObject()
        }
        endArray()
    }

    /// The usual percentiles to look at, and all cells to compute with.
    fileprivate mutating func histogram(_ histogram: Histogram) {
        member("count", Int64(histogram.count))
        number("mean_us", histogram.mean)
        for (name, share) in RunReport.quantiles { member("\(name)_us", Int64(histogram.quantile(share))) }
        member("max_us", Int64(histogram.max))
        key("cells")
        beginArray()
        for (microseconds, count) in histogram.cells {
            beginArray()
            integer(Int64(microseconds))
            integer(Int64(count))
            endArray()
        }
        endArray()
    }
}

extension JSONNode {
    fileprivate var name: String { self["name"]?.string ?? "" }

    fileprivate func count(_ name: String) -> Int { Int(clamping: self[name]?.integer ?? 0) }

    fileprivate func list(_ name: String) -> [JSONNode] { self[name]?.array ?? [] }

    fileprivate var histogram: Histogram {
        let cells = list("cells").compactMap { cell -> (Int, Int)? in
            guard let pair = cell.array, pair.count == 2, let microseconds = pair[0].integer,
                let count = pair[1].integer
            else { return nil }
            return (Int(clamping: microseconds), Int(clamping: count))
        }
        return Histogram(cells: cells, mean: self["mean_us"]?.double ?? 0, max: count("max_us"))
    }
}
