/// What stands against taking an attribute's text for a fact.
public enum AttributeFlaw: Sendable, Hashable, CaseIterable {
    /// Teletex and `other`, which nobody agrees on how to read; BMP and Universal, which RFC 5280 §4.1.2.4
    /// keeps for old certificates only, and which readers have taken for other letters.
    case stringType
    /// Bytes that the string type does not allow.
    case undecodable
    /// NUL or another control character.
    case control
}

extension NameAttribute {
    /// Nil for a clean UTF8String, PrintableString or IA5String.
    public var flaw: AttributeFlaw? {
        switch stringType {
        case .teletex, .bmp, .universal, .other: .stringType
        case .utf8, .printable, .ia5: value != nil ? nil : hasUndecodableBytes ? .undecodable : .control
        }
    }

    private var hasUndecodableBytes: Bool { decodedName(raw, as: stringType) == nil }
}
