/// SQL text in pieces that give the whole again when put together: words, parameters (?, ?1), quoted text,
/// comments, and everything else one character each.
struct SQLTokens {
    private var rest: Substring

    init(_ sql: String) {
        rest = sql[...]
    }

    mutating func next() -> Substring? {
        guard let first = rest.first else { return nil }
        let length: Substring.Index
        switch first {
        case "'", "\"": length = end(after: String(first), from: 1)
        case "-" where rest.hasPrefix("--"): length = end(after: "\n", from: 2)
        case "/" where rest.hasPrefix("/*"): length = end(after: "*/", from: 2)
        case "?": length = end(from: 1) { ("0"..."9").contains($0) }
        case _ where Self.isWord(first): length = end(from: 1, while: Self.isWord)
        default: length = rest.index(after: rest.startIndex)
        }
        defer { rest = rest[length...] }
        return rest[..<length]
    }

    private static func isWord(_ character: Character) -> Bool {
        character == "_" || character.isASCII && (character.isLetter || character.isNumber)
    }

    private func end(from offset: Int, while belongs: (Character) -> Bool) -> Substring.Index {
        let tail = rest.dropFirst(offset)
        return tail.firstIndex { !belongs($0) } ?? tail.endIndex
    }

    /// Just behind the next `closing`, or the end of the text.
    private func end(after closing: String, from offset: Int) -> Substring.Index {
        var tail = rest.dropFirst(offset)
        while !tail.isEmpty {
            if tail.hasPrefix(closing) { return tail.index(tail.startIndex, offsetBy: closing.count) }
            tail = tail.dropFirst()
        }
        return tail.endIndex
    }
}
