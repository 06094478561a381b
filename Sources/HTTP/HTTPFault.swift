/// Why bytes are not an acceptable HTTP message. A client's is answered with `status`; an upstream's
/// becomes a 502.
public enum HTTPFault: Error, Sendable, Hashable {
    case requestLine, method, target, statusLine
    case lineEnding, fieldName, fieldValue, foldedField
    case host, authorityMismatch
    case contentLength, transferEncoding, bothLengths
    case chunkSize, chunkData, trailer
    case versionUnsupported, methodNotImplemented, codingNotImplemented
    case targetTooLong, lineTooLong, headTooLong, tooManyFields, bodyTooLong
    case form

    /// The status to answer with (RFC 9110 §15).
    public var status: Int {
        switch self {
        case .targetTooLong: 414
        case .lineTooLong, .headTooLong, .tooManyFields: 431
        case .bodyTooLong: 413
        case .versionUnsupported: 505
        case .methodNotImplemented, .codingNotImplemented: 501
        default: 400
        }
    }

    /// Short and stable, for logs and metrics.
    public var reason: String { "\(self)" }
}

/// Size limits of one message, in bytes unless the name says otherwise.
public struct HTTPLimits: Sendable, Hashable {
    public var headBytesMax = 32 * 1024
    public var lineBytesMax = 16 * 1024
    public var targetBytesMax = 8 * 1024
    public var fieldCountMax = 100
    /// A chunk's size line, extensions included.
    public var chunkLineBytesMax = 256
    public var trailerBytesMax = 8 * 1024

    public init() {}
    public static let standard = HTTPLimits()
}

/// What parsing a head came to.
public enum HeadResult<Head: Sendable>: Sendable {
    case incomplete
    /// `consumed` bytes of the input belonged to it.
    case head(Head, consumed: Int)
    case malformed(HTTPFault)
}
