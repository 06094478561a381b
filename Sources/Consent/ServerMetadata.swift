import Authorization
import Text

/// What partners can learn about the authorization server (RFC 8414).
enum ServerMetadata {
    static func document(_ setup: ConsentSetup) -> [UInt8] {
        let tokenEndpoint = "\(setup.apiOrigin)/token"
        var json = JSONWriter()
        json.beginObject()
        json.member("issuer", setup.issuer)
        json.member("authorization_endpoint", "\(setup.issuer)/authorize")
        json.member("token_endpoint", tokenEndpoint)
        json.list("response_types_supported", ["code"])
        json.list("response_modes_supported", ["query"])
        json.list("grant_types_supported", ["authorization_code"])
        json.list("token_endpoint_auth_methods_supported", ["tls_client_auth"])
        json.list("code_challenge_methods_supported", ["S256"])
        json.list("scopes_supported", Scope.allCases.map(\.rawValue))
        // RFC 9207 §3.
        json.member("authorization_response_iss_parameter_supported", true)
        // RFC 8705 §3.3 and §5.
        json.member("tls_client_certificate_bound_access_tokens", true)
        json.key("mtls_endpoint_aliases")
        json.beginObject()
        json.member("token_endpoint", tokenEndpoint)
        json.endObject()
        json.endObject()
        return json.bytes
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
