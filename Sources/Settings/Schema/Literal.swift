import Text

/// A default as it would stand in the file. It is decoded like anything the operator writes.
enum Literal: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case strings([String])
    case emptyList
    case emptyObject

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// JSON text.
    var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .string(let value): writer.string(value)
        case .integer(let value): writer.integer(Int64(value))
        case .boolean(let value): writer.bool(value)
        case .strings(let values):
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
        case .emptyList:
            writer.beginArray()
            writer.endArray()
        case .emptyObject:
            writer.beginObject()
            writer.endObject()
        }
    }

    func node(at position: TextPosition) -> JSONNode {
        let value: JSONValue =
            switch self {
            case .string(let value): .string(value)
            case .integer(let value): .number(JSONNumber(Int64(value)))
            case .boolean(let value): .bool(value)
            case .strings(let values):
                .array(values.map { JSONNode(value: .string($0), position: position) })
            case .emptyList: .array([])
            case .emptyObject: .object([])
            }
        return JSONNode(value: value, position: position)
    }
}
