/// The text of a name's bytes, control characters included; nil when the bytes are not of that string type.
func decodedName(_ bytes: [UInt8], as type: NameStringType) -> String? {
    switch type {
    case .utf8: String(validating: bytes, as: UTF8.self)
    case .printable: bytes.allSatisfy(isPrintable) ? String(decoding: bytes, as: UTF8.self) : nil
    case .ia5: bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
    case .bmp: decodedScalars(bytes, width: 2)
    case .universal: decodedScalars(bytes, width: 4)
    case .teletex, .other: nil
    }
}

/// C0, DEL and C1: nothing that belongs into a name.
func holdsControl(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control }
}

/// Big-endian scalars of 2 (BMPString) or 4 (UniversalString) bytes. Surrogates are no scalars, so a pair of
/// them in a BMPString is refused.
private func decodedScalars(_ bytes: [UInt8], width: Int) -> String? {
    guard bytes.count % width == 0 else { return nil }
    var text = String.UnicodeScalarView()
    for start in stride(from: 0, to: bytes.count, by: width) {
        let number = bytes[start..<start + width].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let scalar = Unicode.Scalar(number) else { return nil }
        text.append(scalar)
    }
    return String(text)
}

/// The characters of PrintableString (X.680 §41.4).
private func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A, 0x30...0x39: true
    // Space ' ( ) + , - . / : = ?
    case 0x20, 0x27...0x29, 0x2B...0x2F, 0x3A, 0x3D, 0x3F: true
    default: false
    }
}
