/// `traceparent` (W3C Trace Context §3.2): which trace a request belongs to.
public struct TraceParent: Sendable, Hashable {
    /// As it is sent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
    public let text: String

    /// Nil unless it is well-formed. A version after 00 may have more behind it, which is passed on up to
    /// ``lengthMax``.
    public init?(_ text: String) {
        let bytes = text.utf8.span
        guard bytes.count >= Self.length, bytes.count <= Self.lengthMax else { return nil }
        for index in bytes.indices {
            switch index {
            case 2, 35, 52: guard bytes[index] == UInt8(ascii: "-") else { return nil }
            case 0..<Self.length: guard bytes[index].isLowerHexDigit else { return nil }
            case Self.length: guard bytes[index] == UInt8(ascii: "-") else { return nil }
            default: guard bytes[index] > 0x20, bytes[index] < 0x7F else { return nil }
            }
        }
        let isVersion0 = bytes[0] == 0x30 && bytes[1] == 0x30
        guard !(bytes[0] == 0x66 && bytes[1] == 0x66), !isVersion0 || bytes.count == Self.length,
            (3..<35).contains(where: { bytes[$0] != 0x30 }), (36..<52).contains(where: { bytes[$0] != 0x30 })
        else { return nil }
        self.text = text
    }

    /// A trace that begins here, not sampled.
    /// - Parameter random: 24 random bytes.
    public init(random: [UInt8]) {
        precondition(random.count == Self.randomByteCount, "16 bytes for the trace and 8 for the parent")
        // Once for nearly every request, so without an array in between.
        text = unsafe String(unsafeUninitializedCapacity: Self.length) { digits in
            for index in 0..<Self.length { unsafe digits[index] = UInt8(ascii: "0") }
            unsafe digits[2] = UInt8(ascii: "-")
            unsafe digits[35] = UInt8(ascii: "-")
            unsafe digits[52] = UInt8(ascii: "-")
            for index in 0..<random.count {
                // All zeros would mean that there is none.
                let byte = index == 0 || index == 16 ? random[index] | 1 : random[index]
                let place = index < 16 ? 3 + 2 * index : 36 + 2 * (index - 16)
                unsafe digits[place] = (byte >> 4).lowerHexDigit
                unsafe digits[place + 1] = (byte & 15).lowerHexDigit
            }
            return Self.length
        }
    }

    /// 32 hexadecimal digits.
    public var traceID: String { text.utf8.span.repairedText(3..<35) }

    /// What a new one is made of.
    public static let randomByteCount = 24

    /// Of version 00.
    static let length = 55
    /// A later version's may be longer; more than this is not passed on.
    public static let lengthMax = 128
}

/// `X-Request-Id`: what one request is called in the logs of all who handle it.
public enum RequestID {
    /// Whether one that came from outside may be used: 1 to 128 letters, digits and `-_.:`.
    public static func isWellFormed(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard bytes.count >= 1, bytes.count <= lengthMax else { return false }
        for index in bytes.indices {
            switch bytes[index] {
            case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: continue
            default: return false
            }
        }
        return true
    }

    public static let lengthMax = 128
}

extension UInt8 {
    fileprivate var isLowerHexDigit: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self) }
    fileprivate var lowerHexDigit: UInt8 { self < 10 ? 0x30 + self : 0x61 + self - 10 }
}
