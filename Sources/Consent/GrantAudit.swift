public import Authorization
import Text

extension Grant {
    /// Who allowed what to whom, when, until when, and on which evidence: one line of JSON.
    public var auditLine: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("grant", id.text)
        json.member("customer", customer)
        json.member("partner", partner)
        json.member("scope", scopes.text)
        json.key("accounts")
        json.beginArray()
        for account in accounts { json.string(account.text) }
        json.endArray()
        json.member("granted_at", grantedAt.rfc3339)
        json.member("until", period.until.rfc3339)
        json.member("status", status.rawValue)
        json.key("evidence")
        json.beginObject()
        json.member("session", evidence.session)
        json.member("context", evidence.context)
        json.member("authenticated_at", evidence.authenticatedAt.rfc3339)
        json.member("challenged", evidence.isChallenged)
        if let address = evidence.address { json.member("client", address) }
        if let fingerprint = evidence.certificateFingerprint {
            json.member("fingerprint", Hex.encode(fingerprint))
        }
        json.endObject()
        json.endObject()
        return json.text
    }
}
