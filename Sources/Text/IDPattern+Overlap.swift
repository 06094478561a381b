extension IDPattern {
    /// A value that fits both patterns; nil when there is none. The shortest, and of those the first.
    public func overlap(with other: IDPattern) -> String? {
        // Breadth first over pairs of places in the two patterns: at most 257 × 257.
        var seen = Set<Pair>()
        var wave = [(pair: Pair(0, 0), value: [UInt8]())]
        while !wave.isEmpty {
            var next: [(pair: Pair, value: [UInt8])] = []
            for (pair, value) in closed(wave, other, &seen) {
                if pair.a == steps.count, pair.b == other.steps.count {
                    return String(decoding: value, as: UTF8.self)
                }
                guard pair.a < steps.count, pair.b < other.steps.count,
                    let byte = steps[pair.a].accepted.intersection(other.steps[pair.b].accepted).first
                else { continue }
                next.append((Pair(pair.a + 1, pair.b + 1), value + [byte]))
            }
            wave = next
        }
        return nil
    }

    private struct Pair: Hashable {
        let a: Int
        let b: Int

        init(_ a: Int, _ b: Int) {
            self.a = a
            self.b = b
        }
    }

    /// With every pair that is reached by leaving out optional steps; without those seen before.
    private func closed(
        _ wave: [(pair: Pair, value: [UInt8])], _ other: IDPattern, _ seen: inout Set<Pair>
    ) -> [(pair: Pair, value: [UInt8])] {
        var reached: [(pair: Pair, value: [UInt8])] = []
        var open = wave
        while let (pair, value) = open.popLast() {
            guard seen.insert(pair).inserted else { continue }
            reached.append((pair, value))
            if pair.a < steps.count, steps[pair.a].isOptional {
                open.append((Pair(pair.a + 1, pair.b), value))
            }
            if pair.b < other.steps.count, other.steps[pair.b].isOptional {
                open.append((Pair(pair.a, pair.b + 1), value))
            }
        }
        return reached
    }
}
