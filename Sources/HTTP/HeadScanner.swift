/// Finds the end of a message head as bytes arrive, looking at each byte once. Line endings are CR LF and
/// nothing else.
struct HeadScanner {
    enum Outcome {
        case incomplete
        /// The lines of the head, without their line endings, and where the body begins.
        case complete(lines: [Range<Int>], end: Int)
        case malformed(HTTPFault)
    }

    private let limits: HTTPLimits
    private var scanned = 0
    private var lineStart = 0
    private var lines: [Range<Int>] = []
    private var emptyLinesAllowed: Int

    /// - Parameter emptyLinesAllowed: Line endings tolerated in front of the head (RFC 9112 §2.2).
    init(limits: HTTPLimits, emptyLinesAllowed: Int) {
        self.limits = limits
        self.emptyLinesAllowed = emptyLinesAllowed
    }

    mutating func scan(_ input: Span<UInt8>) -> Outcome {
        var index = scanned
        while index < input.count {
            let byte = input[index]
            if byte == .cr {
                guard index + 1 < input.count else { break }
                guard input[index + 1] == .lf else { return .malformed(.lineEnding) }
                if let outcome = endLine(at: index) { return outcome }
                index += 2
                lineStart = index
                continue
            }
            if byte == .lf { return .malformed(.lineEnding) }
            index += 1
            if index - lineStart > limits.lineBytesMax { return .malformed(.lineTooLong) }
        }
        scanned = index
        return input.count > limits.headBytesMax ? .malformed(.headTooLong) : .incomplete
    }

    private mutating func endLine(at index: Int) -> Outcome? {
        guard index == lineStart else {
            lines.append(lineStart..<index)
            // The first line is not a field.
            if lines.count - 1 > limits.fieldCountMax { return .malformed(.tooManyFields) }
            return index > limits.headBytesMax ? .malformed(.headTooLong) : nil
        }
        if lines.isEmpty {
            emptyLinesAllowed -= 1
            return emptyLinesAllowed < 0 ? .malformed(.lineEnding) : nil
        }
        return .complete(lines: lines, end: index + 2)
    }
}

/// Reads field lines (RFC 9112 §5).
enum FieldLine {
    static func parse(_ input: Span<UInt8>, _ line: Range<Int>) throws(HTTPFault) -> (
        name: String, value: String
    ) {
        let first = input[line.lowerBound]
        if first == .space || first == .tab { throw .foldedField }
        var colon = line.lowerBound
        while colon < line.upperBound, input[colon] != .colon {
            guard input[colon].isTokenCharacter else { throw .fieldName }
            colon += 1
        }
        guard colon < line.upperBound, colon > line.lowerBound else { throw .fieldName }
        var start = colon + 1
        var end = line.upperBound
        while start < end, input[start] == .space || input[start] == .tab { start += 1 }
        while end > start, input[end - 1] == .space || input[end - 1] == .tab { end -= 1 }
        for index in start..<end where !input[index].isFieldValueCharacter { throw .fieldValue }
        // Values are kept as text: bytes that are not UTF-8 could not be passed on as they came.
        guard let name = input.text(line.lowerBound..<colon), let value = input.text(start..<end) else {
            throw .fieldValue
        }
        return (name, value)
    }

    static func parseAll(_ input: Span<UInt8>, _ lines: ArraySlice<Range<Int>>) throws(HTTPFault)
        -> HeaderFields
    {
        var fields = HeaderFields()
        for line in lines {
            let (name, value) = try parse(input, line)
            fields.appendParsed(name, value)
        }
        return fields
    }
}
