/// A piece of a page that is already safe to send.
///
/// Every way to make one escapes what it is given; names of elements and attributes can only be literals of
/// the source. So a value from a customer, a partner or a certificate cannot become markup.
///
///     HTML.element("p", .class("note")) { "\(partner.name)がアクセスを求めています。" }
public struct HTML: Sendable {
    /// The markup, escaped.
    public let markup: String

    /// Nothing.
    public static let empty = HTML(escaped: "")

    /// Text; `& < > " '` are escaped and control characters become U+FFFD.
    public static func text(_ text: String) -> HTML {
        HTML(escaped: escape(text))
    }

    /// Markup taken as it is. Only for literals of this source, hence the type.
    public static func trusted(_ literal: StaticString) -> HTML {
        HTML(escaped: literal.description)
    }

    /// An element with its attributes and content. Void elements (`input`, `br`, …) have no end tag and no
    /// content.
    public static func element(
        _ name: StaticString, _ attributes: Attribute..., @HTMLBuilder content: () -> HTML = { .empty }
    ) -> HTML {
        element(name, attributes: attributes, content: content())
    }

    /// The same with a list of attributes that the caller made.
    public static func element(_ name: StaticString, attributes: [Attribute], content: HTML = .empty) -> HTML
    {
        let name = name.description
        var markup = "<" + name
        for attribute in attributes { markup += attribute.markup }
        markup += ">"
        if !voidElements.contains(name) { markup += content.markup + "</" + name + ">" }
        return HTML(escaped: markup)
    }

    /// Both, one after the other.
    public static func + (left: HTML, right: HTML) -> HTML {
        HTML(escaped: left.markup + right.markup)
    }

    init(escaped: String) {
        markup = escaped
    }

    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static let voidElements: Set<String> = [
        "area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr",
    ]
}

/// Lets the content of an element be written as a list: strings are text, `if` and `for` work.
@resultBuilder
public enum HTMLBuilder {
    public static func buildExpression(_ text: String) -> HTML { .text(text) }
    public static func buildExpression(_ html: HTML) -> HTML { html }
    public static func buildBlock(_ parts: HTML...) -> HTML { buildArray(parts) }
    public static func buildArray(_ parts: [HTML]) -> HTML {
        HTML(escaped: parts.reduce(into: "") { $0 += $1.markup })
    }
    public static func buildOptional(_ part: HTML?) -> HTML { part ?? .empty }
    public static func buildEither(first part: HTML) -> HTML { part }
    public static func buildEither(second part: HTML) -> HTML { part }
}
