import HTTP

/// A form of a page: where it goes, what it carries hidden, and what there is to fill in.
public struct PageForm: Sendable {
    public let action: String
    public let hidden: [(String, String)]
    public let checkboxes: [(String, String)]
    /// The names of the fields to type into.
    public let texts: [String]
    /// Those that have a name.
    public let buttons: [(String, String)]

    /// What is sent by someone who ticks every box, types `text` into every field, and presses the button
    /// that leads on.
    public func agreeing(typing text: String) -> [(String, String)] {
        let leading = buttons.first { Self.leading.contains($0.1) } ?? buttons.first
        return hidden + checkboxes + texts.map { ($0, text) } + (leading.map { [$0] } ?? [])
    }

    private static let leading = ["scopes", "register", "confirm", "allow"]
}

/// Reads what a scripted visitor needs from the pages of this project, which are well-formed.
extension VisitedPage {
    public var forms: [PageForm] {
        elements("form", in: text[...]).map { tag, rest in
            let body = rest.range(of: "</form>").map { rest[..<$0.lowerBound] } ?? rest
            func named(_ element: String, types: [String]) -> [(String, String)] {
                elements(element, in: body).compactMap { tag, _ in
                    guard types.contains(attribute("type", of: tag) ?? "text"),
                        let name = attribute("name", of: tag)
                    else { return nil }
                    return (name, attribute("value", of: tag) ?? "")
                }
            }
            return PageForm(
                action: attribute("action", of: tag) ?? url.target,
                hidden: named("input", types: ["hidden"]), checkboxes: named("input", types: ["checkbox"]),
                texts: named("input", types: ["text", "password"]).map(\.0),
                buttons: named("button", types: ["submit"]))
        }
    }

    /// The names of the page's checkboxes.
    public var checkboxes: [String] {
        elements("input", in: text[...]).compactMap { tag, _ in
            attribute("type", of: tag) == "checkbox" ? attribute("name", of: tag) : nil
        }
    }

    /// The form that posts to a path.
    public func form(to path: String) -> PageForm? {
        forms.first { $0.action == path || $0.action.hasPrefix(path + "?") }
    }

    /// Where the link with this text leads.
    public func link(_ label: String) -> String? {
        elements("a", in: text[...]).first { _, rest in rest.hasPrefix(label) }.flatMap { tag, _ in
            attribute("href", of: tag)
        }
    }

    /// Where the page goes on to by itself, at once.
    var goesOnTo: String? {
        for (tag, _) in elements("meta", in: text[...]) where attribute("http-equiv", of: tag) == "refresh" {
            guard let content = attribute("content", of: tag), content.hasPrefix("0; url=") else { continue }
            return String(content.dropFirst(7))
        }
        return nil
    }

    public var title: String {
        elements("title", in: text[...]).first.map { String($0.rest.prefix { $0 != "<" }) } ?? ""
    }

    /// The 受付番号 on a page that names one.
    public var supportCode: String? {
        let letters = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let words = text.split(whereSeparator: { !letters.contains($0) && $0 != "-" })
        for word in words where word.utf8.count == 11 {
            let parts = word.split(separator: "-", omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].utf8.count == 5 { return String(word) }
        }
        return nil
    }

    /// Start tags of a kind, each with what follows it.
    private func elements(_ name: String, in text: Substring) -> [(tag: Substring, rest: Substring)] {
        var found: [(Substring, Substring)] = []
        var rest = text
        while let start = rest.range(of: "<\(name)") {
            rest = rest[start.upperBound...]
            guard let next = rest.first, next == " " || next == ">", let end = rest.range(of: ">") else {
                continue
            }
            let tag = rest[..<end.lowerBound]
            rest = rest[end.upperBound...]
            found.append((tag, rest))
        }
        return found
    }

    private func attribute(_ name: String, of tag: Substring) -> String? {
        guard let start = tag.range(of: " \(name)=\"") else { return nil }
        return String(tag[start.upperBound...].prefix { $0 != "\"" }).unescaped
    }
}

extension Substring {
    /// Where a text of ASCII first stands. It goes by bytes: benchmarks read pages on the processor they
    /// measure.
    fileprivate func range(of text: String) -> Range<Index>? {
        guard let first = text.utf8.first else { return nil }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: text.utf8) { return start..<rest.index(start, offsetBy: text.utf8.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}

extension String {
    fileprivate var unescaped: String {
        guard contains("&") else { return self }
        var output = ""
        var rest = self[...]
        while let mark = rest.firstIndex(of: "&") {
            output += rest[..<mark]
            rest = rest[mark...]
            guard let (entity, text) = Self.entities.first(where: { rest.hasPrefix($0.0) }) else {
                output += "&"
                rest = rest.dropFirst()
                continue
            }
            output += text
            rest = rest.dropFirst(entity.count)
        }
        return output + rest
    }

    private static let entities = [
        ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"),
    ]
}
