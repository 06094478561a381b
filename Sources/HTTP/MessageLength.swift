/// How a message's body ends.
public enum BodyFraming: Sendable, Hashable {
    case none
    case length(UInt64)
    case chunked
    /// Responses only: to the end of the connection.
    case untilClose
}

/// What the length fields of a message say, any ambiguity refused (RFC 9112 §6).
enum MessageLength {
    /// Nil when neither field is there.
    static func declared(in headers: HeaderFields, minorVersion: Int) throws(HTTPFault) -> BodyFraming? {
        let span = headers.bytes.span
        var length: Range<Int>?
        var coding: Range<Int>?
        for entry in headers.entries {
            if span.equal(entry.name, folding: "content-length") {
                guard span.equal(entry.name, ignoringCase: "content-length") else { throw .disguisedField }
                guard length == nil else { throw .contentLength }
                length = entry.value
            } else if span.equal(entry.name, folding: "transfer-encoding") {
                guard span.equal(entry.name, ignoringCase: "transfer-encoding") else { throw .disguisedField }
                guard coding == nil else { throw .transferEncoding }
                coding = entry.value
            }
        }
        if let coding {
            guard length == nil else { throw .bothLengths }
            try checkCoding(span, coding, minorVersion: minorVersion)
            return .chunked
        }
        guard let length else { return nil }
        return .length(try count(span, length))
    }

    static func keepsAlive(_ headers: HeaderFields, minorVersion: Int) -> Bool {
        if headers.hasConnectionOption("close") { return false }
        return minorVersion >= 1 || headers.hasConnectionOption("keep-alive")
    }

    /// `chunked` alone will do, in any case. HTTP/1.0 has no codings.
    private static func checkCoding(
        _ span: Span<UInt8>, _ value: Range<Int>, minorVersion: Int
    ) throws(HTTPFault) {
        guard minorVersion >= 1 else { throw .transferEncoding }
        if span.equal(value, ignoringCase: "chunked") { return }
        // A final `chunked` behind other codings is well-formed, only not spoken here.
        var finalIsChunked = false
        span.forEachPart(of: value, separator: .comma) {
            finalIsChunked = span.equal($0, ignoringCase: "chunked")
        }
        throw finalIsChunked ? .codingNotImplemented : .transferEncoding
    }

    /// One to nineteen digits that UInt64 holds: no sign, no list, no blanks.
    private static func count(_ span: Span<UInt8>, _ value: Range<Int>) throws(HTTPFault) -> UInt64 {
        guard (1...19).contains(value.count) else { throw .contentLength }
        var count: UInt64 = 0
        for index in value {
            guard span[index].isDigit else { throw .contentLength }
            count = count * 10 + UInt64(span[index] - 0x30)
        }
        return count
    }
}
