/// Character classes of RFC 9110 and RFC 3986 over single bytes.
extension UInt8 {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09
    static let colon: UInt8 = 0x3A

    /// `tchar`, RFC 9110 §5.6.2.
    var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// `VCHAR`, `obs-text`, space and tab: what a field value may hold, RFC 9110 §5.5.
    var isFieldValueCharacter: Bool { self >= 0x20 && self != 0x7F || self == .tab }

    var isDigit: Bool { 0x30...0x39 ~= self }

    var isAlphanumeric: Bool { isDigit || 0x41...0x5A ~= self || 0x61...0x7A ~= self }

    var lowercased: UInt8 { 0x41...0x5A ~= self ? self | 0x20 : self }

    /// The value of a hexadecimal digit.
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

extension String {
    /// ASCII case-insensitive, without making lower-case copies.
    func equalsIgnoringCase(_ other: String) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        var index = right.startIndex
        for byte in left {
            if byte.lowercased != right[index].lowercased { return false }
            index = right.index(after: index)
        }
        return true
    }

    var asciiLowercased: String { String(decoding: utf8.map(\.lowercased), as: UTF8.self) }

    /// The elements of a comma-separated list, white space around them removed, empty ones skipped.
    var listElements: [Substring] {
        split(separator: ",").compactMap {
            let element = $0.trimmingWhitespace
            return element.isEmpty ? nil : element
        }
    }
}

extension Substring {
    var trimmingWhitespace: Substring {
        var part = self
        while let first = part.utf8.first, first == .space || first == .tab { part = part.dropFirst() }
        while let last = part.utf8.last, last == .space || last == .tab { part = part.dropLast() }
        return part
    }
}

extension Span<UInt8> {
    /// The bytes as text; nil when they are not UTF-8.
    func text(_ range: Range<Int>) -> String? {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }
}
