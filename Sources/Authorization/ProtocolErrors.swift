/// An error for the redirect URI.
public struct AuthorizationError: Error, Sendable, Hashable {
    public let code: Code
    /// For the partner's developers: `error_description`, printable ASCII without `"` and `\`.
    public let detail: String?

    public init(_ code: Code, _ detail: String? = nil) {
        self.code = code
        self.detail = detail
    }

    /// RFC 6749 §4.1.2.1; the last two OpenID Connect Core §3.1.2.6 and RFC 9101 §7.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest = "invalid_request"
        case unauthorizedClient = "unauthorized_client"
        case accessDenied = "access_denied"
        case unsupportedResponseType = "unsupported_response_type"
        case invalidScope = "invalid_scope"
        case serverError = "server_error"
        case temporarilyUnavailable = "temporarily_unavailable"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
    }
}

/// An error of the token endpoint, RFC 6749 §5.2.
public struct TokenError: Error, Sendable, Hashable {
    public let code: Code
    /// For the partner's developers: `error_description`.
    public let detail: String?

    public init(_ code: Code, _ detail: String? = nil) {
        self.code = code
        self.detail = detail
    }

    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
    }

    /// The HTTP status.
    public var status: Int { code == .invalidClient ? 401 : 400 }
}

/// An error of a protected resource, RFC 6750 §3.1.
public enum ResourceError: String, Error, Sendable, Hashable, CaseIterable {
    /// The request shows no token at all: a bare challenge without an error code.
    case missingToken = ""
    case invalidRequest = "invalid_request"
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .missingToken, .invalidToken: 401
        case .invalidRequest: 400
        case .insufficientScope: 403
        }
    }

    /// The value of `WWW-Authenticate`.
    public var challenge: String {
        self == .missingToken ? "Bearer" : "Bearer error=\"\(rawValue)\""
    }
}
