/// The header fields that every page carries, error pages included.
public enum PageHeaders {
    /// Content type, Content-Security-Policy, no-store, no-referrer, nosniff and frame refusal, in this
    /// order.
    ///
    /// `formTargets` are the origins, besides this one, that a form's answer may redirect to: Chromium holds
    /// `form-action` against every step of the redirect that follows a form, so a page whose form ends at a
    /// partner must name the partner's origin. Each must be `scheme://host[:port]`; anything else is left
    /// out. `runsScript` is for pages with a ``TimeoutWarning``: scripts of this origin alone, which may ask
    /// this origin alone.
    public static func fields(
        formTargets: [String] = [], runsScript: Bool = false
    ) -> [(name: String, value: String)] {
        let script = runsScript ? "script-src 'self'; connect-src 'self'; " : ""
        let targets = (["'self'"] + formTargets.filter(isOrigin)).joined(separator: " ")
        return [
            ("Content-Type", "text/html; charset=utf-8"),
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'self'; \(script)form-action \(targets); "
                    + "frame-ancestors 'none'; base-uri 'none'"
            ),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
        ]
    }

    /// The header fields of the stylesheet.
    public static let stylesheetFields: [(name: String, value: String)] = [
        ("Content-Type", "text/css; charset=utf-8"),
        ("Cache-Control", "public, max-age=300"),
        ("X-Content-Type-Options", "nosniff"),
    ]

    /// A space or a semicolon would start another source or directive.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let authority = text.utf8.dropFirst(scheme.utf8.count)
        return !authority.isEmpty
            && authority.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}
