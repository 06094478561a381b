import HTTP

/// A form of a page: where it goes and what it carries hidden.
public struct PageForm: Sendable {
    public let action: String
    public let hidden: [(String, String)]
}

/// Reads what a scripted visitor needs from the pages of this project, which are well-formed.
extension VisitedPage {
    public var forms: [PageForm] {
        elements("form", in: text).map { tag, rest in
            let body = rest.range(of: "</form>").map { rest[..<$0.lowerBound] } ?? rest
            let hidden = elements("input", in: String(body)).compactMap { tag, _ -> (String, String)? in
                guard attribute("type", of: tag) == "hidden", let name = attribute("name", of: tag) else {
                    return nil
                }
                return (name, attribute("value", of: tag) ?? "")
            }
            return PageForm(action: attribute("action", of: tag) ?? url.target, hidden: hidden)
        }
    }

    /// The names of the page's checkboxes.
    public var checkboxes: [String] {
        elements("input", in: text).compactMap { tag, _ in
            attribute("type", of: tag) == "checkbox" ? attribute("name", of: tag) : nil
        }
    }

    /// The form that posts to a path.
    public func form(to path: String) -> PageForm? {
        forms.first { $0.action == path || $0.action.hasPrefix(path + "?") }
    }

    /// Where the link with this text leads.
    public func link(_ label: String) -> String? {
        elements("a", in: text).first { _, rest in rest.hasPrefix(label) }.flatMap { tag, _ in
            attribute("href", of: tag)
        }
    }

    /// Where the page goes on to by itself, at once.
    var goesOnTo: String? {
        for (tag, _) in elements("meta", in: text) where attribute("http-equiv", of: tag) == "refresh" {
            guard let content = attribute("content", of: tag), content.hasPrefix("0; url=") else { continue }
            return String(content.dropFirst(7))
        }
        return nil
    }

    public var title: String {
        elements("title", in: text).first.map { String($0.rest.prefix { $0 != "<" }) } ?? ""
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
    private func elements(_ name: String, in text: String) -> [(tag: Substring, rest: Substring)] {
        var found: [(Substring, Substring)] = []
        var rest = text[...]
        while let start = rest.range(of: "<\(name)") {
            rest = rest[start.upperBound...]
            guard let next = rest.first, next == " " || next == ">", let end = rest.firstIndex(of: ">") else {
                continue
            }
            let tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
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
    /// Where a text first stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
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
