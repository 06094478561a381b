/// Reads one response head from bytes as they arrive (RFC 9112 §4), as strictly as requests are read.
public struct ResponseParser: Sendable {
    private let requestMethod: String
    private var scanner: HeadScanner

    /// - Parameter requestMethod: Decides whether the response has a body.
    public init(limits: HTTPLimits = .standard, requestMethod: String) {
        self.requestMethod = requestMethod
        scanner = HeadScanner(limits: limits, emptyLinesAllowed: 0)
    }

    /// - Parameter input: All bytes since the head began, those of earlier calls included.
    public mutating func parse(_ input: Span<UInt8>) -> HeadResult<ResponseHead> {
        switch scanner.scan(input) {
        case .incomplete: return .incomplete
        case .malformed(let fault): return .malformed(fault)
        case .complete(let lines, let end):
            do throws(HTTPFault) {
                return .head(try head(input, lines), consumed: end)
            } catch {
                return .malformed(error)
            }
        }
    }

    private func head(_ input: Span<UInt8>, _ lines: [Range<Int>]) throws(HTTPFault) -> ResponseHead {
        let line = lines[0]
        guard line.count >= 12 else { throw .statusLine }
        let minorVersion = try HTTPVersion.minor(input, line.lowerBound..<line.lowerBound + 8)
        let digits = line.lowerBound + 9..<line.lowerBound + 12
        guard input[line.lowerBound + 8] == .space, let text = input.text(digits),
            text.utf8.allSatisfy(\.isDigit),
            let status = Int(text), (100...599).contains(status),
            line.count == 12 || input[line.lowerBound + 12] == .space
        else { throw .statusLine }
        let reason =
            line.count > 13 ? line.lowerBound + 13..<line.upperBound : line.upperBound..<line.upperBound
        for index in reason where !input[index].isFieldValueCharacter { throw .statusLine }
        let headers = try FieldLine.parseAll(input, lines.dropFirst())
        let declared = try MessageLength.declared(in: headers, minorVersion: minorVersion)
        return ResponseHead(
            status: status, reason: input.text(reason) ?? "", headers: headers, minorVersion: minorVersion,
            body: framing(status, declared))
    }

    /// RFC 9112 §6.3.
    private func framing(_ status: Int, _ declared: BodyFraming?) -> BodyFraming {
        if requestMethod == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
        return switch declared {
        case .length(0): .none
        case let framing?: framing
        case nil: .untilClose
        }
    }
}
