/// The shape that a certificate's value must have, from its first character to its last, and which part of it
/// is the customer ID.
///
/// A small language that can't backtrack, be left unanchored, or mean two things:
///
///     TSUSER[0-9]{4}                 a literal, then four digits
///     [0-9]{11}-[A-Z0-9]{1,12}-2230  classes, and repetitions with both bounds
///     bank:([A-Z0-9]{8,12})@jp       in parentheses: the customer ID, when it is not the whole value
///
/// Outside the parentheses every repetition has one width, so that there is one way to take a value apart.
/// `\` in front of a character that is no letter and no digit makes it literal. There is no `.`, `*`, `+`,
/// `?`, `|`, `^` or `$`.
public struct IDPattern: Sendable, Hashable {
    /// As it was written.
    public let text: String
    /// One for each character of the longest value.
    let steps: [Step]
    /// Characters in front of the customer ID, and behind it.
    private let widths: (front: Int, back: Int)

    struct Step: Sendable, Hashable {
        var accepted: ASCIISet
        var isOptional: Bool
    }

    /// Longest text, and longest value that can fit: ample for an ID with what stands around it.
    public static let lengthMax = 256

    /// - Throws: what is wrong, and at which character.
    public init(_ text: String) throws(IDPatternFault) {
        var reader = try IDPatternReader(text)
        try reader.read()
        self.text = text
        steps = reader.steps
        widths = (reader.frontWidth, reader.backWidth)
    }

    /// For values in which a to z count as A to Z. Nil when no value fits any more: the pattern asks for a
    /// lower-case letter.
    public var foldingCase: IDPattern? {
        var folded = steps
        for index in folded.indices {
            folded[index].accepted = folded[index].accepted.foldingCase
            if folded[index].accepted.isEmpty, !folded[index].isOptional { return nil }
        }
        return IDPattern(text: text, steps: folded, widths: widths)
    }

    /// The part of `value` that is the customer ID; nil when the value as a whole does not fit.
    public func id(in value: String) -> Substring? {
        let bytes = value.utf8
        guard bytes.count <= Self.lengthMax, fits(bytes) else { return nil }
        // What fits is ASCII, so every byte is a character.
        let start = bytes.index(bytes.startIndex, offsetBy: widths.front)
        let end = bytes.index(bytes.endIndex, offsetBy: -widths.back)
        return value[start..<end]
    }

    /// Follows all ways through the steps at once: the time is that of steps times characters, whatever the
    /// value.
    private func fits(_ bytes: String.UTF8View) -> Bool {
        var reached = [Bool](repeating: false, count: steps.count + 1)
        reached[0] = true
        skipOptional(&reached)
        for byte in bytes {
            var next = [Bool](repeating: false, count: steps.count + 1)
            for (index, step) in steps.enumerated() where reached[index] && step.accepted.contains(byte) {
                next[index + 1] = true
            }
            reached = next
            skipOptional(&reached)
        }
        return reached[steps.count]
    }

    private func skipOptional(_ reached: inout [Bool]) {
        for (index, step) in steps.enumerated() where reached[index] && step.isOptional {
            reached[index + 1] = true
        }
    }

    private init(text: String, steps: [Step], widths: (front: Int, back: Int)) {
        self.text = text
        self.steps = steps
        self.widths = widths
    }

    public static func == (a: IDPattern, b: IDPattern) -> Bool {
        a.steps == b.steps && a.widths == b.widths
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(steps)
        hasher.combine(widths.front)
        hasher.combine(widths.back)
    }
}

/// What is wrong with a pattern.
public struct IDPatternFault: Error, Sendable, Hashable {
    /// Counted from 1.
    public let character: Int
    public let expected: String

    public init(character: Int, expected: String) {
        self.character = character
        self.expected = expected
    }
}
