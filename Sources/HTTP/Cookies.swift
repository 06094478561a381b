/// Reads cookies (RFC 6265 §5.4); pairs that break its grammar are skipped.
public enum Cookies {
    public static func parse(_ headers: HeaderFields) -> [(name: String, value: String)] {
        var cookies: [(name: String, value: String)] = []
        forEachPart(headers) { span, part, name in
            guard let name, !name.isEmpty else { return }
            for index in name where !span[index].isTokenCharacter { return }
            let value = valueRange(span, part)
            for index in value where !isValueByte(span[index]) { return }
            cookies.append((span.repairedText(name), span.repairedText(value)))
        }
        return cookies
    }

    /// The value, unless the cookie is absent or there are several of that name: who can set a second one,
    /// from a sibling host for instance, must not choose which one counts.
    public static func single(_ name: String, in headers: HeaderFields) -> String? {
        var value: String?
        var count = 0
        forEachPart(headers) { span, part, found in
            guard let found, !found.isEmpty, span.equal(found, name) else { return }
            for index in found where !span[index].isTokenCharacter { return }
            let range = valueRange(span, part)
            for index in range where !isValueByte(span[index]) { return }
            count += 1
            if count == 1 { value = span.repairedText(range) }
        }
        return count == 1 ? value : nil
    }

    /// Takes cookies out of the request. The others stay byte for byte, even those that break the grammar:
    /// backends set all kinds. A name is compared as the most careless reader would: without blanks around
    /// it, whatever its value.
    public static func remove(_ names: [String], from headers: inout HeaderFields) {
        var kept: [String] = []
        var removedSome = false
        forEachPart(headers) { span, part, name in
            if names.contains(where: { span.equal(name ?? part, $0) }) { removedSome = true }
        }
        guard removedSome else { return }
        forEachPart(headers) { span, part, name in
            if names.contains(where: { span.equal(name ?? part, $0) }) { return }
            kept.append(span.repairedText(part))
        }
        headers.remove("Cookie")
        if !kept.isEmpty { headers.add("Cookie", kept.joined(separator: "; ")) }
    }

    /// Printable ASCII but `,` `;` and `\`. Quotes are kept as part of the value.
    static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2C, 0x3B, 0x5C: false
        default: byte.isVisible
        }
    }

    /// Calls `body` with each part between semicolons, and the name in it if there is a `=`.
    private static func forEachPart(
        _ headers: HeaderFields, _ body: (Span<UInt8>, _ part: Range<Int>, _ name: Range<Int>?) -> Void
    ) {
        let span = headers.bytes.span
        for entry in headers.entries where span.equal(entry.name, ignoringCase: "cookie") {
            span.forEachPart(of: entry.value, separator: UInt8(ascii: ";")) { part in
                let mark = equals(span, part)
                body(span, part, mark.map { span.trimmed(part.lowerBound..<$0) })
            }
        }
    }

    private static func valueRange(_ span: Span<UInt8>, _ part: Range<Int>) -> Range<Int> {
        guard let mark = equals(span, part) else { return part.upperBound..<part.upperBound }
        return mark + 1..<part.upperBound
    }

    private static func equals(_ span: Span<UInt8>, _ part: Range<Int>) -> Int? {
        part.first { span[$0] == UInt8(ascii: "=") }
    }
}
