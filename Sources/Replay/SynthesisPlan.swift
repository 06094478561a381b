/// What a made-up trace should look like.
public struct SynthesisPlan: Sendable {
    /// How connections are spread over time around the rate that is asked for.
    public enum Arrival: String, Sendable, CaseIterable {
        /// At even intervals.
        case constant
        /// Independent of one another, as those of many customers are.
        case poisson
        /// Independent, and with a morning's shape: a steep rise to the rate that is given, a slow decline.
        case morningRush
    }

    /// What is wrong with a customer's certificate.
    public enum Refusal: String, Sendable, CaseIterable {
        /// There is no certificate.
        case none
        case expired, notYetValid, revoked, unknownCA, wrongPurpose, weakKey
        /// A good one that leads to no customer.
        case unmapped
    }

    /// A point of a curve; between two points it is a straight line.
    public struct Point: Sendable, Hashable {
        public var seconds: Double
        public var value: Double

        public init(seconds: Double, value: Double) {
            self.seconds = seconds
            self.value = value
        }
    }

    public var seconds: Double
    /// Connections a second.
    public var rate: [Point]
    public var arrival = Arrival.poisson
    public var customerCount = 1000
    public var hosts: [(value: String, weight: Double)] = [("cert.fb.localhost", 1)]
    /// Share of the connections that take up an earlier session, as far as there is one.
    public var resumedShare = 0.0
    /// Shares of the connections.
    public var refusals: [(value: Refusal, weight: Double)] = []
    public var versions: [(value: String, weight: Double)] = [("1.3", 1)]
    public var keys: [(value: String, weight: Double)] = [("EC P-256", 1)]
    public var requests: [(value: Int, weight: Double)] = [(1, 1)]
    /// Certificates that a customer presents.
    public var chainCount = 2
    /// How long a connection stands.
    public var lastedSeconds = 0.0

    public init(seconds: Double, rate: Double) {
        self.seconds = seconds
        self.rate = [Point(seconds: 0, value: rate)]
    }

    /// More lines than this are not made at once.
    public static let linesMax = 5_000_000

    /// Connections a second at a moment.
    func rate(at moment: Double) -> Double {
        let shape = arrival == .morningRush ? Self.morning(at: moment / seconds) : 1
        return shape * Self.value(of: rate, at: moment)
    }

    /// How many connections that makes, about.
    public var lineCount: Double {
        let steps = 1000
        let step = seconds / Double(steps)
        return (0..<steps).reduce(0) { $0 + rate(at: (Double($1) + 0.5) * step) * step }
    }

    private static func value(of curve: [Point], at moment: Double) -> Double {
        guard let next = curve.firstIndex(where: { $0.seconds > moment }) else {
            return curve.last?.value ?? 0
        }
        guard next > 0 else { return curve[0].value }
        let (a, b) = (curve[next - 1], curve[next])
        return a.value + (b.value - a.value) * (moment - a.seconds) / (b.seconds - a.seconds)
    }

    /// From a tenth to the whole within the first third, then down to three tenths.
    private static func morning(at share: Double) -> Double {
        if share < 1.0 / 3 {
            let rise = share * 3
            return 0.1 + 0.9 * rise * rise * (3 - 2 * rise)
        }
        return 1 - 0.7 * (share - 1.0 / 3) * 1.5
    }
}
