/// The reference page of a schema in Markdown: a table for every object, in the order of the schema.
func referencePage(title: String, introduction: String, _ shape: ObjectShape) -> String {
    var page = "# \(title)\n\n\(introduction)\n"
    appendSection(heading: "The file", path: "", shape, to: &page)
    return page
}

private func appendSection(heading: String, path: String, _ object: ObjectShape, to page: inout String) {
    page += "\n## \(heading)\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
    for key in object.keys {
        let value = key.shape.cell
        page += "| `\(key.name)` | \(value) | \(key.presence.cell) | \(key.documentation) |\n"
    }
    if !object.rules.isEmpty {
        page += "\n" + object.rules.map { "- \($0)\n" }.joined()
    }
    for key in object.keys {
        let keyPath = path.isEmpty ? key.name : "\(path).\(key.name)"
        guard let (inner, innerPath) = key.shape.inner(at: keyPath) else { continue }
        appendSection(heading: "`\(innerPath)`", path: innerPath, inner, to: &page)
    }
}

extension Shape {
    /// The object inside, and how the page writes its path.
    fileprivate func inner(at path: String) -> (ObjectShape, String)? {
        switch self {
        case .object(let object): (object, path)
        case .map(let object): (object, "\(path).NAME")
        case .list(let element, _, _): element.inner(at: "\(path)[]")
        default: nil
        }
    }

    fileprivate var cell: String {
        switch self {
        case .choice(let names): names.map { "`\"\($0)\"`" }.joinedAsChoice
        case .list(.choice(let names), let count, _):
            "a list of \(count.text), each \(Shape.choice(names).cell)"
        default: phrase
        }
    }
}

extension Presence {
    fileprivate var cell: String {
        switch self {
        case .required: "**required**"
        case .optional: "–"
        case .defaulted(let literal): "`\(literal.text)`"
        }
    }
}
