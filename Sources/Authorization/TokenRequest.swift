/// A request to the token endpoint that is well-formed and comes from the partner it names.
public struct TokenRequest: Sendable, Hashable {
    public let partner: String
    /// The code as it came; only its hash is stored anywhere.
    public let code: String
    public let redirectURI: String
    public let verifier: CodeVerifier

    /// Checks form and client authentication: the partner's certificate is the credential (RFC 8705
    /// §2), and `client_id` says which registration to hold it against.
    public static func parse(
        _ parameters: Parameters, certificate: PartnerCertificate, partners: PartnerRegistry
    ) throws(TokenError) -> TokenRequest {
        if parameters.hasRepetition { throw TokenError(.invalidRequest, "a parameter is repeated") }
        // Another method beside the certificate would leave open which of them counts (RFC 6749 §2.3).
        if parameters["client_secret"] != nil || parameters["client_assertion"] != nil {
            throw TokenError(.invalidClient, "clients authenticate by certificate")
        }
        guard let id = parameters["client_id"], let partner = partners[id],
            partner.authentication.accepts(certificate)
        else { throw TokenError(.invalidClient) }
        guard let grantType = parameters["grant_type"] else {
            throw TokenError(.invalidRequest, "grant_type is missing")
        }
        guard grantType == "authorization_code" else { throw TokenError(.unsupportedGrantType) }
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
        return TokenRequest(partner: id, code: code, redirectURI: redirectURI, verifier: verifier)
    }
}
