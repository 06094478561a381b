/// Two runs side by side.
public struct Comparison: Sendable {
    /// One figure of both.
    public struct Row: Sendable, Hashable {
        public var name: String
        public var first: Double
        public var second: Double
        /// As people read it.
        public var texts: [String]

        /// The second over the first; nil where that means nothing.
        public var ratio: Double? { first > 0 ? second / first : nil }
    }

    public let first: RunReport
    public let second: RunReport

    public init(_ first: RunReport, _ second: RunReport) {
        self.first = first
        self.second = second
    }

    public var rows: [Row] {
        func number(_ name: String, _ digits: Int, _ value: (RunReport) -> Double) -> Row {
            let values = [value(first), value(second)]
            return Row(
                name: name, first: values[0], second: values[1],
                texts: values.map { Decimal.text($0, digits: digits) })
        }
        var rows = [
            number("handshakes a second", 0) { $0.seconds > 0 ? Double($0.handshakes) / $0.seconds : 0 },
            number("responses a second", 0) { $0.seconds > 0 ? Double($0.responses) / $0.seconds : 0 },
            number("resumed, % of handshakes", 1) {
                $0.handshakes > 0 ? 100 * Double($0.resumedHandshakes) / Double($0.handshakes) : 0
            },
            number("failures", 0) { Double($0.failed) },
            number("other outcomes", 0) { Double($0.differing) },
            number("client CPU, µs a handshake", 0) {
                $0.handshakes > 0 ? $0.cpuSeconds * 1e6 / Double($0.handshakes) : 0
            },
        ]
        for latency in first.latencies {
            guard let other = second.latencies.first(where: { $0.name == latency.name }),
                latency.histogram.count > 0, other.histogram.count > 0
            else { continue }
            for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
                let values = [latency, other].map { $0.histogram.quantile(share) }
                rows.append(
                    Row(
                        name: "\(latency.name), \(name)", first: Double(values[0]), second: Double(values[1]),
                        texts: values.map { Decimal.duration(microseconds: $0) }))
            }
        }
        return rows
    }

    public var text: String {
        let lines = rows.map { row in
            RunReport.padded(row.name, 36) + row.texts.map { RunReport.left($0, 14) }.joined()
                + RunReport.left(row.ratio.map { Decimal.text($0, digits: 2) + "×" } ?? "", 10)
        }
        let heading = RunReport.padded("", 36) + RunReport.left("first", 14) + RunReport.left("second", 14)
        return ([heading] + lines).joined(separator: "\n") + "\n"
    }
}
