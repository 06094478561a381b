/// One plot of a report, as SVG: two axes, lines over them, a legend.
struct Plot {
    enum Scale {
        /// From 0.
        case linear(to: Double)
        case logarithmic(from: Double, to: Double)
        /// Percentiles: 0, 90, 99, 99.9 … at even distances.
        case nines(Int)
    }

    private let across: Scale
    private let upwards: Scale
    private var marks = ""

    init(across: Scale, upwards: Scale) {
        self.across = across.rounded
        self.upwards = upwards.rounded
    }

    var svg: String {
        """
        <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img">\(marks)</svg>
        """
    }

    /// - Parameters:
    ///   - across: The unit behind the numbers of the horizontal axis.
    ///   - upwards: `duration` for microseconds, or the unit.
    mutating func axis(across unit: String, upwards kind: String) {
        let digits = Self.digits(upwards.ticks)
        for tick in upwards.ticks {
            let y = self.y(tick)
            let label = kind == "duration" ? Self.duration(tick) : Self.number(tick, digits) + kind
            mark(x: Double(Self.left), Double(Self.width - Self.right), y: y, y)
            mark(label, x: Double(Self.left - 6), y: y, "tick end")
        }
        let digitsAcross = Self.digits(across.ticks)
        for tick in across.ticks {
            let label =
                if case .nines = across {
                    Self.percentile(tick)
                } else {
                    "\(Self.number(tick, digitsAcross)) \(unit)"
                }
            let x = self.x(tick)
            mark(x: x, x, y: Double(Self.top), Double(Self.height - Self.bottom))
            mark(label, x: x, y: Double(Self.height - Self.bottom + 12), "tick middle")
        }
    }

    private mutating func mark(x x1: Double, _ x2: Double, y y1: Double, _ y2: Double) {
        marks += "<line class=\"gridline\" x1=\"\(Self.text(x1))\" x2=\"\(Self.text(x2))\""
        marks += " y1=\"\(Self.text(y1))\" y2=\"\(Self.text(y2))\"/>"
    }

    private mutating func mark(_ label: String, x: Double, y: Double, _ style: String) {
        marks += "<text class=\"\(style)\" x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" dy=\"0.35em\">"
        marks += "\(label)</text>"
    }

    mutating func line(_ points: [(Double, Double)], _ style: String) {
        guard !points.isEmpty else { return }
        marks += "<polyline class=\"line \(style)\" points=\"\(path(points))\"/>"
    }

    mutating func area(_ points: [(Double, Double)], _ style: String) {
        guard let first = points.first, let last = points.last else { return }
        let foot = Self.text(Double(Self.height - Self.bottom))
        marks += "<polygon class=\"area \(style)\" points=\"\(Self.text(x(first.0))),\(foot) \(path(points)) "
        marks += "\(Self.text(x(last.0))),\(foot)\"/>"
        line(points, style)
    }

    mutating func legend(_ entries: [(label: String, style: String)]) {
        var x = Self.left + 4
        for (label, style) in entries {
            marks += "<line class=\"line \(style)\" x1=\"\(x)\" x2=\"\(x + 18)\" y1=\"10\" y2=\"10\"/>"
            marks += "<text class=\"tick\" x=\"\(x + 23)\" y=\"10\" dy=\"0.35em\">\(label)</text>"
            x += 40 + 7 * label.count
        }
    }

    /// Ten to a power that is not negative.
    static func powerOfTen(_ exponent: Double) -> Double {
        var (whole, value) = (exponent.rounded(.down), 1.0)
        let rest = (exponent - whole) * 2.302_585_092_994_046
        while whole >= 1 {
            value *= 10
            whole -= 1
        }
        // e to a power below 2.31, by its series.
        var (term, sum) = (1.0, 1.0)
        for step in 1...24 {
            term *= rest / Double(step)
            sum += term
        }
        return value * sum
    }

    private func path(_ points: [(Double, Double)]) -> String {
        points.map { "\(Self.text(x($0.0))),\(Self.text(y($0.1)))" }.joined(separator: " ")
    }

    private func x(_ value: Double) -> Double {
        Double(Self.left) + across.share(value) * Double(Self.width - Self.left - Self.right)
    }

    private func y(_ value: Double) -> Double {
        Double(Self.height - Self.bottom) - upwards.share(value)
            * Double(Self.height - Self.top - Self.bottom)
    }

    private static func text(_ value: Double) -> String { Decimal.text(value, digits: 1) }

    /// `15k`, `250`, `0.25`.
    private static func number(_ value: Double, _ digits: Int = 0) -> String {
        value >= 10_000 ? Decimal.text(value / 1000, digits: 0) + "k" : Decimal.text(value, digits: digits)
    }

    /// As many behind the point as all of them need, three at most.
    private static func digits(_ ticks: [Double]) -> Int {
        (0..<3).first { digits in
            ticks.allSatisfy { tick in
                let scaled = tick * powerOfTen(Double(digits))
                return (scaled - scaled.rounded()).magnitude < 1e-6
            }
        } ?? 3
    }

    private static func duration(_ microseconds: Double) -> String {
        if microseconds < 1000 { return "\(number(microseconds)) µs" }
        if microseconds < 1_000_000 { return "\(number(microseconds / 1000)) ms" }
        return "\(number(microseconds / 1_000_000)) s"
    }

    private static func percentile(_ nines: Double) -> String {
        let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]
        return names[min(max(0, Int(nines)), names.count - 1)]
    }

    private static let width = 560
    private static let height = 260
    private static let left = 58
    private static let right = 22
    private static let top = 24
    private static let bottom = 28
}

extension Plot.Scale {
    /// With ends where an eye expects them.
    fileprivate var rounded: Self {
        switch self {
        case .linear(let to): .linear(to: to > 0 ? to : 1)
        case .logarithmic(let from, let to):
            .logarithmic(
                from: Plot.powerOfTen(max(0, Logarithm.decimal(from).rounded(.down))),
                to: Plot.powerOfTen(max(1, (Logarithm.decimal(to) - 1e-9).rounded(.up))))
        case .nines: self
        }
    }

    /// Where a value lies, from 0 to 1.
    fileprivate func share(_ value: Double) -> Double {
        let share =
            switch self {
            case .linear(let to): value / to
            case .logarithmic(let from, let to):
                value > 0
                    ? (Logarithm.decimal(value) - Logarithm.decimal(from))
                        / max(1e-9, Logarithm.decimal(to) - Logarithm.decimal(from)) : 0
            case .nines(let count): value / Double(count)
            }
        return min(max(0, share), 1)
    }

    /// Four to seven round values.
    fileprivate var ticks: [Double] {
        switch self {
        case .linear(let to):
            var step = 1e-3
            let factors = [2, 2.5, 2.0]
            var turn = 0
            while to / step > 6 {
                step *= factors[turn % 3]
                turn += 1
            }
            return Array(stride(from: 0, through: to * 1.000_001, by: step))
        case .logarithmic(let from, let to):
            var values: [Double] = []
            var value = from
            while value <= to * 1.000_001 {
                values.append(value)
                value *= 10
            }
            return values
        case .nines(let count): return (0...count).map { Double($0) }
        }
    }
}
