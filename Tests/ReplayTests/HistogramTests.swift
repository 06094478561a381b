import Testing

@testable import Replay

struct HistogramTests {
    private func exact(_ values: [Int], _ share: Double) -> Int {
        let sorted = values.sorted()
        return sorted[max(1, Int((share * Double(sorted.count)).rounded(.up))) - 1]
    }

    @Test func `a percentile lies at or above the true one, by less than 1 in 128`() {
        var random = RandomStream(seed: 7)
        var histogram = Histogram()
        var values: [Int] = []
        for _ in 0..<50_000 {
            // From microseconds to an hour, evenly in magnitude.
            let value = Int(1 + random.exponential() * Double(1 << Int(random.next() % 28)))
            values.append(value)
            histogram.add(microseconds: value)
        }
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1] {
            let (truth, told) = (exact(values, share), histogram.quantile(share))
            #expect(told >= truth)
            #expect(Double(told - truth) <= Double(truth) * Histogram.relativeErrorMax, "\(share)")
        }
        #expect(histogram.max == values.max())
        #expect(histogram.count == values.count)
        let mean = Double(values.reduce(0, +)) / Double(values.count)
        #expect((histogram.mean - mean).magnitude < 1e-6 * mean)
    }

    @Test func `up to 255 microseconds every value is told as it is`() {
        for value in 0...255 {
            var histogram = Histogram()
            histogram.add(microseconds: value)
            histogram.add(microseconds: 1_000_000)
            #expect(histogram.quantile(0.5) == value)
        }
    }

    @Test func `two added are as one that counted both`() {
        var (first, second, both) = (Histogram(), Histogram(), Histogram())
        for value in stride(from: 1, to: 3_000_000, by: 977) {
            if value % 3 == 0 { first.add(microseconds: value) } else { second.add(microseconds: value) }
            both.add(microseconds: value)
        }
        first.add(second)
        #expect(first.cells.map(\.count) == both.cells.map(\.count))
        #expect(first.quantile(0.99) == both.quantile(0.99) && first.max == both.max)
        #expect(first.count == both.count && (first.mean - both.mean).magnitude < 1e-6 * both.mean)
    }

    @Test func `taken apart and put together it is the same`() {
        var histogram = Histogram()
        for value in stride(from: 0, to: 9_000_000, by: 1313) { histogram.add(microseconds: value) }
        let again = Histogram(cells: histogram.cells, mean: histogram.mean, max: histogram.max)
        #expect(again.cells.map(\.microseconds) == histogram.cells.map(\.microseconds))
        #expect(again.cells.map(\.count) == histogram.cells.map(\.count))
        #expect(again.quantile(0.5) == histogram.quantile(0.5) && again.max == histogram.max)
    }

    @Test func `nothing counted is nothing told, and too long is as long as can be`() {
        var histogram = Histogram()
        #expect(histogram.quantile(0.99) == 0 && histogram.mean == 0 && histogram.cells.isEmpty)
        histogram.add(microseconds: .max)
        histogram.add(microseconds: -1)
        #expect(histogram.max == Int(UInt32.max) && histogram.quantile(0.5) == 0)
    }

    @Test func `the logarithm is right to twelve digits`() {
        for (value, expected) in [
            (1, 0), (2.718281828459045, 1), (10, 2.302585092994046), (0.001, -6.907755278982137),
            (1.5e-9, -20.317800728838247), (123456.789, 11.723646487185881),
        ] {
            #expect((Logarithm.natural(value) - expected).magnitude < 1e-12 * max(1, expected.magnitude))
        }
    }
}
