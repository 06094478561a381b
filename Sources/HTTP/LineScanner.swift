/// Finds the lines of a head that arrives in pieces, looking at each byte once. Lines end with CR LF and
/// nothing else. Which fault is reported does not depend on the pieces.
struct LineScanner: Sendable {
    private let lineBytesMax: Int
    private let headBytesMax: Int
    /// Where the line begins that is being looked for.
    private(set) var lineStart = 0
    /// There is no LF between `lineStart` and here.
    private var scanned = 0

    init(_ limits: HTTPLimits) {
        lineBytesMax = limits.lineBytesMax
        headBytesMax = limits.headBytesMax
    }

    /// The next line without its ending; nil when it is not all there.
    ///
    /// - Parameter input: All bytes since the head began.
    mutating func next(_ input: Span<UInt8>) throws(HTTPFault) -> Range<Int>? {
        let lineBound = lineStart + lineBytesMax + 2
        let bound = min(lineBound, headBytesMax)
        let end = min(bound, input.count)
        var index = scanned
        while index < end, input[index] != .lf { index += 1 }
        guard index < end else {
            scanned = index
            guard index >= bound else { return nil }
            throw lineBound <= headBytesMax ? .lineTooLong : .headTooLong
        }
        guard index > lineStart, input[index - 1] == .cr else { throw .lineEnding }
        let line = lineStart..<index - 1
        lineStart = index + 1
        scanned = lineStart
        return line
    }
}
