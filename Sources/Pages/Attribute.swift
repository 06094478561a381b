/// An attribute of an element. The name is a literal of the source, the value is escaped.
public struct Attribute: Sendable {
    let markup: String

    /// Any attribute but those that carry script, style or an address (`href`, `action` and `src` have
    /// their own).
    public static func named(_ name: StaticString, _ value: String) -> Attribute {
        let name = name.description
        precondition(!isActive(name), "\(name) is not for plain text")
        return Attribute(name: name, value: value)
    }

    /// An attribute without a value, such as `required`; left out when `present` is false.
    public static func flag(_ name: StaticString, if present: Bool = true) -> Attribute {
        Attribute(markup: present ? " \(name)" : "")
    }

    public static func id(_ value: String) -> Attribute { Attribute(name: "id", value: value) }
    public static func `class`(_ value: StaticString) -> Attribute {
        Attribute(name: "class", value: value.description)
    }
    public static func name(_ value: String) -> Attribute { Attribute(name: "name", value: value) }
    public static func value(_ value: String) -> Attribute { Attribute(name: "value", value: value) }
    public static func type(_ value: StaticString) -> Attribute {
        Attribute(name: "type", value: value.description)
    }
    public static func `for`(_ id: String) -> Attribute { Attribute(name: "for", value: id) }
    public static func role(_ value: StaticString) -> Attribute {
        Attribute(name: "role", value: value.description)
    }
    /// Ids of the elements that describe this one; left out when there are none.
    public static func describedBy(_ ids: [String]) -> Attribute {
        ids.isEmpty
            ? Attribute(markup: "")
            : Attribute(name: "aria-describedby", value: ids.joined(separator: " "))
    }

    /// Where a link leads. An address of any scheme but `https`, `http`, `mailto` and `tel` becomes `#`.
    public static func href(_ address: String) -> Attribute {
        Attribute(name: "href", value: harmless(address))
    }
    /// Where a form is sent; the same rule as ``href(_:)``.
    public static func action(_ address: String) -> Attribute {
        Attribute(name: "action", value: harmless(address))
    }
    /// Where a script of ours comes from.
    static func source(_ path: String) -> Attribute {
        Attribute(name: "src", value: harmless(path))
    }

    private init(markup: String) {
        self.markup = markup
    }

    private init(name: String, value: String) {
        markup = " \(name)=\"\(HTML.escape(value))\""
    }

    private static func isActive(_ name: String) -> Bool {
        ["style", "href", "src", "srcset", "srcdoc", "action", "formaction", "xlink:href"].contains(name)
            || name.hasPrefix("on")
    }

    /// Browsers skip control characters and spaces when they look for the scheme, so any of them makes it
    /// unknown.
    private static func harmless(_ address: String) -> String {
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return "#" }
        let beforePath = address.prefix { !"/?#".contains($0) }
        guard let colon = beforePath.firstIndex(of: ":") else { return address }
        let scheme = beforePath[..<colon].lowercased()
        return ["https", "http", "mailto", "tel"].contains(scheme) ? address : "#"
    }
}
