extension Kind where Value == WebURL {
    /// An issuer (RFC 8414 §2): https, without query.
    static let issuer = url("an https URL without query", pattern: "^https://[^?#]+$") {
        $0.scheme == .https && $0.query == nil
    }

    /// The origin of a site: https, without path and query.
    static let origin = url(
        "an https URL without path (“https://fb.example.jp”)", pattern: "^https://[^/?#]+$"
    ) {
        $0.scheme == .https && $0.path.isEmpty && $0.query == nil
    }

    /// A page for customers: https.
    static let page = url("an https URL", pattern: "^https://[^#]+$") { $0.scheme == .https }

    /// Where an authorization response goes: https, or http on this machine (RFC 8252 §7.3).
    static let redirect = url(
        "an https URL without fragment (http only on loopback)", pattern: "^https?://[^#]+$"
    ) {
        $0.scheme == .https || $0.isLoopback
    }

    private static func url(
        _ phrase: String, pattern: String, isFit: @escaping @Sendable (WebURL) -> Bool
    ) -> Kind {
        Kind(string: StringShape(phrase: phrase, lengthMax: 2000, pattern: pattern)) {
            text throws(Expectation) in
            guard let url = WebURL(text), isFit(url) else { throw Expectation(phrase) }
            return url
        }
    }
}
