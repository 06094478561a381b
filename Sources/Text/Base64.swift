/// Base 64 with padding (RFC 4648 §4), as in PEM and HTTP structured fields.
public enum Base64 {
    public static func encode(_ bytes: [UInt8]) -> String {
        encodeBase64(bytes, standardAlphabet, isPadded: true)
    }

    /// Strict: padding is required, no white space, and the bits that padding leaves over are zero,
    /// so that every byte string has one text only.
    public static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        for _ in 0..<2 where digits.last == paddingByte {
            digits.removeLast()
        }
        guard encodedLength(ofPaddedDigits: digits.count) == text.utf8.count else { return nil }
        return decodeBase64(digits, plus: 0x2B, slash: 0x2F)
    }

    private static func encodedLength(ofPaddedDigits count: Int) -> Int {
        (count + 3) / 4 * 4
    }
}

/// Base 64 with the URL alphabet and no padding (RFC 4648 §5), as JOSE uses it (RFC 7515 §2).
public enum Base64URL {
    public static func encode(_ bytes: [UInt8]) -> String {
        encodeBase64(bytes, urlAlphabet, isPadded: false)
    }

    /// Strict: no padding, no white space, left-over bits zero.
    public static func decode(_ text: String) -> [UInt8]? {
        decodeBase64(Array(text.utf8), plus: 0x2D, slash: 0x5F)
    }
}

private func encodeBase64(_ bytes: [UInt8], _ alphabet: [UInt8], isPadded: Bool) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
        let taken = min(3, bytes.count - index)
        var group = UInt32(bytes[index]) << 16
        if taken > 1 { group |= UInt32(bytes[index + 1]) << 8 }
        if taken > 2 { group |= UInt32(bytes[index + 2]) }
        for place in 0...taken {
            digits.append(alphabet[Int(group >> (18 - 6 * UInt32(place)) & 63)])
        }
        if isPadded {
            for _ in taken..<3 { digits.append(paddingByte) }
        }
        index += taken
    }
    return String(decoding: digits, as: UTF8.self)
}

/// `digits` has no padding any more.
private func decodeBase64(_ digits: [UInt8], plus: UInt8, slash: UInt8) -> [UInt8]? {
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count * 3 / 4)
    var group: UInt32 = 0
    var bitCount: UInt32 = 0
    for digit in digits {
        let value: UInt8
        switch digit {
        case 0x41...0x5A: value = digit - 0x41
        case 0x61...0x7A: value = digit - 0x61 + 26
        case 0x30...0x39: value = digit - 0x30 + 52
        case plus: value = 62
        case slash: value = 63
        default: return nil
        }
        group = group << 6 | UInt32(value)
        bitCount += 6
        if bitCount >= 8 {
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: group >> bitCount))
            group &= (1 << bitCount) - 1
        }
    }
    return group == 0 ? bytes : nil
}

private let paddingByte: UInt8 = 0x3D
private let standardAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let urlAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
