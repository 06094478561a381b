import Text

/// Where something is not DER.
package struct DERFault: Error, Hashable {
    package let offset: Int
}

/// One tag, length and value, as offsets into the bytes it was read from.
package struct DERElement {
    package let tag: UInt8
    /// The first byte of the tag.
    package let start: Int
    package let content: Range<Int>

    package var whole: Range<Int> { start..<content.upperBound }
}

/// Walks over elements of DER (X.690 §10), one after another, without copying.
///
/// Takes low tag numbers (below 31) and definite, minimal lengths only: nothing of X.509 has others. Any
/// bytes at all give elements that lie within the bounds, or a fault.
package struct DERCursor {
    package private(set) var position: Int
    let end: Int

    package init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position == end }

    /// The tag of the next element; nil at the end.
    package func nextTag(in bytes: Span<UInt8>) -> UInt8? {
        position < end ? bytes[position] : nil
    }

    package mutating func next(in bytes: Span<UInt8>) throws(DERFault) -> DERElement {
        let start = position
        guard end - start >= 2 else { throw DERFault(offset: start) }
        let tag = bytes[start]
        guard tag & 0x1F != 0x1F else { throw DERFault(offset: start) }
        var length = Int(bytes[start + 1])
        var contentStart = start + 2
        if length >= 0x80 {
            let octets = length & 0x7F
            guard (1...4).contains(octets), end - contentStart >= octets else {
                throw DERFault(offset: start)
            }
            length = 0
            for index in contentStart..<contentStart + octets {
                length = length << 8 | Int(bytes[index])
            }
            guard length >= 0x80, octets == 1 || length >> (8 * (octets - 1)) != 0 else {
                throw DERFault(offset: start)
            }
            contentStart += octets
        }
        guard end - contentStart >= length else { throw DERFault(offset: start) }
        position = contentStart + length
        return DERElement(tag: tag, start: start, content: contentStart..<position)
    }

    /// The next element, which must have this tag.
    package mutating func next(_ tag: UInt8, in bytes: Span<UInt8>) throws(DERFault) -> DERElement {
        let start = position
        let element = try next(in: bytes)
        guard element.tag == tag else { throw DERFault(offset: start) }
        return element
    }

    /// The next element when it has this tag; nil, and nothing taken, otherwise.
    mutating func nextIf(_ tag: UInt8, in bytes: Span<UInt8>) throws(DERFault) -> DERElement? {
        guard nextTag(in: bytes) == tag else { return nil }
        return try next(in: bytes)
    }

    func expectEnd() throws(DERFault) {
        guard isAtEnd else { throw DERFault(offset: position) }
    }
}

/// The tags that certificates and CRLs are made of (X.680 §8.4).
package enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let enumerated: UInt8 = 0x0A
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    package static let sequence: UInt8 = 0x30

    /// A context tag whose content is a primitive value.
    static func context(_ number: UInt8) -> UInt8 { 0x80 | number }
    /// A context tag around other elements.
    package static func constructed(_ number: UInt8) -> UInt8 { 0xA0 | number }
}

extension Span where Element == UInt8 {
    /// A copy of some of the bytes.
    func array(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(self[index]) }
        return copy
    }

    func matches(_ range: Range<Int>, _ other: [UInt8]) -> Bool {
        guard range.count == other.count else { return false }
        for (place, index) in range.enumerated() where self[index] != other[place] { return false }
        return true
    }

    /// A BOOLEAN as DER has it: 00 or FF.
    func boolean(_ content: Range<Int>) throws(DERFault) -> Bool {
        guard content.count == 1, self[content.lowerBound] == 0 || self[content.lowerBound] == 0xFF else {
            throw DERFault(offset: content.lowerBound)
        }
        return self[content.lowerBound] == 0xFF
    }

    /// A named bit list: bit 0 is the highest of the first octet. At most 16 bits are looked at.
    func namedBits(_ content: Range<Int>) throws(DERFault) -> UInt16 {
        guard (1...3).contains(content.count), self[content.lowerBound] < 8,
            content.count > 1 || self[content.lowerBound] == 0
        else { throw DERFault(offset: content.lowerBound) }
        var bits: UInt16 = 0
        for (place, index) in content.dropFirst().enumerated() {
            bits |= UInt16(self[index]) << (8 * UInt16(1 - place))
        }
        return bits
    }

    /// An INTEGER's content without the octets that only repeat the sign.
    func minimalInteger(_ content: Range<Int>) throws(DERFault) -> Range<Int> {
        guard !content.isEmpty else { throw DERFault(offset: content.lowerBound) }
        var first = content.lowerBound
        while first + 1 < content.upperBound {
            let isPositivePadding = self[first] == 0 && self[first + 1] < 0x80
            let isNegativePadding = self[first] == 0xFF && self[first + 1] >= 0x80
            guard isPositivePadding || isNegativePadding else { break }
            first += 1
        }
        return first..<content.upperBound
    }

    /// UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them: to the second, in UTC; nil otherwise.
    func wallTime(_ element: DERElement) -> WallTime? {
        let content = element.content
        let yearDigits = element.tag == DERTag.utcTime ? 2 : 4
        guard element.tag == DERTag.utcTime || element.tag == DERTag.generalizedTime,
            content.count == yearDigits + 11, self[content.upperBound - 1] == UInt8(ascii: "Z")
        else { return nil }
        var year: Int64 = 0
        for index in content.lowerBound..<content.lowerBound + yearDigits {
            guard let digit = digit(at: index) else { return nil }
            year = year * 10 + Int64(digit)
        }
        if yearDigits == 2 { year += year < 50 ? 2000 : 1900 }
        var fields = [0, 0, 0, 0, 0] as InlineArray<5, Int64>
        for place in 0..<5 {
            let index = content.lowerBound + yearDigits + 2 * place
            guard let tens = digit(at: index), let ones = digit(at: index + 1) else { return nil }
            fields[place] = Int64(tens * 10 + ones)
        }
        return WallTime(
            year: year, month: Int(fields[0]), day: Int(fields[1]), hour: fields[2], minute: fields[3],
            second: fields[4])
    }

    private func digit(at index: Int) -> UInt8? {
        let byte = self[index]
        return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : nil
    }
}
