/// A language that pages are written in, for `<html lang>`.
public enum PageLanguage: String, Sendable, CaseIterable {
    case japanese = "ja"
    case english = "en"

    /// The language for one request: what the customer chose by the link between the languages, or else what
    /// the browser would rather have. Japanese when neither says anything that we speak.
    ///
    /// - Parameters:
    ///   - chosen: The value of the cookie ``LanguageSwitch/cookieName``.
    ///   - accepted: The value of `Accept-Language` (RFC 9110 §12.5.4).
    public init(chosen: String?, accepted: String?) {
        self = chosen.flatMap(PageLanguage.init(rawValue:)) ?? Self.preferred(accepted ?? "") ?? .japanese
    }

    /// The other one.
    public var other: PageLanguage { self == .japanese ? .english : .japanese }

    /// Its own name, in itself.
    var name: String { self == .japanese ? "日本語" : "English" }

    /// The one with the greatest weight; of equals the one that comes first. Nil when none of ours is wanted.
    private static func preferred(_ accepted: String) -> PageLanguage? {
        var best: (language: PageLanguage, weight: Int)?
        for range in accepted.split(separator: ",").prefix(rangesMax) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let tag = parts.first?.prefix { $0 != "-" }.lowercased() ?? ""
            guard let language = PageLanguage(rawValue: tag) else { continue }
            let asked = parts.dropFirst().first { $0.hasPrefix("q=") }
            let weight = asked.map { Self.weight($0.dropFirst(2)) } ?? 1000
            if weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language
    }

    /// In thousandths; 0, which is "not wanted", for anything else.
    private static func weight(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1].prefix(3)) : ""
        let padded = fraction + String(repeating: "0", count: 3 - fraction.count)
        guard let whole = Int(parts[0]), 0...1 ~= whole, let thousandths = Int(padded) else { return 0 }
        return min(1000, whole * 1000 + thousandths)
    }

    private static let rangesMax = 20
}
