/// What a partner asks for at the authorization endpoint, once every check has passed.
public struct AuthorizationRequest: Sendable, Hashable {
    public let partner: String
    /// One of the registered ones, byte for byte.
    public let redirectURI: String
    /// Given back as it came (RFC 6749 §4.1.2).
    public let state: String?
    public let scopes: Scopes
    public let challenge: CodeChallenge

    public init(
        partner: String, redirectURI: String, state: String?, scopes: Scopes, challenge: CodeChallenge
    ) {
        self.partner = partner
        self.redirectURI = redirectURI
        self.state = state
        self.scopes = scopes
        self.challenge = challenge
    }

    /// Judges a request that came by the browser. With a pushed one, nothing but `client_id` and
    /// `request_uri` counts (FAPI 2.0 §5.3.3.2). Until partner and redirect URI are known good, nothing is
    /// sent to any redirect URI (RFC 6749 §4.1.2.1); afterwards every error is.
    public static func parse(_ parameters: Parameters, partners: PartnerRegistry) -> AuthorizationDecision {
        guard let id = parameters["client_id"], let partner = partners[id] else {
            return .local(.unknownPartner)
        }
        if parameters.repeats("request_uri") { return .local(.requestURI) }
        if let uri = parameters["request_uri"], uri.hasPrefix(PushedRequest.uriPrefix) {
            return .pushed(reference: String(uri.dropFirst(PushedRequest.uriPrefix.count)), partner)
        }
        guard let redirectURI = parameters["redirect_uri"], partner.redirectURIs.contains(redirectURI) else {
            return .local(.redirectURI)
        }
        let state = parameters["state"].flatMap { isEchoable($0) ? $0 : nil }
        let back = ReturnAddress(redirectURI: redirectURI, state: state)
        do throws(AuthorizationError) {
            if partner.requiresPushedRequests {
                throw AuthorizationError(.invalidRequest, "the request must be pushed")
            }
            return .accepted(try accepted(parameters, partner: partner, back: back))
        } catch {
            return .redirect(error, back)
        }
    }

    /// Judges a request that `partner` pushes: the same, but every error is for the partner itself
    /// (RFC 9126 §2.3).
    public static func pushed(
        _ parameters: Parameters, by partner: Partner
    ) throws(AuthorizationError) -> AuthorizationRequest {
        guard parameters["client_id"] == nil || parameters["client_id"] == partner.id else {
            throw AuthorizationError(.invalidRequest, "client_id is not the client that authenticated")
        }
        if parameters["request_uri"] != nil || parameters.repeats("request_uri") {
            throw AuthorizationError(.invalidRequest, "request_uri cannot be pushed")
        }
        guard let redirectURI = parameters["redirect_uri"] else {
            throw AuthorizationError(.invalidRequest, "redirect_uri is missing")
        }
        guard partner.redirectURIs.contains(redirectURI) else {
            throw AuthorizationError(.invalidRequest, "redirect_uri is not registered")
        }
        let state = parameters["state"].flatMap { isEchoable($0) ? $0 : nil }
        return try accepted(
            parameters, partner: partner, back: ReturnAddress(redirectURI: redirectURI, state: state))
    }

    private static func accepted(
        _ parameters: Parameters, partner: Partner, back: ReturnAddress
    ) throws(AuthorizationError) -> AuthorizationRequest {
        guard partner.mayAskForConsent else { throw AuthorizationError(.unauthorizedClient) }
        if parameters.hasRepetition { throw AuthorizationError(.invalidRequest, "a parameter is repeated") }
        if parameters["state"] != nil, back.state == nil {
            throw AuthorizationError(.invalidRequest, "state")
        }
        if parameters["request"] != nil { throw AuthorizationError(.requestNotSupported) }
        if parameters["request_uri"] != nil { throw AuthorizationError(.requestURINotSupported) }
        guard let responseType = parameters["response_type"] else {
            throw AuthorizationError(.invalidRequest, "response_type is missing")
        }
        guard responseType == "code" else { throw AuthorizationError(.unsupportedResponseType) }
        guard ["query", nil].contains(parameters["response_mode"]) else {
            throw AuthorizationError(.invalidRequest, "response_mode must be query")
        }
        guard let challengeText = parameters["code_challenge"] else {
            throw AuthorizationError(.invalidRequest, "code_challenge is required")
        }
        // Without a method it would be `plain` (RFC 7636 §4.3), which protects nothing that S256 does not.
        guard parameters["code_challenge_method"] == "S256" else {
            throw AuthorizationError(.invalidRequest, "code_challenge_method must be S256")
        }
        guard let challenge = CodeChallenge(challengeText) else {
            throw AuthorizationError(.invalidRequest, "code_challenge is malformed")
        }
        guard let scopes = scopes(parameters["scope"], allowed: partner.scopes) else {
            throw AuthorizationError(.invalidScope)
        }
        return AuthorizationRequest(
            partner: partner.id, redirectURI: back.redirectURI, state: back.state, scopes: scopes,
            challenge: challenge)
    }

    /// Without `scope`, all that the partner is registered for (RFC 6749 §3.3).
    private static func scopes(_ text: String?, allowed: Scopes) -> Scopes? {
        guard let text else { return allowed.isEmpty ? nil : allowed }
        guard let scopes = Scopes(text), scopes.isSubset(of: allowed) else { return nil }
        return scopes
    }

    /// RFC 6749 A.5: printable ASCII.
    private static func isEchoable(_ state: String) -> Bool {
        state.utf8.count <= stateLengthMax && state.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static let stateLengthMax = 1024
}

/// What becomes of a request to the authorization endpoint.
public enum AuthorizationDecision: Sendable, Hashable {
    /// A page here; nothing is redirected.
    case local(LocalRefusal)
    /// An error for the partner, at its redirect URI.
    case redirect(AuthorizationError, ReturnAddress)
    case accepted(AuthorizationRequest)
    /// The request lies with us, under this reference, if the partner has pushed it.
    case pushed(reference: String, Partner)
}

/// Why a request cannot even be answered at its redirect URI.
public enum LocalRefusal: String, Sendable, Hashable, CaseIterable {
    /// `client_id` is missing, repeated or unknown.
    case unknownPartner
    /// `redirect_uri` is missing, repeated or not registered.
    case redirectURI
    /// `request_uri` is repeated, or names no request that is still open.
    case requestURI
}
