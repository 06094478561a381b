/// Character classes of RFC 9110 and RFC 3986 over single bytes.
extension UInt8 {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09
    static let colon: UInt8 = 0x3A
    static let comma: UInt8 = 0x2C

    /// `tchar`, RFC 9110 §5.6.2: two sets of 64 bits, one for each half of ASCII.
    var isTokenCharacter: Bool {
        guard self < 128 else { return false }
        let set: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return (set &>> UInt64(self & 63)) & 1 == 1
    }

    /// `VCHAR`, `obs-text`, space and tab: what a field value may hold, RFC 9110 §5.5.
    var isFieldValueCharacter: Bool { (self >= 0x20 && self != 0x7F) || self == .tab }

    var isBlank: Bool { self == .space || self == .tab }

    var isVisible: Bool { 0x21...0x7E ~= self }

    var isDigit: Bool { self &- 0x30 < 10 }

    var isAlphanumeric: Bool { isDigit || (self | 0x20) &- 0x61 < 26 }

    /// `unreserved`, RFC 3986 §2.3: never percent-encoded.
    var isUnreserved: Bool {
        isAlphanumeric || self == 0x2D || self == 0x2E || self == 0x5F || self == 0x7E
    }

    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// In lower case, `_` and `.` taken for `-`, as servers do that make variables of names.
    var folded: UInt8 { self == 0x5F || self == 0x2E ? 0x2D : lowercased }

    /// The value of a hexadecimal digit.
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension String {
    var asciiLowercased: String { String(decoding: utf8.map(\.lowercased), as: UTF8.self) }

    /// The text in front of the first `separator`, and what is behind it; nil when there is none.
    func split(at separator: UInt8) -> (front: String, rest: String?) {
        guard let mark = utf8.firstIndex(of: separator) else { return (self, nil) }
        return (String(self[..<mark]), String(self[utf8.index(after: mark)...]))
    }
}

extension Span<UInt8> {
    /// The bytes as text; nil when they are not UTF-8.
    func text(_ range: Range<Int>) -> String? {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }

    /// The bytes as text; what is not UTF-8 is replaced.
    func repairedText(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the bytes in `range` are `lowercase`, in any case.
    func equal(_ range: Range<Int>, ignoringCase lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for index in 0..<range.count
            where unsafe self[range.lowerBound + index].lowercased != expected[index] { return false }
            return true
        }
    }

    /// Whether the bytes in `range` are those of `name`, in any case.
    func equal(_ range: Range<Int>, ignoringCase name: Span<UInt8>) -> Bool {
        guard range.count == name.count else { return false }
        for index in 0..<range.count
        where self[range.lowerBound + index].lowercased != name[index].lowercased { return false }
        return true
    }

    /// Whether the bytes in `range` are those of `text`.
    func equal(_ range: Range<Int>, _ text: String) -> Bool {
        let bytes = text.utf8.span
        guard range.count == bytes.count else { return false }
        for index in 0..<range.count where self[range.lowerBound + index] != bytes[index] { return false }
        return true
    }

    /// Whether the bytes in `range` fold to `folded`.
    func equal(_ range: Range<Int>, folding folded: StaticString) -> Bool {
        guard range.count == folded.utf8CodeUnitCount else { return false }
        return folded.withUTF8Buffer { expected in
            for index in 0..<range.count
            where unsafe self[range.lowerBound + index].folded != expected[index] { return false }
            return true
        }
    }

    /// `range` without the blanks at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start].isBlank { start += 1 }
        while end > start, self[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    /// Calls `body` with each part of `range` between separators, blanks around it removed, empty ones
    /// skipped.
    func forEachPart(of range: Range<Int>, separator: UInt8, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound
        where index == range.upperBound || self[index] == separator {
            let part = trimmed(start..<index)
            if !part.isEmpty { body(part) }
            start = index + 1
        }
    }
}
