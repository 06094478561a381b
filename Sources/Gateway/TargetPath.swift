/// A request path that the gateway and every backend understand the same way.
enum TargetPath {
    /// The path with its escapes resolved, as a backend reads it: routes are chosen by this, so that no other
    /// spelling slips past a route's access rule.
    ///
    /// Nil for dot segments, empty segments inside, backslashes and encoded separators: one reader would
    /// resolve them, another would not. Segments are seen without their parameters, which some backends cut
    /// off first (`..;x` is `..` to them). Bytes that are no UTF-8 become replacement characters.
    static func decoded(_ path: String) -> String? {
        isItself(path.utf8.span) ? path : resolved(path)
    }

    /// Whether there is nothing in it to resolve or to refuse, as in nearly every path. Of some that it says
    /// no to, the same is true.
    private static func isItself(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0, bytes[0] == slash else { return false }
        var isSegmentStart = true
        for index in 1..<bytes.count {
            switch bytes[index] {
            case slash, UInt8(ascii: "."):
                if isSegmentStart { return false }
                isSegmentStart = bytes[index] == slash
            case UInt8(ascii: "%"), UInt8(ascii: ";"), UInt8(ascii: "\\"): return false
            case 0x21...0x7E: isSegmentStart = false
            default: return false
            }
        }
        return true
    }

    static func resolved(_ path: String) -> String? {
        let bytes = Array(path.utf8)
        guard bytes.first == slash else { return path == "*" ? path : nil }
        var decoded: [UInt8] = [slash]
        var segmentStart = 1
        var index = 1
        while index < bytes.count {
            var byte = bytes[index]
            if byte == slash {
                guard isPlain(decoded[segmentStart...], isLast: false) else { return nil }
                decoded.append(slash)
                segmentStart = decoded.count
                index += 1
                continue
            }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let escaped = value(bytes[index + 1], bytes[index + 2]) else {
                    return nil
                }
                byte = escaped
                index += 2
                // An encoded `/` or `%` hides something.
                if byte == slash || byte == UInt8(ascii: "%") { return nil }
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 || byte == 0x7F { return nil }
            decoded.append(byte)
            index += 1
        }
        guard isPlain(decoded[segmentStart...], isLast: true) else { return nil }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func isPlain(_ segment: ArraySlice<UInt8>, isLast: Bool) -> Bool {
        if segment.isEmpty { return isLast }
        let name = segment.prefix { $0 != UInt8(ascii: ";") }
        return !name.isEmpty && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
    }

    private static func value(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = Character(UnicodeScalar(high)).hexDigitValue,
            let low = Character(UnicodeScalar(low)).hexDigitValue
        else { return nil }
        return UInt8(high << 4 | low)
    }

    private static let slash = UInt8(ascii: "/")
}
