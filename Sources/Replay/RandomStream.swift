/// Random numbers from a seed, the same on every machine: a trace is made again by its seed. Not for secrets.
///
/// SplitMix64 (Steele, Lea, Flood 2014).
struct RandomStream: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// From 0 up to, and not, 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Exponentially distributed with mean 1: the gaps between independent arrivals.
    mutating func exponential() -> Double { -Logarithm.natural(1 - unit()) }
}

/// The standard library has no logarithm, and a pure room has nothing else.
enum Logarithm {
    /// Of a positive number, to some 15 digits.
    static func natural(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return -.infinity }
        var (mantissa, exponent) = (value.significand, Double(value.exponent))
        if mantissa > 1.414_213_562_373_095 {
            mantissa /= 2
            exponent += 1
        }
        // ln m = 2 artanh((m - 1)/(m + 1)), and the argument is below 0.172.
        let ratio = (mantissa - 1) / (mantissa + 1)
        var (power, sum, divisor) = (ratio, 0.0, 1.0)
        while divisor < 24 {
            sum += power / divisor
            power *= ratio * ratio
            divisor += 2
        }
        return 2 * sum + exponent * 0.693_147_180_559_945_3
    }

    static func decimal(_ value: Double) -> Double { natural(value) / 2.302_585_092_994_046 }
}

/// A choice among values by weight.
struct Weighted<Value: Sendable>: Sendable {
    let values: [Value]
    private let bounds: [Double]

    /// Weights are positive; their sum need not be 1.
    init(_ weights: [(value: Value, weight: Double)]) {
        precondition(!weights.isEmpty, "a choice needs something to choose from")
        values = weights.map(\.value)
        var sum = 0.0
        bounds = weights.map {
            sum += $0.weight
            return sum
        }
    }

    func pick(_ random: inout RandomStream) -> Value {
        let point = random.unit() * (bounds.last ?? 0)
        return values[bounds.firstIndex { point < $0 } ?? values.count - 1]
    }
}
