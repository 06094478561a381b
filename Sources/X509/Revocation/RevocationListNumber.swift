import Text

/// A cRLNumber (RFC 5280 §5.2.3): counts one authority's lists, and never goes backwards.
public struct RevocationListNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Big-endian, without leading zeros; empty for 0.
    private let magnitude: [UInt8]

    public init(_ value: UInt64) {
        magnitude = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * (7 - $0))) }.trimmed
    }

    /// At most 32 octets, where RFC 5280 allows 20; not negative.
    init(reading value: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) {
        var cursor = DERCursor(value)
        let content = try cursor.next(DERTag.integer, in: bytes).content
        try cursor.expectEnd()
        let minimal = try bytes.minimalInteger(content)
        guard minimal.count <= 33, bytes[minimal.lowerBound] < 0x80 else {
            throw DERFault(offset: value.lowerBound)
        }
        magnitude = bytes.array(minimal).trimmed
    }

    public static func < (a: RevocationListNumber, b: RevocationListNumber) -> Bool {
        guard a.magnitude.count == b.magnitude.count else { return a.magnitude.count < b.magnitude.count }
        return a.magnitude.lexicographicallyPrecedes(b.magnitude)
    }

    /// Decimal up to 64 bits, `0x…` beyond.
    public var description: String {
        guard magnitude.count <= 8 else { return "0x" + Hex.encode(magnitude) }
        return String(magnitude.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension [UInt8] {
    fileprivate var trimmed: [UInt8] { Array(drop { $0 == 0 }) }
}
