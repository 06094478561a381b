import Text

extension Kind where Value == String {
    /// Text for people, or a name that others chose: one line without control characters.
    static func text(lengthMax: Int = 200) -> Kind {
        let shape = StringShape(
            phrase: "text of 1 to \(lengthMax) characters on one line", lengthMax: lengthMax)
        return Kind(string: shape) { text throws(Expectation) in
            guard (1...lengthMax).contains(text.unicodeScalars.count),
                !text.unicodeScalars.contains(where: \.isControlOrBreak)
            else { throw Expectation(shape.phrase) }
            return text
        }
    }

    /// A file's path; a relative one begins at the folder of the configuration file.
    static let path = Kind(resolving: .path) { text, reading throws(Expectation) in
        guard isPath(text) else { throw Expectation(StringShape.path.phrase) }
        return reading.resolve(text)
    }

    /// A name that other parts of the file, logs and messages refer to.
    static let name = Kind(string: .name) { text throws(Expectation) in
        guard isName(text) else { throw Expectation(StringShape.name.phrase) }
        return text
    }

    /// An ASN.1 object identifier in dotted decimal: `1.2.392.200091.110.101.1`.
    static let objectIdentifier = Kind(string: .objectIdentifier) { text throws(Expectation) in
        guard isObjectIdentifier(text) else { throw Expectation(StringShape.objectIdentifier.phrase) }
        return text
    }

    /// The beginning of request paths: no escapes and nothing that two readers might see differently.
    static let routePath = Kind(string: .routePath) { text throws(Expectation) in
        guard text.utf8.count <= 1000, text.hasPrefix("/"), text.utf8.allSatisfy(\.isRoutePathByte) else {
            throw Expectation(StringShape.routePath.phrase)
        }
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard segments.dropLast().allSatisfy({ !$0.isEmpty }), !segments.contains("."),
            !segments.contains("..")
        else { throw Expectation("a path without “//”, “.” and “..”") }
        guard segments.first != ".sekisho" else {
            throw Expectation("a path outside “/.sekisho/”, which the gateway keeps for itself")
        }
        return text
    }
}

extension Kind where Value == [UInt8] {
    /// The SHA-256 of a certificate's DER: 64 hexadecimal digits, with or without colons between the bytes.
    static let fingerprint = Kind(string: .fingerprint) { text throws(Expectation) in
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isGrouped = parts.count == 32 && parts.allSatisfy { $0.utf8.count == 2 }
        guard isGrouped || parts.count == 1, let bytes = Hex.decode(parts.joined()), bytes.count == 32 else {
            throw Expectation(StringShape.fingerprint.phrase)
        }
        return bytes
    }
}

extension StringShape {
    static let path = StringShape(phrase: "a file's path", lengthMax: 4095)
    static let name = StringShape(
        phrase: "a name (letters, digits, “-” and “_”; at most 64)", lengthMax: 64,
        pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$")
    static let objectIdentifier = StringShape(
        phrase: "an object identifier (“1.2.392.1”)", lengthMax: 100,
        pattern: "^[0-2](\\.(0|[1-9][0-9]{0,17}))+$")
    static let routePath = StringShape(
        phrase: "a path that begins with “/” (unescaped; letters, digits and -._~!$&'()*+,;=:@/)",
        lengthMax: 1000,
        pattern: "^/")
    static let fingerprint = StringShape(
        phrase: "a SHA-256 in hexadecimal (64 digits)", pattern: "^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$")
}

func isPath(_ text: String) -> Bool {
    (1...4095).contains(text.utf8.count)
        && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
}

func isName(_ text: String) -> Bool {
    let isStartFit = text.utf8.first.map { $0.isNameByte && $0 != 0x2D && $0 != 0x5F } ?? false
    return isStartFit && text.utf8.count <= 64 && text.utf8.allSatisfy(\.isNameByte)
}

func isObjectIdentifier(_ text: String) -> Bool {
    let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
    guard text.utf8.count <= 100, arcs.count >= 2, ["0", "1", "2"].contains(arcs[0]) else { return false }
    return arcs.dropFirst().allSatisfy { arc in
        (1...18).contains(arc.utf8.count) && arc.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            && (arc == "0" || arc.first != "0")
    }
}

extension UInt8 {
    /// RFC 3986 §3.3 `pchar` without percent escapes, and “/”.
    fileprivate var isRoutePathByte: Bool {
        switch self {
        case 0x21, 0x24, 0x26...0x2C, 0x2E, 0x2F, 0x3A, 0x3B, 0x3D, 0x40, 0x7E: true
        default: isNameByte
        }
    }
}
