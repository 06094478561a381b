/// The Prometheus text format, version 0.0.4.
public enum Exposition {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Families in their order, series by their label values; a family without series is left out.
    static func text(of families: [MetricFamily], _ samples: MetricSamples) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(64 * 1024)
        for family in families {
            guard let series = samples.byFamily[family.name], !series.isEmpty else { continue }
            append("# HELP \(family.name) \(escaped(family.help, quotes: false))\n", to: &text)
            append("# TYPE \(family.name) \(family.kind.rawValue)\n", to: &text)
            for (values, value) in series.sorted(by: { $0.values.lexicographicallyPrecedes($1.values) }) {
                append(family, values, value, to: &text)
            }
        }
        return text
    }

    private static func append(
        _ family: MetricFamily, _ values: [String], _ value: MetricSamples.Value, to text: inout [UInt8]
    ) {
        let pairs = zip(family.labels, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
        let labels = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
        switch value {
        case .integer(let number): append("\(family.name)\(labels) \(number)\n", to: &text)
        case .count(let number): append("\(family.name)\(labels) \(number)\n", to: &text)
        case .microseconds(let number):
            append("\(family.name)\(labels) \(seconds(number))\n", to: &text)
        case .durations(let buckets, let sum):
            var total: UInt64 = 0
            for (index, count) in buckets.enumerated() {
                total &+= count
                let bounds = LatencyBuckets.boundsMicroseconds
                let bound = index < bounds.count ? seconds(UInt64(bounds[index])) : "+Inf"
                let all = (pairs + ["le=\"\(bound)\""]).joined(separator: ",")
                append("\(family.name)_bucket{\(all)} \(total)\n", to: &text)
            }
            append("\(family.name)_sum\(labels) \(seconds(sum))\n", to: &text)
            append("\(family.name)_count\(labels) \(total)\n", to: &text)
        }
    }

    private static func append(_ line: String, to text: inout [UInt8]) { text += line.utf8 }

    /// Without a rounding error, and without zeros at the end.
    static func seconds(_ microseconds: UInt64) -> String {
        let rest = microseconds % 1_000_000
        guard rest > 0 else { return "\(microseconds / 1_000_000)" }
        var digits = Array("\(rest + 1_000_000)".utf8.dropFirst())
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(microseconds / 1_000_000).\(String(decoding: digits, as: UTF8.self))"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
