extension SubjectAlternativeName {
    /// The value of a userPrincipalName, Microsoft's otherName 1.3.6.1.4.1.311.20.2.3, as an attribute with
    /// its string type; nil when this is another name.
    ///
    /// Whatever is not exactly the DER of one string becomes an attribute of the type `other`, which has no
    /// text: an otherName that can't be read is not an absent one.
    public var userPrincipalName: NameAttribute? {
        guard case .other(0, let der) = self, let inner = content(of: 0xA0, in: der[...]),
            inner.starts(with: Self.principalNameType)
        else { return nil }
        let rest = inner.dropFirst(Self.principalNameType.count)
        guard let value = content(of: 0xA0, in: rest), let tag = value.first,
            let bytes = content(of: tag, in: value)
        else { return unreadable(der) }
        let type = NameStringType(tag: Int32(tag))
        guard type != .other else { return unreadable(der) }
        return NameAttribute(oid: Self.principalNameOID, stringType: type, raw: Array(bytes))
    }

    private func unreadable(_ der: [UInt8]) -> NameAttribute {
        NameAttribute(oid: Self.principalNameOID, stringType: .other, raw: der)
    }

    private static let principalNameOID = "1.3.6.1.4.1.311.20.2.3"
    /// The OID's DER.
    private static let principalNameType: [UInt8] = [
        0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03,
    ]
}

/// The content of the one DER value in `der`; nil when it has another tag, or is not all of `der`
/// (X.690 §8.1, §10.1). Lengths of up to 65,535 bytes.
private func content(of tag: UInt8, in der: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard der.count >= 2, der.first == tag else { return nil }
    var rest = der.dropFirst()
    let first = rest.removeFirst()
    var length = Int(first)
    if first >= 0x80 {
        let count = Int(first & 0x7F)
        guard 1...2 ~= count, rest.count >= count else { return nil }
        length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
        guard length >= (count == 1 ? 0x80 : 0x100) else { return nil }
    }
    return rest.count == length ? rest : nil
}
