/// Takes an RFC 4514 name apart, from the front.
struct SubjectNameReader {
    private let bytes: [UInt8]
    private var next = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func relativeNames() -> [[SubjectName.Attribute]]? {
        var names: [[SubjectName.Attribute]] = []
        repeat {
            var attributes: [SubjectName.Attribute] = []
            repeat {
                guard let attribute = attribute() else { return nil }
                attributes.append(attribute)
            } while take(0x2B)  // +
            names.append(attributes)
        } while take(0x2C)  // ,
        return next == bytes.count ? names : nil
    }

    private mutating func attribute() -> SubjectName.Attribute? {
        while take(0x20) {}
        let start = next
        while let byte = current, byte.isTypeByte { next += 1 }
        let type = String(decoding: bytes[start..<next], as: UTF8.self)
        guard let oid = isObjectIdentifier(type) ? type : knownTypes[type.uppercased()], take(0x3D) else {
            return nil
        }
        let isEncoded = current == 0x23  // #
        guard let value = isEncoded ? hexValue() : stringValue() else { return nil }
        return SubjectName.Attribute(oid: oid, value: value, isEncoded: isEncoded)
    }

    /// Stands on “#”.
    private mutating func hexValue() -> String? {
        let start = next + 1
        repeat { next += 1 } while current?.isHexDigit == true
        let digits = String(decoding: bytes[start..<next], as: UTF8.self)
        guard !digits.isEmpty, Hex.decode(digits) != nil else { return nil }
        return digits.lowercased()
    }

    private mutating func stringValue() -> String? {
        guard current != 0x20 else { return nil }
        var value: [UInt8] = []
        var endsInBlank = false
        while let byte = current, byte != 0x2B, byte != 0x2C {
            switch byte {
            case 0x5C:
                guard let escaped = escapedByte() else { return nil }
                value.append(escaped)
                endsInBlank = false
            case 0, 0x22, 0x3B, 0x3C, 0x3E:
                return nil
            default:
                value.append(byte)
                endsInBlank = byte == 0x20
                next += 1
            }
        }
        return endsInBlank ? nil : String(validating: value, as: UTF8.self)
    }

    /// Stands on the backslash.
    private mutating func escapedByte() -> UInt8? {
        next += 1
        guard let first = current else { return nil }
        if [0x20, 0x22, 0x23, 0x2B, 0x2C, 0x3B, 0x3C, 0x3D, 0x3E, 0x5C].contains(first) {
            next += 1
            return first
        }
        guard next + 1 < bytes.count,
            let byte = Hex.decode(String(decoding: bytes[next...next + 1], as: UTF8.self))?.first
        else { return nil }
        next += 2
        return byte
    }

    private var current: UInt8? { next < bytes.count ? bytes[next] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        next += 1
        return true
    }
}

/// Numbers joined by dots, at least two, without zeros in front (RFC 4512 §1.4).
private func isObjectIdentifier(_ text: String) -> Bool {
    let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
    return arcs.count >= 2
        && arcs.allSatisfy { arc in
            !arc.isEmpty && arc.utf8.allSatisfy(\.isDigit) && (arc == "0" || arc.first != "0")
        }
}

/// RFC 4514 §3, and what certificates of banks and their partners carry besides.
private let knownTypes = [
    "CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "TITLE": "2.5.4.12",
    "BUSINESSCATEGORY": "2.5.4.15",
    "POSTALCODE": "2.5.4.17", "GN": "2.5.4.42", "DNQUALIFIER": "2.5.4.46",
    "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "UID": "0.9.2342.19200300.100.1.1", "DC": "0.9.2342.19200300.100.1.25",
    "EMAILADDRESS": "1.2.840.113549.1.9.1", "JURISDICTIONC": "1.3.6.1.4.1.311.60.2.1.3",
]

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }

    /// A letter, a digit, `-` or `.`: what short names and OIDs are made of.
    fileprivate var isTypeByte: Bool {
        isDigit || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x2D
            || self == 0x2E
    }
}
