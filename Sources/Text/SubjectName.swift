/// A certificate's subject as RFC 4514 writes it, taken apart so that two spellings of one name are equal:
/// escapes are resolved, short names of attribute types become OIDs, the order within one RDN does not count.
public struct SubjectName: Sendable, Hashable, CustomStringConvertible {
    /// One attribute of a relative name.
    public struct Attribute: Sendable, Hashable, Comparable {
        /// `2.5.4.3`
        public let oid: String
        /// Compared letter by letter.
        public let value: String
        /// Whether the text gave the BER instead (`CN=#0C0141`); `value` then has it in lower-case
        /// hexadecimal.
        public let isEncoded: Bool

        public static func < (a: Attribute, b: Attribute) -> Bool {
            (a.oid, a.value, a.isEncoded ? 1 : 0) < (b.oid, b.value, b.isEncoded ? 1 : 0)
        }
    }

    /// As it was written.
    public let text: String
    /// In the order of the text: the most specific first.
    public let relativeNames: [[Attribute]]

    /// `nil` when `text` breaks RFC 4514 §3, is empty, or has an attribute type that is neither an OID nor
    /// well known. Blanks behind a separator are passed over.
    public init?(rfc4514 text: String) {
        var reader = SubjectNameReader(text)
        guard let names = reader.relativeNames() else { return nil }
        self.text = text
        relativeNames = names.map { $0.sorted() }
    }

    public var description: String { text }

    public static func == (a: SubjectName, b: SubjectName) -> Bool {
        a.relativeNames == b.relativeNames
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(relativeNames)
    }
}
