/// Why bytes are not an acceptable HTTP message. A client's is answered with `status`; an upstream's
/// becomes a 502.
public enum HTTPFault: Error, Sendable, Hashable {
    case requestLine, method, target, statusLine
    case lineEnding, fieldName, fieldValue, foldedField
    case host, authorityMismatch
    /// A name that some backends take for a length field: `Content_Length`.
    case disguisedField
    case contentLength, transferEncoding, bothLengths
    case chunkSize, chunkData, trailer
    case versionUnsupported, methodNotImplemented, codingNotImplemented
    case targetTooLong, lineTooLong, headTooLong, tooManyFields, bodyTooLong
    case form
    /// More interim responses (1xx) than any server has use for.
    case interimFlood

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
