/// The number a customer reads to the help desk: it names one audit record.
///
/// 50 random bits in Crockford's base 32, without letters that are mistaken for digits: `7K2QX-9F3DW`.
public struct SupportCode: Sendable, Hashable {
    public let text: String

    public init() {
        var bits = SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var letters: [UInt8] = []
        for position in 0..<10 {
            if position == 5 { letters.append(UInt8(ascii: "-")) }
            letters.append(Self.alphabet[Int(bits & 31)])
            bits >>= 5
        }
        text = String(decoding: letters, as: UTF8.self)
    }

    /// One that was given out before; nil for a text of another form.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 5 && $0.allSatisfy(Self.alphabet.contains) })
        else { return nil }
        self.text = text
    }

    /// One as a customer reads it out, or mistypes it: in any case, with or without the dash, and with
    /// letters for the digits they look like.
    public init?(spoken text: String) {
        let letters = text.uppercased().compactMap { letter -> Character? in
            switch letter {
            case "-", " ": nil
            case "O": "0"
            case "I", "L": "1"
            default: letter
            }
        }
        guard letters.count == 10 else { return nil }
        self.init("\(String(letters.prefix(5)))-\(String(letters.suffix(5)))")
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
