import Dispatch
import Synchronization
import Testing

@testable import Metrics

@Suite struct MetricsTests {
    private let requests = MetricFamily(.counter, "t_requests_total", "Requests.", by: ["host"], seriesMax: 3)
    private let open = MetricFamily(.gauge, "t_open", "Open.")
    private let times = MetricFamily(.histogram, "t_seconds", "Times.", by: ["kind"])

    private func registry() -> MetricRegistry { MetricRegistry([requests, open, times]) }

    private func text(_ registry: MetricRegistry) -> String {
        String(decoding: registry.exposition(), as: UTF8.self)
    }

    @Test func `what loops count on their own is one sum when it is read`() {
        let registry = registry()
        let cell = registry.counter(requests, "a")
        let shards = (0..<3).map { _ in registry.makeShard() }
        for (index, shard) in shards.enumerated() { shard.count(cell, index + 1) }
        shards[0].set(registry.gauge(open), 5)
        shards[1].set(registry.gauge(open), -2)
        #expect(
            text(registry) == """
                # HELP t_requests_total Requests.
                # TYPE t_requests_total counter
                t_requests_total{host="a"} 6
                # HELP t_open Open.
                # TYPE t_open gauge
                t_open 3

                """)
    }

    @Test func `a shared shard loses nothing between threads`() {
        let registry = registry()
        let shard = registry.makeShard(isShared: true)
        let cell = registry.counter(requests, "a")
        let group = DispatchGroup()
        let started = Started()
        for index in 0..<2 {
            // A serial queue of its own has a thread of its own.
            DispatchQueue(label: "counter \(index)").async(group: group) {
                started.count.wrappingAdd(1, ordering: .sequentiallyConsistent)
                // Both at once, or none would disturb the other.
                while started.count.load(ordering: .sequentiallyConsistent) < 2 {}
                for _ in 0..<4_000_000 { shard.count(cell) }
            }
        }
        group.wait()
        #expect(text(registry).contains("t_requests_total{host=\"a\"} 8000000\n"))
    }

    @Test func `a duration is in its bucket and in all above`() {
        for (microseconds, bucket) in [
            (-1, 0), (0, 0), (100, 0), (101, 1), (250, 1), (251, 2), (500, 2), (501, 3), (1000, 3), (1001, 4),
            (2500, 4), (2501, 5), (5000, 5), (5001, 6), (10_000, 6), (10_001, 7), (25_000, 7), (25_001, 8),
            (50_000, 8), (50_001, 9), (100_000, 9), (100_001, 10), (250_000, 10), (250_001, 11),
            (500_000, 11), (500_001, 12), (1_000_000, 12), (1_000_001, 13), (2_500_000, 13),
            (2_500_001, 14), (5_000_000, 14), (5_000_001, 15), (10_000_000, 15), (10_000_001, 16),
            (Int.max, 16),
        ] {
            #expect(LatencyBuckets.index(ofMicroseconds: microseconds) == bucket, "\(microseconds)")
        }
        let registry = registry()
        let shard = registry.makeShard()
        let cell = registry.histogram(times, "x")
        for microseconds in [90, 1500, 20_000_000] { shard.observe(cell, microseconds: microseconds) }
        let lines = text(registry).split(separator: "\n")
        #expect(lines.contains("t_seconds_bucket{kind=\"x\",le=\"0.0001\"} 1"))
        #expect(lines.contains("t_seconds_bucket{kind=\"x\",le=\"0.001\"} 1"))
        #expect(lines.contains("t_seconds_bucket{kind=\"x\",le=\"0.0025\"} 2"))
        #expect(lines.contains("t_seconds_bucket{kind=\"x\",le=\"10\"} 2"))
        #expect(lines.contains("t_seconds_bucket{kind=\"x\",le=\"+Inf\"} 3"))
        #expect(lines.contains("t_seconds_sum{kind=\"x\"} 20.00159"))
        #expect(lines.contains("t_seconds_count{kind=\"x\"} 3"))
    }

    @Test func `label values that others choose cannot make more series than the limit`() {
        let registry = registry()
        let shard = registry.makeShard()
        for index in 0..<100 { shard.count(registry.counter(requests, "host\(index)")) }
        let series = text(registry).split(separator: "\n").filter { $0.hasPrefix("t_requests_total{") }
        #expect(series.count == 4)
        #expect(series.contains("t_requests_total{host=\"other\"} 97"))
    }

    @Test func `numbers that find no room at all disturb no others`() {
        let small = MetricRegistry([requests, times], cellsMax: 20)
        let shard = small.makeShard()
        let kept = small.counter(requests, "a")
        shard.observe(small.histogram(times, "x"), microseconds: 7)
        shard.count(kept)
        #expect(text(small).contains("t_requests_total{host=\"a\"} 1\n"))
        #expect(!text(small).contains("t_seconds"))
    }

    @Test func `a counter without labels is there before anything has happened`() {
        let stripped = MetricFamily(.counter, "t_stripped_total", "Stripped.")
        let registry = MetricRegistry([stripped, requests, open])
        #expect(
            text(registry) == """
                # HELP t_stripped_total Stripped.
                # TYPE t_stripped_total counter
                t_stripped_total 0

                """)
        registry.makeShard().count(registry.counter(stripped), 2)
        #expect(text(registry).contains("\nt_stripped_total 2\n"))
    }

    @Test func `a label value cannot end its line or its quotation marks`() {
        let registry = registry()
        let shard = registry.makeShard()
        shard.count(registry.counter(requests, "a\"b\\c\nd"))
        #expect(text(registry).contains(#"t_requests_total{host="a\"b\\c\nd"} 1"#))
    }

    @Test func `a process tells of its memory, descriptors and time`() throws {
        let registry = MetricRegistry(ProcessMetrics.families)
        ProcessMetrics.collect(into: registry)
        let lines = text(registry).split(separator: "\n")
        for family in ProcessMetrics.families {
            let line = try #require(lines.first { $0.hasPrefix("\(family.name) ") }, "\(family.name)")
            let value = try #require(Double(line.split(separator: " ")[1]))
            #expect(value > 0, "\(line)")
        }
    }
}

/// How many threads have come to the line.
private final class Started: Sendable {
    let count = Atomic(0)
}
