/// What a value looks like, as data: from it come the complaints, the reference page and the editors' schema.
indirect enum Shape: Sendable {
    case string(StringShape)
    case integer(ClosedRange<Int>, Unit)
    case boolean
    case choice([String])
    case list(Shape, count: ClosedRange<Int>, isUnique: Bool)
    case object(ObjectShape)
    /// An object whose keys are names that the operator chooses.
    case map(ObjectShape)
}

/// A string with a meaning.
struct StringShape: Sendable {
    /// With its article: “a host name”.
    let phrase: String
    var lengthMax: Int? = nil
    /// An ECMA-262 pattern for editors. It may let more pass than the decoder, never less.
    var pattern: String? = nil
}

/// What an integer counts.
enum Unit: String, Sendable {
    case plain = ""
    case seconds, hours, days, bytes, bits
}

/// The keys of an object, and what must hold between them.
struct ObjectShape: Sendable {
    let keys: [KeyShape]
    let rules: [String]
}

/// One key of an object.
struct KeyShape: Sendable {
    let name: String
    let shape: Shape
    let presence: Presence
    /// One sentence or two in Markdown.
    let documentation: String
}

/// Whether a key must be there.
enum Presence: Sendable {
    case required
    case optional
    case defaulted(Literal)
}

extension Shape {
    /// What a complaint says was expected, and the reference page promises.
    var phrase: String {
        switch self {
        case .string(let shape):
            return shape.phrase
        case .integer(let range, let unit):
            let unitText = unit == .plain ? "" : " (\(unit.rawValue))"
            return "an integer from \(range.lowerBound) to \(range.upperBound)\(unitText)"
        case .boolean:
            return "true or false"
        case .choice(let names):
            return names.map { "“\($0)”" }.joinedAsChoice
        case .list(let element, let count, _):
            let counted = count.upperBound == .max ? "\(count.lowerBound) or more" : count.text
            return "a list of \(counted), each \(element.phrase)"
        case .object:
            return "an object"
        case .map:
            return "an object of named objects"
        }
    }
}

extension ClosedRange<Int> {
    /// `1 to 16`
    var text: String { "\(lowerBound) to \(upperBound)" }
}

extension [String] {
    /// `a, b or c`
    var joinedAsChoice: String {
        guard let last, count > 1 else { return joined() }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}
