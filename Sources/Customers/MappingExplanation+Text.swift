import Crypto
import Identity
import Text
import X509

extension MappingExplanation {
    /// For people: one line a fact, nothing that could move a terminal's cursor.
    public var text: String {
        var lines = [
            "subject      \(certificate.subject.rfc4514)", "issuer       \(certificate.issuer.rfc4514)",
            "serial       \(certificate.serialHex)",
            "fingerprint  \(certificate.fingerprint.hex)",
            "valid        \(certificate.notBefore.rfc3339) to \(certificate.notAfter.rfc3339)", "",
        ]
        let width = values.map(\.type.count).max() ?? 0
        for value in values {
            let place = value.relativeName.map { "name \($0)" } ?? "SAN"
            let flaw = value.flaw.map { "   ← names nobody: \($0)" } ?? ""
            lines.append(
                "  \(padded(place, 8)) \(padded(value.type, width))  \(padded(value.encoding, 16)) "
                    + "\(value.shown)\(flaw)")
        }
        lines.append("")
        for rule in rules {
            lines.append("  \(rule.place): \(rule.rule)")
            lines.append("      \(rule.finding.words)")
        }
        lines.append("")
        lines.append(verdict.words)
        return lines.joined(separator: "\n")
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension MappingExplanation.Value {
    fileprivate var shown: String {
        guard let text else { return "#\(Hex.encode(raw))" }
        let letters = text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }
        return "\"\(letters.joined())\""
    }
}

extension RuleFinding {
    fileprivate var words: String {
        switch self {
        case .otherIssuer: "is about another issuer"
        case .absent: "the certificate has no such value"
        case .patternMismatch: "the value has another shape"
        case .names(let id): "names \(id)"
        case .asksStore(let claim): "asks for the enrolment \(Hex.encode(claim.issuerSerialKey))"
        case .refuses(let refusal): "refuses: \(refusal.words)"
        }
    }
}

extension MappingExplanation.Verdict {
    fileprivate var words: String {
        switch self {
        case .customer(let customer, let now):
            "→ \(customer.id), \(customer.state(at: now)), logs in by \(customer.method.rawValue)"
        case .refused(let reason, let page):
            "→ nobody: \(reason) (page \(page))"
        }
    }
}

extension Customer {
    fileprivate func state(at now: WallTime) -> String {
        failures.isPaused(at: now) ? "paused" : status.rawValue
    }
}

extension MappingRefusal {
    /// For operators.
    fileprivate var words: String {
        switch self {
        case .noRule: "no rule is about the issuer"
        case .attributeAbsent: "no value that a rule looks for"
        case .attributeRepeated: "the value is there more than once"
        case .stringType: "the value's string type can be read in several ways"
        case .undecodable: "the value's bytes are not what its string type allows"
        case .control: "the value holds a control character"
        case .patternMismatch: "the value has another shape than every rule's pattern"
        case .notACustomerID: "the value is no customer ID (1 to 64 printable ASCII characters)"
        case .rulesDisagree: "rules name different customers"
        }
    }
}

extension MappingExplanation {
    /// One JSON object.
    public var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("subject", certificate.subject.rfc4514)
        writer.member("issuer", certificate.issuer.rfc4514)
        writer.member("serial", certificate.serialHex)
        writer.member("fingerprint", certificate.fingerprint.hex)
        writer.key("values")
        writer.beginArray()
        for value in values { value.write(to: &writer) }
        writer.endArray()
        writer.key("rules")
        writer.beginArray()
        for rule in rules {
            writer.beginObject()
            writer.member("place", rule.place)
            writer.member("rule", rule.rule)
            rule.finding.write(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        switch verdict {
        case .customer(let customer, let now):
            writer.member("customer", customer.id.text)
            writer.member("state", customer.state(at: now))
            writer.member("method", customer.method.rawValue)
        case .refused(let reason, let page):
            writer.member("reason", reason)
            writer.member("page", page)
        }
        writer.endObject()
        return writer.text
    }
}

extension MappingExplanation.Value {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let relativeName { writer.member("relativeName", Int64(relativeName)) }
        writer.member("type", type)
        writer.member("oid", oid)
        writer.member("encoding", encoding)
        if let text { writer.member("value", text) }
        writer.member("raw", Hex.encode(raw))
        if let flaw { writer.member("flaw", flaw) }
        writer.endObject()
    }
}

extension RuleFinding {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .otherIssuer: writer.member("finding", "otherIssuer")
        case .absent: writer.member("finding", "absent")
        case .patternMismatch: writer.member("finding", "patternMismatch")
        case .names(let id):
            writer.member("finding", "names")
            writer.member("customer", id.text)
        case .asksStore(let claim):
            writer.member("finding", "asksStore")
            writer.member("enrolment", Hex.encode(claim.issuerSerialKey))
        case .refuses(let refusal):
            writer.member("finding", "refuses")
            writer.member("reason", "mapping.\(refusal.rawValue)")
        }
    }
}
