/// A distinguished name read from its text form (RFC 4514), for comparing by meaning and not letter by
/// letter.
///
/// Equal are names with the same sequence of RDNs, each the same set of attributes; types are equal by OID or
/// short name in any case, values in any case and with runs of spaces as one (caseIgnoreMatch, RFC 4517
/// §4.2.11).
public struct SubjectName: Sendable, Hashable {
    private let relativeNames: [Set<Pair>]

    /// Nil when the text is not RFC 4514, or names nothing.
    public init?(_ text: String) {
        var reader = Reader(rest: Array(text.unicodeScalars)[...])
        guard let names = reader.name() else { return nil }
        relativeNames = names
    }

    struct Pair: Hashable {
        let type: String
        let value: String
    }
}

extension SubjectName {
    /// Reads one name. A descent over scalars; every method leaves `rest` behind what it took.
    private struct Reader {
        var rest: ArraySlice<Unicode.Scalar>

        mutating func name() -> [Set<Pair>]? {
            var names: [Set<Pair>] = []
            repeat {
                var pairs: Set<Pair> = []
                repeat {
                    guard let pair = pair(), pairs.insert(pair).inserted else { return nil }
                } while take("+")
                names.append(pairs)
            } while take(",")
            return rest.isEmpty ? names : nil
        }

        private mutating func pair() -> Pair? {
            skipSpaces()
            let type = String(taking { $0 != "=" && $0 != "," && $0 != "+" }).trimmed
            guard SubjectName.isType(type), take("="), let value = value() else { return nil }
            return Pair(type: SubjectName.canonicalType(type), value: value)
        }

        /// `#` and hexadecimal is compared as it stands: a value without a known text form.
        private mutating func value() -> String? {
            skipSpaces()
            if rest.first == "#" {
                let text = String(taking { $0 != "," && $0 != "+" }).trimmed
                let digits = text.dropFirst()
                guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.allSatisfy(\.isHexDigit) else {
                    return nil
                }
                return text.lowercased()
            }
            guard let bytes = escapedBytes(), let text = String(validating: bytes, as: UTF8.self) else {
                return nil
            }
            // A leading "=" marks text, so that text which looks like a hexadecimal form is not taken for
            // one.
            return "=" + SubjectName.folded(text)
        }

        /// Unescaped spaces at the end belong to nobody (RFC 2253 allowed them before a comma).
        private mutating func escapedBytes() -> [UInt8]? {
            var bytes: [UInt8] = []
            var lengthKept = 0
            while let scalar = rest.first, scalar != ",", scalar != "+" {
                rest.removeFirst()
                switch scalar {
                case "\\":
                    guard let byte = escaped() else { return nil }
                    bytes.append(byte)
                    lengthKept = bytes.count
                case "\"", ";", "<", ">", "\0": return nil
                default:
                    bytes.append(contentsOf: String(scalar).utf8)
                    if scalar != " " { lengthKept = bytes.count }
                }
            }
            return lengthKept == 0 ? nil : Array(bytes[..<lengthKept])
        }

        /// What follows a backslash: a special character, or two hexadecimal digits.
        private mutating func escaped() -> UInt8? {
            guard let first = rest.popFirst() else { return nil }
            if " \"#+,;<=>\\".unicodeScalars.contains(first) { return UInt8(ascii: first) }
            guard let second = rest.popFirst() else { return nil }
            guard Character(first).isASCII, Character(second).isASCII else { return nil }
            return UInt8(String(first) + String(second), radix: 16)
        }

        private mutating func taking(_ belongs: (Unicode.Scalar) -> Bool) -> Substring.UnicodeScalarView {
            var taken = Substring.UnicodeScalarView()
            while let scalar = rest.first, belongs(scalar) { taken.append(rest.removeFirst()) }
            return taken
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard rest.first == scalar else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipSpaces() {
            while rest.first == " " { rest.removeFirst() }
        }
    }

    private static func isType(_ type: String) -> Bool {
        guard let first = type.unicodeScalars.first, first.isASCII else { return false }
        let isOID = first.properties.numericType != nil
        return type.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."): isOID
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-"):
                !isOID
            default: false
            }
        }
    }

    private static func canonicalType(_ type: String) -> String {
        let lower = type.lowercased()
        return shortNames[lower] ?? lower
    }

    private static func folded(_ text: String) -> String {
        text.split(separator: " ").joined(separator: " ").lowercased()
    }

    /// Names and OIDs that mean the same attribute type.
    private static let shortNames: [String: String] = [
        "2.5.4.3": "cn", "commonname": "cn", "2.5.4.4": "sn", "surname": "sn", "2.5.4.5": "serialnumber",
        "2.5.4.6": "c", "countryname": "c", "2.5.4.7": "l", "localityname": "l", "2.5.4.8": "st",
        "stateorprovincename": "st", "s": "st", "2.5.4.9": "street", "streetaddress": "street",
        "2.5.4.10": "o",
        "organizationname": "o", "2.5.4.11": "ou", "organizationalunitname": "ou", "2.5.4.12": "title",
        "2.5.4.15": "businesscategory", "2.5.4.17": "postalcode", "2.5.4.42": "gn", "givenname": "gn",
        "2.5.4.46": "dnqualifier", "2.5.4.97": "organizationidentifier", "0.9.2342.19200300.100.1.1": "uid",
        "userid": "uid", "0.9.2342.19200300.100.1.25": "dc", "domaincomponent": "dc",
        "1.2.840.113549.1.9.1": "emailaddress", "e": "emailaddress", "email": "emailaddress",
        "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionc", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionst",
        "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionl",
    ]
}

extension String {
    fileprivate init(_ scalars: Substring.UnicodeScalarView) {
        self = String(Substring(scalars))
    }

    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
