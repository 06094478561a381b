import Authorization
import Crypto
import Text

/// What partners can learn about the authorization server (RFC 8414).
///
/// There is no `jwks_uri`: tokens are opaque and answers to introspection plain, so that partners have
/// nothing to verify but TLS. §2 makes it optional for that case.
enum ServerMetadata {
    static func document(_ setup: ConsentSetup) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("issuer", setup.issuer)
        json.member("authorization_endpoint", "\(setup.issuer)/authorize")
        endpoints(of: setup, to: &json)
        json.list("scopes_supported", Scope.allCases.map(\.rawValue))
        json.list("response_types_supported", ["code"])
        json.list("response_modes_supported", ["query"])
        json.list("grant_types_supported", ["authorization_code", "refresh_token"])
        for endpoint in ["token", "revocation", "introspection"] {
            json.list(
                "\(endpoint)_endpoint_auth_methods_supported", ["tls_client_auth", "private_key_jwt"])
            json.list(
                "\(endpoint)_endpoint_auth_signing_alg_values_supported",
                PublicKey.Algorithm.allCases.map(\.rawValue))
        }
        json.list("ui_locales_supported", ["ja", "en"])
        json.list("code_challenge_methods_supported", ["S256"])
        // RFC 9126 §5: some partners must, which is between them and us.
        json.member("require_pushed_authorization_requests", false)
        // RFC 9207 §3.
        json.member("authorization_response_iss_parameter_supported", true)
        // RFC 8705 §3.3 and §5.
        json.member("tls_client_certificate_bound_access_tokens", true)
        json.key("mtls_endpoint_aliases")
        json.beginObject()
        endpoints(of: setup, to: &json)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// All of them ask for the partner's certificate, so that the aliases are the same.
    private static func endpoints(of setup: ConsentSetup, to json: inout JSONWriter) {
        json.member("token_endpoint", setup.apiOrigin + PartnerPaths.token)
        json.member("pushed_authorization_request_endpoint", setup.apiOrigin + PartnerPaths.push)
        json.member("revocation_endpoint", setup.apiOrigin + PartnerPaths.revoke)
        json.member("introspection_endpoint", setup.apiOrigin + PartnerPaths.introspect)
    }
}

extension JSONWriter {
    fileprivate mutating func list(_ key: String, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
