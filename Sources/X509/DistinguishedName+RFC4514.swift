import Text

extension DistinguishedName {
    /// The name as RFC 4514 writes it, most significant part last: `CN=TSUSER0001,O=都島信用組合,C=JP`.
    ///
    /// For people and log lines: besides what the RFC escapes, everything invisible or able to rearrange a
    /// line (controls, line and paragraph separators, direction marks) stands as `\XX`. Values that do not
    /// decode, and types without a well-known name, stand as `#` and their BER.
    public var rfc4514: String {
        relativeNames.reversed()
            .map { attributes in attributes.map(\.rfc4514).joined(separator: "+") }
            .joined(separator: ",")
    }
}

extension NameAttribute {
    fileprivate var rfc4514: String {
        guard let shortName, let text = decodedName(raw, as: stringType) else {
            return "\(shortName ?? oid)=#\(Hex.encode(ber))"
        }
        return "\(shortName)=\(escaped(text))"
    }

    /// Tag, length and value (X.690 §8.1).
    private var ber: [UInt8] {
        guard let tag = stringType.tag else { return raw }
        guard raw.count >= 0x80 else { return [tag, UInt8(raw.count)] + raw }
        let length = lengthBytes(raw.count)
        return [tag, 0x80 | UInt8(length.count)] + length + raw
    }
}

/// Big-endian, without leading zeros.
private func lengthBytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = count
    while rest > 0 {
        bytes.insert(UInt8(rest & 0xFF), at: 0)
        rest >>= 8
    }
    return bytes
}

/// RFC 4514 §2.4, and more.
private func escaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
        let isFirst = index == 0
        let isLast = index == scalars.count - 1
        switch scalar {
        case "\"", "+", ",", ";", "<", ">", "\\", "=":
            result.append("\\")
            result.append(scalar)
        case " " where isFirst || isLast, "#" where isFirst:
            result.append("\\")
            result.append(scalar)
        case _ where isInvisible(scalar):
            for byte in String(scalar).utf8 {
                result.append(contentsOf: "\\\(Hex.encode([byte]))".unicodeScalars)
            }
        default:
            result.append(scalar)
        }
    }
    return String(result)
}

/// Whether a scalar shows nothing of its own, or changes how its neighbours show.
private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
}
