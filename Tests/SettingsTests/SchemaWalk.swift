import Text

/// A key as the editors' schema has it.
struct SchemaKey {
    let parent: String
    let name: String
    let isRequired: Bool
    let node: JSONNode

    var path: String { parent.isEmpty ? name : "\(parent).\(name)" }
}

/// The keys of an object of the schema and of all objects inside it; `[]` is an element, `NAME` a chosen
/// name.
func keys(of object: JSONNode, parent: String) -> [SchemaKey] {
    let required = (object["required"]?.array ?? []).compactMap(\.string)
    return (object["properties"]?.members ?? []).flatMap { member in
        let key = SchemaKey(
            parent: parent, name: member.key, isRequired: required.contains(member.key), node: member.node)
        return [key] + innerKeys(of: member.node, path: key.path)
    }
}

private func innerKeys(of node: JSONNode, path: String) -> [SchemaKey] {
    if let items = node["items"] { return innerKeys(of: items, path: "\(path)[]") }
    if let values = node["additionalProperties"], values.members != nil {
        return keys(of: values, parent: "\(path).NAME")
    }
    return keys(of: node, parent: path)
}

/// What a document breaks of a schema, for the keywords that the schema uses (patterns aside).
func violations(of node: JSONNode, against schema: JSONNode, path: String) -> [String] {
    var found: [String] = []
    func expect(_ holds: Bool, _ keyword: String) {
        if !holds { found.append("\(path): \(keyword)") }
    }
    for keyword in schema.members ?? [] {
        switch keyword.key {
        case "type": expect(typeNames(of: node).contains(keyword.node.string ?? ""), "type")
        case "minLength":
            expect(Int64(node.string?.unicodeScalars.count ?? 0) >= keyword.node.integer ?? .max, "minLength")
        case "maxLength":
            expect(Int64(node.string?.unicodeScalars.count ?? 0) <= keyword.node.integer ?? 0, "maxLength")
        case "minimum": expect(node.integer ?? .min >= keyword.node.integer ?? .max, "minimum")
        case "maximum": expect(node.integer ?? .max <= keyword.node.integer ?? .min, "maximum")
        case "minItems": expect(Int64(node.array?.count ?? 0) >= keyword.node.integer ?? .max, "minItems")
        case "maxItems": expect(Int64(node.array?.count ?? 0) <= keyword.node.integer ?? 0, "maxItems")
        case "enum": expect(keyword.node.array?.contains { $0.string == node.string } == true, "enum")
        case "required":
            for name in keyword.node.array ?? [] {
                expect(name.string.flatMap { node[$0] } != nil, "required \(name.string ?? "")")
            }
        case "items":
            for (index, element) in (node.array ?? []).enumerated() {
                found += violations(of: element, against: keyword.node, path: "\(path)[\(index)]")
            }
        case "properties", "additionalProperties":
            for member in node.members ?? [] {
                let rules = keyword.key == "properties" ? keyword.node[member.key] : keyword.node
                if let rules {
                    found += violations(of: member.node, against: rules, path: "\(path).\(member.key)")
                }
            }
            if keyword.node.bool == false {
                for member in node.members ?? [] {
                    expect(schema["properties"]?[member.key] != nil, "unknown \(member.key)")
                }
            }
        case "$schema", "title", "$comment", "description", "default", "pattern", "propertyNames",
            "uniqueItems":
            break
        default: expect(false, "keyword \(keyword.key)")
        }
    }
    return found
}

private func typeNames(of node: JSONNode) -> [String] {
    switch node.value {
    case .null: ["null"]
    case .bool: ["boolean"]
    case .number(let number): number.integer == nil ? ["number"] : ["number", "integer"]
    case .string: ["string"]
    case .array: ["array"]
    case .object: ["object"]
    }
}

/// The paths of a document's keys as the schema writes them.
func keyPaths(of node: JSONNode, against schema: JSONNode, path: String) -> [String] {
    if let items = schema["items"] {
        return (node.array ?? []).flatMap { keyPaths(of: $0, against: items, path: "\(path)[]") }
    }
    if let values = schema["additionalProperties"], values.members != nil {
        return (node.members ?? []).flatMap { keyPaths(of: $0.node, against: values, path: "\(path).NAME") }
    }
    return (node.members ?? []).flatMap { member -> [String] in
        guard let inner = schema["properties"]?[member.key] else { return ["unknown \(path).\(member.key)"] }
        let keyPath = path.isEmpty ? member.key : "\(path).\(member.key)"
        return [keyPath] + keyPaths(of: member.node, against: inner, path: keyPath)
    }
}

/// The schema of the value at a path of a document.
func schema(at path: String, in root: JSONNode) -> JSONNode? {
    var schema: JSONNode? = root
    for part in path.split(separator: ".") {
        let pieces = part.split(separator: "[")
        let name = pieces.first.map(String.init) ?? ""
        schema = schema?["properties"]?[name] ?? schema?["additionalProperties"]
        for _ in pieces.dropFirst() { schema = schema?["items"] }
    }
    return schema
}

/// Every value inside a document with its path.
func places(in node: JSONNode, path: String) -> [(path: String, position: TextPosition)] {
    let members = (node.members ?? []).map { (path.isEmpty ? $0.key : "\(path).\($0.key)", $0.node) }
    let elements = (node.array ?? []).enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
    return (members + elements).flatMap { inner, value in
        [(inner, value.position)] + places(in: value, path: inner)
    }
}

/// A document as JSON text, with another text in place of the value at a position.
func jsonText(_ node: JSONNode, replacing position: TextPosition? = nil, with text: String = "") -> String {
    if node.position == position { return text }
    switch node.value {
    case .null: return "null"
    case .bool(let bool): return "\(bool)"
    case .number(let number): return number.text
    case .string(let string):
        var writer = JSONWriter()
        writer.string(string)
        return writer.text
    case .array(let nodes):
        return "[" + nodes.map { jsonText($0, replacing: position, with: text) }.joined(separator: ",") + "]"
    case .object(let members):
        let texts = members.map { "\"\($0.key)\":" + jsonText($0.node, replacing: position, with: text) }
        return "{" + texts.joined(separator: ",") + "}"
    }
}
