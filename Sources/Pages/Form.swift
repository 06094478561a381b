/// The parts that forms of these pages are made of.
extension HTML {
    /// A form that posts to `address` and carries `hidden` fields.
    public static func form(
        postingTo address: String, hidden: [(name: String, value: String)] = [],
        @HTMLBuilder content: () -> HTML
    ) -> HTML {
        HTML.element("form", .named("method", "post"), .action(address), .named("accept-charset", "utf-8")) {
            for field in hidden {
                HTML.element("input", .type("hidden"), .name(field.name), .value(field.value))
            }
            content()
        }
    }

    /// A labelled text field. `autocomplete` is the browser's hint, e.g. `username`; `error` stands beside
    /// the field, or elsewhere in the element `errorID`.
    public static func field(
        _ label: String, name: String, kind: FieldKind = .text, value: String = "",
        autocomplete: String = "off",
        lengthMax: Int? = nil, hint: String? = nil, error: String? = nil, errorID: String? = nil,
        isFocused: Bool = false
    ) -> HTML {
        var attributes: [Attribute] = [
            .id(name), .name(name), kind.attribute, .named("autocomplete", autocomplete), .flag("required"),
            .describedBy(
                (error == nil ? [] : ["\(name)-error"]) + (errorID.map { [$0] } ?? [])
                    + (hint == nil ? [] : ["\(name)-hint"])),
            .flag("autofocus", if: isFocused),
        ]
        // A password never comes back in a page.
        if kind != .password { attributes.append(.value(value)) }
        if let lengthMax { attributes.append(.named("maxlength", String(lengthMax))) }
        if error != nil || errorID != nil { attributes.append(.named("aria-invalid", "true")) }
        return HTML.element("div", .class("field")) {
            HTML.element("label", .for(name)) { label }
            if let hint { HTML.element("p", .class("hint"), .id("\(name)-hint")) { hint } }
            if let error { HTML.element("p", .class("error"), .id("\(name)-error")) { error } }
            HTML.element("input", attributes: attributes)
        }
    }

    /// A checkbox with its label; unticked where agreement is the customer's own act.
    public static func checkbox(
        _ label: String, name: String, value: String, errorID: String? = nil, isTicked: Bool = false
    ) -> HTML {
        var attributes: [Attribute] = [
            .id(name), .name(name), .value(value), .type("checkbox"),
            .describedBy(errorID.map { [$0] } ?? []), .flag("checked", if: isTicked),
        ]
        if errorID != nil { attributes.append(.named("aria-invalid", "true")) }
        return HTML.element("div", .class("choice")) {
            HTML.element("input", attributes: attributes)
            HTML.element("label", .for(name)) { label }
        }
    }

    /// A button that sends its form, with `name=value` when given. `description` tells it from others of its
    /// label, for who does not see what stands beside it.
    public static func button(
        _ label: String, name: String? = nil, value: String = "", style: ButtonStyle = .primary,
        description: String? = nil
    ) -> HTML {
        var attributes: [Attribute] = [.type("submit"), style.attribute]
        if let name { attributes += [.name(name), .value(value)] }
        let unseen = description.map { text in
            HTML.element("span", .class("unseen")) { " \(text)" }
        }
        return HTML.element("button", attributes: attributes, content: .text(label) + (unseen ?? .empty))
    }

    /// A link that looks like a button; for GET.
    public static func linkButton(_ label: String, to address: String, style: ButtonStyle = .primary) -> HTML
    {
        HTML.element("a", attributes: [.href(address), style.attribute], content: .text(label))
    }

    /// Buttons side by side, one below the other on a phone.
    public static func buttons(@HTMLBuilder content: () -> HTML) -> HTML {
        HTML.element("div", .class("buttons"), content: content)
    }

    /// A message that assistive technology reads at once and that takes the focus.
    public static func alert(_ message: String, id: String) -> HTML {
        HTML.element(
            "p", .class("alert"), .id(id), .role("alert"), .named("tabindex", "-1"), .flag("autofocus")
        ) { message }
    }
}

/// What a text field takes.
public enum FieldKind: Sendable {
    case text, password

    var attribute: Attribute {
        switch self {
        case .text: .type("text")
        case .password: .type("password")
        }
    }
}

/// How much a button stands out.
public enum ButtonStyle: Sendable {
    case primary, secondary

    var attribute: Attribute {
        switch self {
        case .primary: .class("button primary")
        case .secondary: .class("button secondary")
        }
    }
}
