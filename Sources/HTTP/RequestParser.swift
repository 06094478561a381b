/// Reads request heads from bytes as they arrive (RFC 9112 §3). Whatever two readers could understand
/// differently is refused. All work together is linear in the bytes, however small the pieces.
public struct RequestParser: Sendable {
    private let limits: HTTPLimits
    private var scanner: LineScanner
    private var line: RequestLine?
    private var section: FieldSection
    private var fault: HTTPFault?

    public init(limits: HTTPLimits = .standard) {
        self.limits = limits
        scanner = LineScanner(limits)
        section = FieldSection(countMax: limits.fieldCountMax, isText: true)
    }

    /// After a head, the parser is ready for the next one. After a fault, there is no next one.
    ///
    /// - Parameter input: All bytes since the head began, those of earlier calls included.
    public mutating func parse(_ input: Span<UInt8>) -> HeadResult<RequestHead> {
        if let fault { return .malformed(fault) }
        do throws(HTTPFault) {
            guard let end = try scan(input), let line else { return .incomplete }
            let head = try head(input, line, end)
            self = RequestParser(limits: limits)
            return .head(head, consumed: end)
        } catch {
            fault = error
            return .malformed(error)
        }
    }

    /// Where the head ends, when all of it is there.
    private mutating func scan(_ input: Span<UInt8>) throws(HTTPFault) -> Int? {
        // A TLS record or other noise has no line to wait for.
        if !input.isEmpty, !input[0].isTokenCharacter, input[0] != .cr, input[0] != .lf { throw .requestLine }
        while let range = try nextLine(input) {
            if line == nil {
                guard range.isEmpty else {
                    line = try RequestLine(input, range, limits)
                    continue
                }
                // One empty line may stand in front of a request (RFC 9112 §2.2).
                guard range.lowerBound == 0 else { throw .lineEnding }
            } else if range.isEmpty {
                return scanner.lineStart
            } else {
                try section.add(input, range)
            }
        }
        return nil
    }

    private mutating func nextLine(_ input: Span<UInt8>) throws(HTTPFault) -> Range<Int>? {
        do throws(HTTPFault) {
            return try scanner.next(input)
        } catch {
            throw error == .lineTooLong && line == nil ? .targetTooLong : error
        }
    }

    private func head(_ input: Span<UInt8>, _ line: RequestLine, _ end: Int) throws(HTTPFault) -> RequestHead
    {
        let bytes = unsafe input.extracting(0..<end).withUnsafeBufferPointer { unsafe Array($0) }
        let headers = HeaderFields(bytes: bytes, entries: section.entries)
        let host = try Self.host(headers)
        let target = try line.originForm(input, host: host)
        let framing = try MessageLength.declared(in: headers, minorVersion: line.minorVersion) ?? .none
        return RequestHead(
            method: input.repairedText(line.method), target: target, headers: headers, host: host.name,
            hostPort: host.port, body: framing == .length(0) ? .none : framing,
            minorVersion: line.minorVersion)
    }

    /// Exactly one Host, in HTTP/1.0 too: a gateway for many hosts can't guess.
    private static func host(_ headers: HeaderFields) throws(HTTPFault) -> HostName {
        let span = headers.bytes.span
        var value: Range<Int>?
        for entry in headers.entries where span.equal(entry.name, ignoringCase: "host") {
            guard value == nil else { throw .host }
            value = entry.value
        }
        guard let value else { throw .host }
        return try HostName(span, value)
    }
}
