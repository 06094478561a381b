extension IssuerName {
    /// The name in a form that is the same for every way of writing it that RFC 5280 §7.1 takes for equal
    /// beyond doubt: string types, ASCII case, and the number of blanks do not count; neither does the order
    /// within one relative name. Nil when a value can't be read.
    ///
    /// A part of that section on purpose: other letters are compared as they stand, as libcrypto does. Two
    /// names that are equal here are equal to everybody; a CA that changes more than this has a new name.
    public var normalised: [UInt8]? {
        var bytes: [UInt8] = []
        for attributes in relativeNames {
            var parts: [[UInt8]] = []
            for attribute in attributes {
                guard let text = attribute.value.text, attribute.value.flaw != .control else { return nil }
                parts.append(Self.framed(Array(attribute.oid.utf8)) + Self.framed(Self.prepared(text)))
            }
            let joined = parts.sorted { $0.lexicographicallyPrecedes($1) }.joined()
            bytes += Self.framed(Array(joined))
        }
        return bytes
    }

    /// ASCII in lower case, runs of blanks as one, none at the ends.
    private static func prepared(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == 0x20, bytes.last ?? 0x20 == 0x20 { continue }
            bytes.append(0x41...0x5A ~= byte ? byte | 0x20 : byte)
        }
        if bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    /// With its length in front, so that no two lists of values join to the same bytes.
    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(clamping: bytes.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
    }
}
