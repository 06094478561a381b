/// Whether `text` is a DNS name of letters, digits and hyphens (RFC 1123 §2.1): no wildcard, no dot at the
/// end, no address in its place.
func isHostName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    let areLabels = labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.utf8.allSatisfy { $0.isNameByte && $0 != 0x5F }
            && !label.hasPrefix("-") && !label.hasSuffix("-")
    }
    return areLabels && labels.last.map { !$0.utf8.allSatisfy(\.isDigit) } == true
}

/// Whether `name` is `domain` or ends in it (RFC 6265 §5.1.3). Both are in lower case.
func isHostName(_ name: String, under domain: String) -> Bool {
    name == domain || name.hasSuffix(".\(domain)")
}

extension Kind where Value == String {
    /// A host name, in lower case whatever the file has.
    static let hostName = Kind(string: .hostName) { text throws(Expectation) in
        guard isHostName(text) else { throw Expectation(StringShape.hostName.phrase) }
        return text.lowercased()
    }
}

extension StringShape {
    static let hostName = StringShape(
        phrase: "a host name (letters, digits, hyphens and dots; no wildcard)", lengthMax: 253,
        pattern: #"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"#)
}
