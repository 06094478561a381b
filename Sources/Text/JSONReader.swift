/// Which grammar a text follows.
public enum JSONDialect: Sendable, Hashable {
    /// RFC 8259, strictly; a repeated key is a fault (RFC 7493 §2.3).
    case json
    /// JSON5 1.0.0: comments, trailing commas, unquoted keys, single quotes, hexadecimal numbers, …
    /// A repeated key is kept, so that the reader of the tree can say more about it.
    case json5
}

/// Why a text is not JSON.
public struct JSONFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let position: TextPosition
    /// What was expected, in English.
    public let message: String

    public init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }

    /// `line:column: message`
    public var description: String { "\(position): \(message)" }
}

/// Reads JSON texts into trees that know their positions.
public enum JSONReader {
    /// The whole of `bytes` must be one value in UTF-8.
    ///
    /// - Parameter depthMax: how many arrays and objects may stand inside one another; never more than 512.
    public static func read(
        _ bytes: [UInt8], dialect: JSONDialect, depthMax: Int = 64
    ) throws(JSONFault) -> JSONNode {
        let scanner = JSONScanner(bytes, dialect)
        try scanner.checkEncoding()
        var parser = JSONParser(scanner: scanner, depthMax: min(depthMax, 512))
        return try parser.document()
    }
}

/// The grammar of values; the scanner below it knows tokens.
struct JSONParser {
    private var scanner: JSONScanner
    private let depthMax: Int

    init(scanner: JSONScanner, depthMax: Int) {
        self.scanner = scanner
        self.depthMax = depthMax
    }

    mutating func document() throws(JSONFault) -> JSONNode {
        try scanner.skipBlanks()
        let node = try value(depth: 0)
        try scanner.skipBlanks()
        guard scanner.isAtEnd else { throw scanner.fault("expected nothing after the value") }
        return node
    }

    /// Stands on the first character of a value and leaves the scanner behind its last.
    private mutating func value(depth: Int) throws(JSONFault) -> JSONNode {
        let position = scanner.position()
        let value: JSONValue
        switch scanner.current {
        case .openBrace:
            value = .object(try members(depth: depth + 1))
        case .openBracket:
            value = .array(try elements(depth: depth + 1))
        case .quote:
            value = .string(try scanner.string())
        case .apostrophe where scanner.isJSON5:
            value = .string(try scanner.string())
        default:
            if scanner.takeWord("true") {
                value = .bool(true)
            } else if scanner.takeWord("false") {
                value = .bool(false)
            } else if scanner.takeWord("null") {
                value = .null
            } else {
                value = .number(try scanner.number())
            }
        }
        return JSONNode(value: value, position: position)
    }

    private mutating func elements(depth: Int) throws(JSONFault) -> [JSONNode] {
        var nodes: [JSONNode] = []
        try open(depth)
        while !scanner.take(.closeBracket) {
            nodes.append(try value(depth: depth))
            try separator(before: .closeBracket, named: "]")
        }
        return nodes
    }

    private mutating func members(depth: Int) throws(JSONFault) -> [JSONMember] {
        var members: [JSONMember] = []
        var seen: Set<String> = []
        try open(depth)
        while !scanner.take(.closeBrace) {
            let start = scanner.offset
            let keyPosition = scanner.position()
            let key = try scanner.key()
            if !scanner.isJSON5, !seen.insert(key).inserted {
                throw scanner.fault("expected every key once; this one is repeated", at: start)
            }
            try scanner.skipBlanks()
            guard scanner.take(.colon) else { throw scanner.fault("expected “:” after the key") }
            try scanner.skipBlanks()
            members.append(JSONMember(key: key, keyPosition: keyPosition, node: try value(depth: depth)))
            try separator(before: .closeBrace, named: "}")
        }
        return members
    }

    private mutating func open(_ depth: Int) throws(JSONFault) {
        guard depth <= depthMax else {
            throw scanner.fault("expected at most \(depthMax) arrays and objects inside one another")
        }
        scanner.advance()
        try scanner.skipBlanks()
    }

    /// Passes a comma and the blanks around it, or stops in front of the closing bracket.
    private mutating func separator(before close: UInt8, named name: String) throws(JSONFault) {
        try scanner.skipBlanks()
        if scanner.take(.comma) {
            try scanner.skipBlanks()
            if scanner.current == close, !scanner.isJSON5 {
                throw scanner.fault("expected a value after the comma, not “\(name)”")
            }
        } else if scanner.current != close {
            throw scanner.fault("expected “,” or “\(name)”")
        }
    }
}

extension UInt8 {
    static let openBrace: UInt8 = 0x7B
    static let closeBrace: UInt8 = 0x7D
    static let openBracket: UInt8 = 0x5B
    static let closeBracket: UInt8 = 0x5D
    static let quote: UInt8 = 0x22
    static let apostrophe: UInt8 = 0x27
    static let colon: UInt8 = 0x3A
    static let comma: UInt8 = 0x2C
    static let backslash: UInt8 = 0x5C
    static let slash: UInt8 = 0x2F
    static let asterisk: UInt8 = 0x2A
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
}
