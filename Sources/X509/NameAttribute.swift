/// The ASN.1 string type a name's value was written in. Different types may print alike.
public enum NameStringType: String, Sendable, Hashable, CaseIterable {
    case utf8, printable, ia5, teletex, bmp, universal, other
}

/// One attribute of a name: a type, and a value whose text is given only when it is beyond doubt.
public struct NameAttribute: Sendable, Hashable {
    /// Dotted decimal: `2.5.4.3`.
    public let oid: String
    public let stringType: NameStringType
    /// The text. nil when the bytes are not what the string type allows, when they hold NUL or another
    /// control character (C0, DEL, C1), and for Teletex and `other` types, whose meaning nobody agrees on.
    public let value: String?
    /// The content bytes as they stand in the certificate; of an `other` type with its tag and length.
    public let raw: [UInt8]

    public init(oid: String, stringType: NameStringType, raw: [UInt8]) {
        self.oid = oid
        self.stringType = stringType
        self.raw = raw
        value = decodedName(raw, as: stringType).flatMap { holdsControl($0) ? nil : $0 }
    }

    /// What RFC 4514 and X.520 call the type: `CN`; nil for types without a well-known name.
    public var shortName: String? { shortNames[oid] }
}

extension NameStringType {
    /// The universal tag (X.680 §8.4); nil for `other`.
    var tag: UInt8? {
        switch self {
        case .utf8: 12
        case .printable: 19
        case .teletex: 20
        case .ia5: 22
        case .universal: 28
        case .bmp: 30
        case .other: nil
        }
    }

    init(tag: Int32) {
        self = Self.allCases.first { $0.tag.map(Int32.init) == tag } ?? .other
    }
}

private let shortNames: [String: String] = [
    "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
    "2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode",
    "2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier", "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
]
