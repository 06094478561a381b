import Text

/// A value of the file together with the path of keys that leads to it.
struct Cursor: Sendable {
    let node: JSONNode
    let path: String

    var position: TextPosition { node.position }
    var string: String? { node.string }

    /// The value of a key; `nil` when there is none. Of repeated keys the first counts.
    subscript(key: String) -> Cursor? {
        node[key].map { Cursor(node: $0, path: path(of: key)) }
    }

    /// The elements of a list; none when this is something else.
    var elements: [Cursor] {
        (node.array ?? []).enumerated().map { Cursor(node: $1, path: "\(path)[\($0)]") }
    }

    /// The values of an object with their keys; none when this is something else.
    var members: [(key: JSONMember, value: Cursor)] {
        (node.members ?? []).map { ($0, Cursor(node: $0.node, path: path(of: $0.key))) }
    }

    /// The path that `key` has or would have in this object.
    func path(of key: String) -> String {
        let isPlain = key.utf8.allSatisfy { $0.isNameByte || $0 == 0x24 } && !key.isEmpty
        guard isPlain else { return "\(path)[“\(key.withoutControls)”]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }

    /// What stands here, for the end of a complaint.
    var shown: String {
        switch node.value {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .number(let number): number.text.abbreviated
        case .string(let string): "“\(string.withoutControls.abbreviated)”"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension String {
    /// Fit for one line of a terminal.
    var withoutControls: String {
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            shown.append(scalar.isControlOrBreak ? "\u{FFFD}" : scalar)
        }
        return String(shown)
    }

    fileprivate var abbreviated: String {
        count <= 60 ? self : prefix(59) + "…"
    }
}

extension Unicode.Scalar {
    var isControlOrBreak: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension UInt8 {
    /// A letter or digit of ASCII, `-` or `_`.
    var isNameByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    var isDigit: Bool { (0x30...0x39).contains(self) }

    var isHexDigit: Bool {
        isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}
