/// Numbers for people, which the standard library prints in full length or not at all.
public enum Decimal {
    /// With so many digits behind the point, rounded: `12.30`.
    public static func text(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % Int64(scale))
        return sign + String(scaled / Int64(scale)) + "."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// With commas between thousands: `12,345`.
    public static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A duration with a unit that suits it: `380 µs`, `4.21 ms`, `1.30 s`.
    public static func duration(microseconds: Int) -> String {
        let value = Double(microseconds)
        if microseconds < 1000 { return "\(microseconds) µs" }
        if microseconds < 1_000_000 { return text(value / 1e3, digits: value < 1e5 ? 2 : 1) + " ms" }
        return text(value / 1e6, digits: 2) + " s"
    }

    private static func abs(_ value: Double) -> Double { value.magnitude }
}
