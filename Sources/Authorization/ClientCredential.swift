/// With what a request to an endpoint for partners says who sends it.
public enum ClientCredential: Sendable, Hashable {
    /// Its certificate; `client_id` says which registration to hold it against (RFC 8705 §2).
    case certificate(partner: String)
    /// A signed assertion (RFC 7523 §2.2), and `client_id` if it is there too.
    case assertion(String, partner: String?)

    /// Exactly one method, or none counts (RFC 6749 §2.3).
    ///
    /// - Parameter hasAuthorizationField: Whether the request has an `Authorization` header field.
    public init(_ parameters: Parameters, hasAuthorizationField: Bool) throws(TokenError) {
        guard !hasAuthorizationField, parameters["client_secret"] == nil else {
            throw TokenError(.invalidClient, "there are no client secrets")
        }
        let (type, assertion) = (parameters["client_assertion_type"], parameters["client_assertion"])
        guard type != nil || assertion != nil else {
            guard let id = parameters["client_id"] else {
                throw TokenError(.invalidClient, "client_id is missing")
            }
            self = .certificate(partner: id)
            return
        }
        guard let assertion, type == Self.assertionType else {
            throw TokenError(.invalidClient, "client_assertion_type is not jwt-bearer")
        }
        self = .assertion(assertion, partner: parameters["client_id"])
    }

    /// RFC 7523 §2.2.
    public static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
}
