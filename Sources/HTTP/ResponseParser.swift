/// Reads response heads from bytes as they arrive (RFC 9112 §4), as strictly as requests are read. Two
/// liberties harm nobody: the space behind the status may be missing with the phrase, and values may hold
/// bytes that are not UTF-8.
public struct ResponseParser: Sendable {
    private let limits: HTTPLimits
    private let requestMethod: String
    private var scanner: LineScanner
    private var line: StatusLine?
    private var section: FieldSection
    private var fault: HTTPFault?

    /// - Parameter requestMethod: Decides whether the response has a body.
    public init(limits: HTTPLimits = .standard, requestMethod: String) {
        self.limits = limits
        self.requestMethod = requestMethod
        scanner = LineScanner(limits)
        section = FieldSection(countMax: limits.fieldCountMax, isText: false)
    }

    /// After a head, the parser is ready for the next one: the response behind an interim one.
    ///
    /// - Parameter input: All bytes since the head began, those of earlier calls included.
    public mutating func parse(_ input: Span<UInt8>) -> HeadResult<ResponseHead> {
        if let fault { return .malformed(fault) }
        do throws(HTTPFault) {
            guard let end = try scan(input), let line else { return .incomplete }
            let head = try head(input, line, end)
            self = ResponseParser(limits: limits, requestMethod: requestMethod)
            return .head(head, consumed: end)
        } catch {
            fault = error
            return .malformed(error)
        }
    }

    /// Where the head ends, when all of it is there.
    private mutating func scan(_ input: Span<UInt8>) throws(HTTPFault) -> Int? {
        while let range = try scanner.next(input) {
            if line == nil {
                line = try StatusLine(input, range)
            } else if range.isEmpty {
                return scanner.lineStart
            } else {
                try section.add(input, range)
            }
        }
        return nil
    }

    private func head(_ input: Span<UInt8>, _ line: StatusLine, _ end: Int) throws(HTTPFault) -> ResponseHead
    {
        // With room for what whoever passes the response on adds.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end + Self.bytesAddedExpected)
        unsafe input.extracting(0..<end).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        let headers = HeaderFields(bytes: bytes, entries: section.entries)
        let declared = try MessageLength.declared(in: headers, minorVersion: line.minorVersion)
        return ResponseHead(
            status: line.status, reason: input.repairedText(line.reason), headers: headers,
            minorVersion: line.minorVersion, body: framing(line.status, declared))
    }

    private static let bytesAddedExpected = 192

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

private struct StatusLine: Sendable {
    let minorVersion: Int
    let status: Int
    let reason: Range<Int>

    init(_ input: Span<UInt8>, _ line: Range<Int>) throws(HTTPFault) {
        if line.isEmpty { throw .lineEnding }
        let start = line.lowerBound
        guard line.count >= 12, input[start + 8] == .space else { throw .statusLine }
        do throws(HTTPFault) {
            minorVersion = try HTTPVersion.minor(input, start..<start + 8)
        } catch {
            throw error == .requestLine ? .statusLine : error
        }
        var status = 0
        for index in start + 9..<start + 12 {
            guard input[index].isDigit else { throw .statusLine }
            status = status * 10 + Int(input[index] - 0x30)
        }
        guard (100...599).contains(status), line.count == 12 || input[start + 12] == .space else {
            throw .statusLine
        }
        self.status = status
        reason = min(start + 13, line.upperBound)..<line.upperBound
        for index in reason where !input[index].isFieldValueCharacter {
            throw input[index] == .cr ? .lineEnding : .statusLine
        }
    }
}
