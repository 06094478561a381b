/// Distinguished encoding (X.690 §10): every element is a list of bytes, put together from its parts. What
/// the parts mean, right or wrong, is the caller's part.
public enum DER {
    public static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 0x80 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    public static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }

    public static func set(_ parts: [UInt8]...) -> [UInt8] { element(0x31, parts.flatMap { $0 }) }

    /// The content octets of an INTEGER, as they are.
    public static func integer(_ content: [UInt8]) -> [UInt8] { element(0x02, content) }

    /// An INTEGER that is not negative.
    public static func integer(_ value: UInt64) -> [UInt8] {
        unsignedInteger((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * (7 - $0))) })
    }

    /// An INTEGER that is not negative, of any size, big-endian.
    public static func unsignedInteger(_ bytes: [UInt8]) -> [UInt8] {
        let minimal = Array(bytes.drop { $0 == 0 })
        return integer((minimal.first ?? 0x80) >= 0x80 ? [0] + minimal : minimal)
    }

    public static func boolean(_ value: Bool) -> [UInt8] { element(0x01, [value ? 0xFF : 0]) }

    public static func octets(_ content: [UInt8]) -> [UInt8] { element(0x04, content) }

    /// A BIT STRING of whole bytes.
    public static func bits(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }

    public static func utf8(_ text: String) -> [UInt8] { element(0x0C, Array(text.utf8)) }

    /// Arcs of 2.5.29: `oid(20)` is cRLNumber.
    public static func oid(_ arc: UInt8) -> [UInt8] { element(0x06, [0x55, 0x1D, arc]) }

    /// One extension of 2.5.29.
    public static func `extension`(_ arc: UInt8, isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
        sequence(oid(arc), isCritical ? boolean(true) : [], octets(value))
    }

    /// A moment as UTCTime until 2049 and as GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
    public static func time(_ time: WallTime) -> [UInt8] {
        let digits = time.rfc3339.utf8.filter { $0 >= 0x30 && $0 <= 0x39 } + [UInt8(ascii: "Z")]
        let isShort = time.seconds < 2_524_608_000
        return isShort ? element(0x17, Array(digits.dropFirst(2))) : element(0x18, Array(digits))
    }
}
