import Text

/// A partner on its own, outside of the configuration file.
extension ConsentSettings.Partner {
    /// Checks one partner, written as in the configuration file's `partners`.
    public static func read(
        text: [UInt8], file: String, folder: String
    ) -> SettingsOutcome<ConsentSettings.Partner> {
        Reading.read(text, file: file, folder: folder, by: schema)
    }

    /// The partner as such a text, every key that is not left out by default included.
    public var document: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("name", name)
        json.member("company", company)
        json.list("redirectURIs", redirectURIs.map(\.text))
        json.authentication(authentication)
        json.list("scopes", scopes.map(\.rawValue))
        json.member("consentDays", Int64(consentDays))
        json.member("profile", profile.rawValue)
        json.member("requirePushedRequests", requirePushedRequests)
        json.member("refreshTokens", refreshTokens)
        json.member("scopeSelection", scopeSelection.rawValue)
        json.member("newConsents", newConsents)
        json.key("lifetimes")
        json.beginObject()
        for case (let name, let seconds?) in [
            ("codeSeconds", lifetimes.code), ("accessTokenSeconds", lifetimes.accessToken),
            ("pushedRequestSeconds", lifetimes.pushedRequest), ("refreshIdleSeconds", lifetimes.refreshIdle),
        ] {
            json.member(name, Int64(seconds))
        }
        json.endObject()
        json.endObject()
        return json.text
    }
}

extension JSONWriter {
    fileprivate mutating func authentication(_ authentication: ConsentSettings.PartnerAuthentication) {
        switch authentication {
        case .subject(let subject): member("certificateSubject", subject.text)
        case .dns(let name): member("certificateDNS", name)
        case .uri(let uri): member("certificateURI", uri)
        case .address(let bytes): member("certificateIP", addressText(bytes))
        case .email(let mailbox): member("certificateEmail", mailbox)
        case .fingerprint(let bytes): member("certificateFingerprint", Hex.encode(bytes))
        case .keys(let keys):
            key("keys")
            self.keys(keys)
        case .keysFile(let path): member("keysFile", path)
        }
    }

    fileprivate mutating func list(_ key: String, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
