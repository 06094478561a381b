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
        let lengths = headers.values(of: "Content-Length")
        let codings = headers.values(of: "Transfer-Encoding")
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw .bothLengths }
            guard minorVersion >= 1, codings.count == 1 else { throw .transferEncoding }
            guard codings[0].equalsIgnoringCase("chunked") else {
                // A final `chunked` behind other codings is well-formed, only not spoken here.
                let isKnownForm =
                    codings[0].listElements.last.map { String($0).equalsIgnoringCase("chunked") } ?? false
                throw isKnownForm ? .codingNotImplemented : .transferEncoding
            }
            return .chunked
        }
        guard let length = lengths.first else { return nil }
        guard lengths.count == 1, (1...19).contains(length.utf8.count), length.utf8.allSatisfy(\.isDigit),
            let count = UInt64(length)
        else { throw .contentLength }
        return .length(count)
    }

    static func keepsAlive(_ headers: HeaderFields, minorVersion: Int) -> Bool {
        let options = headers.values(of: "Connection").flatMap(\.listElements)
        if options.contains(where: { String($0).equalsIgnoringCase("close") }) { return false }
        return minorVersion >= 1 || options.contains { String($0).equalsIgnoringCase("keep-alive") }
    }
}
