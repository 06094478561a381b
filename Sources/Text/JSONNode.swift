/// A place in a text as an editor shows it. A column counts characters (Unicode scalars), not bytes.
public struct TextPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    /// From 1.
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (a: TextPosition, b: TextPosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }

    /// `line:column`
    public var description: String { "\(line):\(column)" }
}

/// A parsed JSON value that remembers where it stood.
public struct JSONNode: Sendable {
    public let value: JSONValue
    /// Of the value's first character.
    public let position: TextPosition

    public init(value: JSONValue, position: TextPosition) {
        self.value = value
        self.position = position
    }
}

/// What a JSON text can say (RFC 8259 §3).
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONNode])
    /// In the order of the text; from JSON5 with every repetition of a key.
    case object([JSONMember])
}

/// One key and its value.
public struct JSONMember: Sendable {
    public let key: String
    public let keyPosition: TextPosition
    public let node: JSONNode

    public init(key: String, keyPosition: TextPosition, node: JSONNode) {
        self.key = key
        self.keyPosition = keyPosition
        self.node = node
    }
}

extension JSONNode {
    /// The value of the first member with this key; `nil` when there is none or this is no object.
    public subscript(key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.key == key }?.node
    }

    /// The string; `nil` when this is something else. So are the three below.
    public var string: String? {
        if case .string(let string) = value { string } else { nil }
    }

    /// A number written without fraction or exponent that `Int64` can hold.
    public var integer: Int64? {
        if case .number(let number) = value { number.integer } else { nil }
    }

    public var bool: Bool? {
        if case .bool(let bool) = value { bool } else { nil }
    }

    public var array: [JSONNode]? {
        if case .array(let nodes) = value { nodes } else { nil }
    }

    /// An object's members in the order of the text.
    public var members: [JSONMember]? {
        if case .object(let members) = value { members } else { nil }
    }
}
