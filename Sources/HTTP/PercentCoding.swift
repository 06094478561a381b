/// Percent-encoding (RFC 3986 §2.1) and its form variant, where `+` is a space.
public enum PercentCoding {
    /// Encodes everything but unreserved characters.
    public static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            if byte.isAlphanumeric || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E {
                output.append(byte)
            } else {
                output.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Nil when a `%` is not followed by two hexadecimal digits.
    public static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
        var output: [UInt8] = []
        var bytes = text.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = bytes.next()?.hexValue, let low = bytes.next()?.hexValue else { return nil }
                output.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: output.append(.space)
            default: output.append(byte)
            }
        }
        return output
    }

    public static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    private static let digits = Array("0123456789ABCDEF".utf8)
}
