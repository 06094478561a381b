import COpenSSL

/// A subject's or issuer's name, as a structure. Never compare or split its printed form: two names may print
/// alike.
public struct DistinguishedName: Sendable, Hashable {
    /// The Name as it stands in the certificate.
    public let der: [UInt8]
    /// Relative names in the certificate's order, most significant (`C`) usually first; each a set of
    /// attributes.
    public let relativeNames: [[NameAttribute]]

    public static func == (a: DistinguishedName, b: DistinguishedName) -> Bool {
        a.der == b.der
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(der)
    }

    /// All attributes of a type, from every relative name.
    public func attributes(oid: String) -> [NameAttribute] {
        relativeNames.joined().filter { $0.oid == oid }
    }

    init(der: [UInt8], relativeNames: [[NameAttribute]]) {
        self.der = der
        self.relativeNames = relativeNames
    }

    init(reading name: OpaquePointer?) {
        der = unsafe encoded { unsafe i2d_X509_NAME(name, $0) }
        var groups: [[NameAttribute]] = []
        var groupOfLast: Int32?
        for index in 0..<max(0, unsafe X509_NAME_entry_count(name)) {
            guard let entry = unsafe X509_NAME_get_entry(name, index) else { continue }
            let attribute = unsafe NameAttribute(reading: entry)
            let group = unsafe X509_NAME_ENTRY_set(entry)
            if group == groupOfLast {
                groups[groups.count - 1].append(attribute)
            } else {
                groups.append([attribute])
            }
            groupOfLast = group
        }
        relativeNames = groups
    }
}

extension NameAttribute {
    fileprivate init(reading entry: OpaquePointer) {
        let data = unsafe X509_NAME_ENTRY_get_data(entry)
        let type = unsafe NameStringType(tag: ASN1_STRING_type(data))
        let raw = unsafe type == .other ? encoded { unsafe i2d_ASN1_PRINTABLE(data, $0) } : contentBytes(data)
        unsafe self.init(
            oid: dottedDecimal(X509_NAME_ENTRY_get_object(entry)), stringType: type, raw: raw)
    }
}
