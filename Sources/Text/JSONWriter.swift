/// Writes one JSON value, keys in the order of the calls, with no allocation beyond its buffer.
///
/// What it writes stays on one line and does nothing to a terminal: control characters (C0, DEL, C1) and
/// Unicode's line separators are escaped. That the calls make one well-formed value is the caller's part.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    /// What was written so far.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public mutating func beginObject() { begin(.openBrace) }
    public mutating func endObject() { end(.closeBrace) }
    public mutating func beginArray() { begin(.openBracket) }
    public mutating func endArray() { end(.closeBracket) }

    /// The key of the value that comes next.
    public mutating func key(_ key: String) {
        separate()
        append(quoted: key)
        bytes.append(.colon)
        needsComma = false
    }

    public mutating func string(_ value: String) {
        separate()
        append(quoted: value)
    }

    public mutating func integer(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(0x2D) }
        append(decimal: value.magnitude)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        append(value ? "true" : "false")
    }

    /// JSON has no infinity and no NaN: they are written as `null`.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    public mutating func null() {
        separate()
        append("null")
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(.comma) }
        needsComma = true
    }

    private mutating func append(_ word: String) {
        bytes.append(contentsOf: word.utf8)
    }

    private mutating func append(decimal value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private mutating func append(quoted text: String) {
        bytes.append(.quote)
        let utf8 = text.utf8.span
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            index += 1
            switch byte {
            case .quote, .backslash:
                bytes.append(.backslash)
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                append(escapedControl: byte)
            case 0xC2 where utf8[index] < 0xA0:
                append("\\u00")
                append(hex: utf8[index])
                index += 1
            case 0xE2 where utf8[index] == 0x80 && utf8[index + 1] & 0xFE == 0xA8:
                append("\\u20")
                append(hex: utf8[index + 1] - 0x80)
                index += 2
            default:
                bytes.append(byte)
            }
        }
        bytes.append(.quote)
    }

    private mutating func append(escapedControl byte: UInt8) {
        switch byte {
        case .lineFeed: append("\\n")
        case .carriageReturn: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            append(hex: byte)
        }
    }

    private mutating func append(hex byte: UInt8) {
        bytes.append(lowerHexDigit(byte >> 4))
        bytes.append(lowerHexDigit(byte & 15))
    }
}

/// A key and its value in one call.
extension JSONWriter {
    public mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    public mutating func member(_ name: String, _ value: Int64) {
        key(name)
        integer(value)
    }

    public mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }
}
