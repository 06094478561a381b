/// The pairs of a form body or of a query (`application/x-www-form-urlencoded`): UTF-8, bounded in number.
public struct FormFields: Sendable, Equatable {
    public private(set) var pairs: [(name: String, value: String)] = []

    /// Strict: a broken percent-encoding, bytes that no browser leaves unencoded, text that is not UTF-8, a
    /// NUL, or too many pairs refuse the whole. Empty parts between `&` are no pairs.
    public static func parse(
        _ body: [UInt8], pairsMax: Int = 200, bytesMax: Int = 1024 * 1024
    ) throws(HTTPFault) -> FormFields {
        guard body.count <= bytesMax else { throw .bodyTooLong }
        guard body.allSatisfy(\.isVisible) else { throw .form }
        var fields = FormFields()
        for part in body.split(separator: UInt8(ascii: "&")) {
            guard fields.pairs.count < pairsMax else { throw .form }
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try text(part[..<equals])
            let value = equals < part.endIndex ? try text(part[(equals + 1)...]) : ""
            fields.pairs.append((name, value))
        }
        return fields
    }

    /// The value, unless the name is absent or repeated: a repeated parameter is no parameter (RFC 6749
    /// §3.1).
    public subscript(name: String) -> String? {
        let values = all(name)
        return values.count == 1 ? values[0] : nil
    }

    public func all(_ name: String) -> [String] {
        pairs.compactMap { $0.name == name ? $0.value : nil }
    }

    /// Names that occur more than once.
    public var repeatedNames: Set<String> {
        var seen: Set<String> = []
        return Set(pairs.compactMap { seen.insert($0.name).inserted ? nil : $0.name })
    }

    public static func encode(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(PercentCoding.encode($0.0))=\(PercentCoding.encode($0.1))" }.joined(separator: "&")
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.name == $1.name && $0.value == $1.value }
    }

    private static func text(_ part: ArraySlice<UInt8>) throws(HTTPFault) -> String {
        guard let bytes = PercentCoding.decode(part, plusIsSpace: true), !bytes.contains(0),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw .form }
        return text
    }
}
