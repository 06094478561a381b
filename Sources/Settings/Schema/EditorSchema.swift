import Text

/// The JSON Schema (draft 2020-12) of a schema, with which editors complete, explain and check the file.
func editorSchema(title: String, _ shape: ObjectShape) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("$schema", "https://json-schema.org/draft/2020-12/schema")
    writer.member("title", title)
    shape.writeKeywords(to: &writer)
    writer.endObject()
    return writer.text
}

extension ObjectShape {
    fileprivate func writeKeywords(to writer: inout JSONWriter) {
        writer.member("type", "object")
        writer.member("additionalProperties", false)
        if !rules.isEmpty {
            writer.member("$comment", rules.joined(separator: " "))
        }
        writer.key("required")
        writer.beginArray()
        for key in keys {
            if case .required = key.presence { writer.string(key.name) }
        }
        writer.endArray()
        writer.key("properties")
        writer.beginObject()
        for key in keys {
            writer.key(key.name)
            key.write(to: &writer)
        }
        writer.endObject()
    }
}

extension KeyShape {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("description", documentation)
        shape.writeKeywords(to: &writer)
        if case .defaulted(let literal) = presence {
            writer.key("default")
            literal.write(to: &writer)
        }
        writer.endObject()
    }
}

extension Shape {
    fileprivate func writeKeywords(to writer: inout JSONWriter) {
        switch self {
        case .string(let shape):
            writer.member("type", "string")
            writer.member("minLength", 1)
            if let lengthMax = shape.lengthMax { writer.member("maxLength", Int64(lengthMax)) }
            if let pattern = shape.pattern { writer.member("pattern", pattern) }
        case .integer(let range, _):
            writer.member("type", "integer")
            writer.member("minimum", Int64(range.lowerBound))
            writer.member("maximum", Int64(range.upperBound))
        case .boolean:
            writer.member("type", "boolean")
        case .choice(let names):
            writer.key("enum")
            writer.beginArray()
            for name in names { writer.string(name) }
            writer.endArray()
        case .list(let element, let count, let isUnique):
            writer.member("type", "array")
            writer.member("minItems", Int64(count.lowerBound))
            writer.member("maxItems", Int64(count.upperBound))
            if isUnique { writer.member("uniqueItems", true) }
            writer.key("items")
            writer.beginObject()
            element.writeKeywords(to: &writer)
            writer.endObject()
        case .object(let shape):
            shape.writeKeywords(to: &writer)
        case .map(let shape):
            writer.member("type", "object")
            writer.key("propertyNames")
            writer.beginObject()
            Shape.string(.name).writeKeywords(to: &writer)
            writer.endObject()
            writer.key("additionalProperties")
            writer.beginObject()
            shape.writeKeywords(to: &writer)
            writer.endObject()
        }
    }
}
