/// A request to the token endpoint that is well-formed, from a partner that has proved who it is.
public enum TokenRequest: Sendable, Hashable {
    case code(CodeRequest)
    case refresh(RefreshRequest)

    /// Checks the form of `partner`'s request.
    public static func parse(_ parameters: Parameters, from partner: Partner) throws(TokenError)
        -> TokenRequest
    {
        if parameters.hasRepetition { throw TokenError(.invalidRequest, "a parameter is repeated") }
        guard let grantType = parameters["grant_type"] else {
            throw TokenError(.invalidRequest, "grant_type is missing")
        }
        switch grantType {
        case "authorization_code": return .code(try CodeRequest(parameters, from: partner))
        case "refresh_token": return .refresh(try RefreshRequest(parameters, from: partner))
        default: throw TokenError(.unsupportedGrantType)
        }
    }
}

/// A code to be exchanged (RFC 6749 §4.1.3).
public struct CodeRequest: Sendable, Hashable {
    public let partner: String
    /// The code as it came; only its hash is stored anywhere.
    public let code: String
    public let redirectURI: String
    public let verifier: CodeVerifier

    fileprivate init(_ parameters: Parameters, from partner: Partner) throws(TokenError) {
        guard let code = parameters["code"] else { throw TokenError(.invalidRequest, "code is missing") }
        guard let redirectURI = parameters["redirect_uri"] else {
            throw TokenError(.invalidRequest, "redirect_uri is missing")
        }
        guard let text = parameters["code_verifier"] else {
            throw TokenError(.invalidRequest, "code_verifier is missing")
        }
        guard let verifier = CodeVerifier(text) else {
            throw TokenError(.invalidGrant, "code_verifier is malformed")
        }
        self.partner = partner.id
        self.code = code
        self.redirectURI = redirectURI
        self.verifier = verifier
    }
}

/// A refresh token to be used (RFC 6749 §6).
public struct RefreshRequest: Sendable, Hashable {
    public let partner: String
    /// The token as it came; only its hash is stored anywhere.
    public let token: String
    /// What the access token shall be good for; nil for all that was granted.
    public let scopes: Scopes?

    fileprivate init(_ parameters: Parameters, from partner: Partner) throws(TokenError) {
        guard let token = parameters["refresh_token"] else {
            throw TokenError(.invalidRequest, "refresh_token is missing")
        }
        if let text = parameters["scope"] {
            guard let scopes = Scopes(text), !scopes.isEmpty else { throw TokenError(.invalidScope) }
            self.scopes = scopes
        } else {
            scopes = nil
        }
        self.partner = partner.id
        self.token = token
    }
}
