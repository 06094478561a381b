import Text

/// A line that is being rendered: one buffer, made once.
///
/// Strings that need no escaping, which is nearly all, are copied whole; the others go through `JSONWriter`.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(Self.bytesExpected)
    }

    /// Adds a constant of the program.
    mutating func add(_ text: StaticString) {
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds text of the program as it is.
    mutating func add(text: String) { bytes.append(text) }

    /// Adds one sign.
    mutating func add(_ sign: UInt8) {
        bytes.append(sign)
    }

    mutating func add(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var divisor: UInt64 = 1
        while value.magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value.magnitude / divisor % 10))
            divisor /= 10
        }
    }

    /// Adds a number of 0…999 in three digits.
    mutating func add(threeDigits value: Int) {
        bytes.append(UInt8(ascii: "0") + UInt8(value / 100))
        bytes.append(UInt8(ascii: "0") + UInt8(value / 10 % 10))
        bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
    }

    mutating func add(_ value: Bool) {
        add(value ? "true" : "false")
    }

    /// Adds any text as a JSON string.
    mutating func add(quoted text: String) {
        guard !text.needsEscape else {
            var writer = JSONWriter()
            writer.string(text)
            bytes += writer.bytes
            return
        }
        bytes.append(UInt8(ascii: "\""))
        add(text: text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds a plain word as it is, anything else as a JSON string.
    mutating func add(word: String) {
        if word.isPlainWord { add(text: word) } else { add(quoted: word) }
    }

    private static let bytesExpected = 768
}

extension String {
    /// Whether anything in it but plain ASCII stands between the quotes of a JSON string.
    fileprivate var needsEscape: Bool {
        // Without a branch in the loop, so that it is done many bytes at a time.
        unsafe utf8.span.withUnsafeBufferPointer { bytes in
            var found: UInt8 = 0
            for unsafe byte in unsafe bytes {
                found |= byte &- 0x20 > 0x5E ? 1 : 0
                found |= (byte == UInt8(ascii: "\"") ? 1 : 0) | (byte == UInt8(ascii: "\\") ? 1 : 0)
            }
            return found != 0
        }
    }

    /// Printable ASCII that cannot be taken for the text format's own signs.
    fileprivate var isPlainWord: Bool {
        let bytes = utf8.span
        for index in bytes.indices {
            switch bytes[index] {
            case 0..<0x21, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"): return false
            default: continue
            }
        }
        return !bytes.isEmpty
    }
}
