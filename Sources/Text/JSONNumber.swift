/// A number as it was written; nothing is rounded until somebody asks.
public struct JSONNumber: Sendable, Hashable {
    public let text: String

    /// `text` is a number of JSON or JSON5, as the reader checked it.
    init(text: String) {
        self.text = text
    }

    public init(_ integer: Int64) {
        text = String(integer)
    }

    /// `nil` when it was written with fraction or exponent or does not fit.
    public var integer: Int64? {
        let digits = unsignedText
        guard let prefix = digits.prefix(2).last, prefix == "x" || prefix == "X" else {
            return Int64(sign + digits)
        }
        return Int64(sign + digits.dropFirst(2), radix: 16)
    }

    /// The nearest `Double`; `nil` when it lies beyond the largest one. JSON5's `Infinity` and `NaN` are
    /// themselves.
    public var double: Double? {
        if let integer { return text.first == "-" && integer == 0 ? -0.0 : Double(integer) }
        switch unsignedText {
        case "NaN": return .nan
        case "Infinity": return sign == "-" ? -.infinity : .infinity
        default: break
        }
        // A dot at the end is JSON5's; Double's reader need not know it.
        let magnitude = unsignedText.replacingDotWithoutDigits
        guard let value = Double(sign + magnitude), value.isFinite else { return nil }
        return value
    }

    private var sign: String { text.first == "-" ? "-" : "" }

    private var unsignedText: Substring {
        text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    }
}

extension Substring {
    /// `5.` and `5.e3` as `5.0` and `5.0e3`, `.5` as `0.5`.
    fileprivate var replacingDotWithoutDigits: String {
        guard let dot = firstIndex(of: ".") else { return String(self) }
        let fraction = self[index(after: dot)...]
        let whole = self[..<dot]
        let needsDigit = fraction.first.map { !("0"..."9").contains($0) } ?? true
        return (whole.isEmpty ? "0" : String(whole)) + "." + (needsDigit ? "0" : "") + fraction
    }
}
