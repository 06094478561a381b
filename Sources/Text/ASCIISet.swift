/// A set of ASCII characters.
struct ASCIISet: Sendable, Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    var isEmpty: Bool { low | high == 0 }

    /// The smallest member.
    var first: UInt8? {
        if low != 0 { return UInt8(low.trailingZeroBitCount) }
        return high == 0 ? nil : UInt8(64 + high.trailingZeroBitCount)
    }

    func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<64: low & 1 << UInt64(byte) != 0
        case 64..<128: high & 1 << UInt64(byte - 64) != 0
        default: false
        }
    }

    mutating func insert(_ byte: UInt8) {
        precondition(byte < 128)
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
    }

    func intersection(_ other: ASCIISet) -> ASCIISet {
        var both = self
        both.low &= other.low
        both.high &= other.high
        return both
    }

    /// The characters that become members once a to z are A to Z.
    var foldingCase: ASCIISet {
        var folded = ASCIISet()
        for byte in UInt8(0)..<128 {
            let upper = 0x61...0x7A ~= byte ? byte & 0xDF : byte
            if contains(upper) { folded.insert(byte) }
        }
        return folded
    }
}
