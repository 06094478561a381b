/// A request path that the gateway and every backend understand the same way.
enum TargetPath {
    /// False for dot segments, empty segments inside, backslashes and encoded separators: one reader would
    /// resolve them, another would not, and a route's access rule would hold for the wrong resource.
    static func isUnambiguous(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/") else { return path == "*" }
        var segment: [UInt8] = []
        var index = 1
        while index <= bytes.count {
            if index == bytes.count || bytes[index] == UInt8(ascii: "/") {
                if segment == [0x2E] || segment == [0x2E, 0x2E] { return false }
                if segment.isEmpty, index < bytes.count { return false }
                segment = []
                index += 1
                continue
            }
            var byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let decoded = decode(bytes[index + 1], bytes[index + 2]) else {
                    return false
                }
                byte = decoded
                index += 2
                // Encoded `/`, `\`, `%` and control characters hide something.
                if byte == 0x2F || byte == 0x5C || byte == 0x25 || byte < 0x20 || byte == 0x7F {
                    return false
                }
            }
            segment.append(byte)
            index += 1
        }
        return true
    }

    private static func decode(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = Character(UnicodeScalar(high)).hexDigitValue,
            let low = Character(UnicodeScalar(low)).hexDigitValue
        else { return nil }
        return UInt8(high << 4 | low)
    }
}
