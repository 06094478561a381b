/// Reads the field lines of a head or of trailers (RFC 9112 §5).
struct FieldSection: Sendable {
    private let countMax: Int
    /// Bytes that are not UTF-8 are refused in a value.
    private let isText: Bool
    private(set) var entries: [HeaderFields.Entry] = []

    init(countMax: Int, isText: Bool) {
        self.countMax = countMax
        self.isText = isText
    }

    mutating func add(_ input: Span<UInt8>, _ line: Range<Int>) throws(HTTPFault) {
        guard entries.count < countMax else { throw .tooManyFields }
        if entries.isEmpty { entries.reserveCapacity(16) }
        entries.append(try Self.parse(input, line, isText: isText))
    }

    /// - Parameter line: Not empty.
    private static func parse(
        _ input: Span<UInt8>, _ line: Range<Int>, isText: Bool
    ) throws(HTTPFault) -> HeaderFields.Entry {
        if input[line.lowerBound].isBlank { throw .foldedField }
        var colon = line.lowerBound
        while colon < line.upperBound, input[colon].isTokenCharacter { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, input[colon] == .colon else {
            throw .fieldName
        }
        let value = input.trimmed(colon + 1..<line.upperBound)
        var highBits: UInt8 = 0
        for index in value {
            let byte = input[index]
            guard byte.isFieldValueCharacter else { throw byte == .cr ? .lineEnding : .fieldValue }
            highBits |= byte
        }
        if isText, highBits >= 0x80, input.text(value) == nil { throw .fieldValue }
        return HeaderFields.Entry(name: line.lowerBound..<colon, value: value)
    }
}
