/// What a gateway says, while it is told to, of the client of a connection: the value of the header field
/// `Sekisho-Outcome`, an item with parameters as RFC 9651 §3.3 has them.
///
///     trusted;customer="TSUSER0001";certificate="8f3a9c0d1e2f4b5a"
///     refused;reason="expired";certificate="0a1b2c3d4e5f6071"
///     absent
public struct ReportedOutcome: Sendable, Hashable {
    public var verdict: TraceLine.Verdict
    public var reason: String?
    /// The customer's ID, where the certificate alone says it.
    public var customer: String?
    /// The beginning of the certificate's SHA-256, in hexadecimal.
    public var certificate: String?

    public init(
        verdict: TraceLine.Verdict, reason: String? = nil, customer: String? = nil,
        certificate: String? = nil
    ) {
        self.verdict = verdict
        self.reason = reason
        self.customer = customer
        self.certificate = certificate
    }

    public static let fieldName = "Sekisho-Outcome"
    /// Digits of `certificate`.
    public static let certificateDigits = 16

    public var fieldValue: String {
        var text = verdict.rawValue
        for case (let name, let value?) in [
            ("reason", reason), ("customer", customer), ("certificate", certificate),
        ] {
            let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            text += ";\(name)=\"\(quoted)\""
        }
        return text
    }

    /// Nil for anything that `fieldValue` does not write.
    public init?(parsing text: String) {
        var rest = text[...]
        let word = rest.prefix { $0 != ";" }
        guard let verdict = TraceLine.Verdict(rawValue: String(word)) else { return nil }
        self.init(verdict: verdict)
        rest.removeFirst(word.count)
        while rest.first == ";" {
            rest.removeFirst()
            let name = rest.prefix { $0 != "=" }
            rest.removeFirst(name.count)
            guard rest.popFirst() == "=", rest.popFirst() == "\"" else { return nil }
            var value = ""
            var isClosed = false
            while let character = rest.popFirst() {
                if character == "\"" {
                    isClosed = true
                    break
                }
                guard character == "\\" else {
                    value.append(character)
                    continue
                }
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            }
            guard isClosed else { return nil }
            switch name {
            case "reason": reason = value
            case "customer": customer = value
            case "certificate": certificate = value
            default: break
            }
        }
        guard rest.isEmpty else { return nil }
    }
}
