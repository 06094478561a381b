import Text

extension ConsentSettings {
    /// An API連携先: an OAuth client (RFC 6749 §2).
    public struct Partner: Sendable, Hashable {
        /// `client_id`
        public var id: String
        /// The name of its service, as customers see it.
        public var name: String
        public var company: String
        /// Compared letter by letter with what a request says.
        public var redirectURIs: [WebURL]
        public var authentication: PartnerAuthentication
        /// What the partner may ask for.
        public var scopes: [Scope]
        /// How long a customer's consent is good.
        public var consentDays: Int
        public var profile: Profile
        /// Whether authorization requests must be pushed (RFC 9126).
        public var requirePushedRequests: Bool
        public var refreshTokens: Bool
        public var scopeSelection: ScopeSelection
        /// Whether the partner may ask customers for consent.
        public var newConsents: Bool
        /// Where they differ from those of all partners.
        public var lifetimes: PartnerLifetimes

        public init(
            id: String, name: String, company: String, redirectURIs: [WebURL],
            authentication: PartnerAuthentication, scopes: [Scope], consentDays: Int = 365,
            profile: Profile = .bcp, requirePushedRequests: Bool = false, refreshTokens: Bool = true,
            scopeSelection: ScopeSelection = .user, newConsents: Bool = true,
            lifetimes: PartnerLifetimes = PartnerLifetimes()
        ) {
            self.id = id
            self.name = name
            self.company = company
            self.redirectURIs = redirectURIs
            self.authentication = authentication
            self.scopes = scopes
            self.consentDays = consentDays
            self.profile = profile
            self.requirePushedRequests = requirePushedRequests
            self.refreshTokens = refreshTokens
            self.scopeSelection = scopeSelection
            self.newConsents = newConsents
            self.lifetimes = lifetimes
        }

        static let schema = Schema(
            make,
            Key("id", .name, "The OAuth `client_id`."),
            Key("name", .text(), "Name of the partner's service, as customers see it."),
            Key("company", .text(), "Name of the partner's company."),
            Key(
                "redirectURIs", .list(of: .redirect, count: 1...20, isUnique: true),
                "Where customers are sent back to; a request must give one of them letter by letter."),
            Key(
                "certificateSubject", optional: .subjectName,
                "Subject of the partner's certificate as RFC 4514 writes it (`tls_client_auth_subject_dn`)."),
            Key(
                "certificateDNS", optional: .hostName,
                "A DNS name in the partner's certificate (`tls_client_auth_san_dns`); no wildcard."),
            Key(
                "certificateURI", optional: .certificateURI,
                "A URI in the partner's certificate (`tls_client_auth_san_uri`)."),
            Key(
                "certificateIP", optional: .address,
                "An IP address in the partner's certificate (`tls_client_auth_san_ip`)."),
            Key(
                "certificateEmail", optional: .mailbox,
                "A mail address in the partner's certificate (`tls_client_auth_san_email`)."),
            Key(
                "certificateFingerprint", optional: .fingerprint,
                "SHA-256 of the partner's certificate in hexadecimal."),
            Key(
                "keys", optional: .list(of: .object(PartnerKey.schema), count: 1...20),
                "The partner's public keys as JSON Web Keys; it signs its requests (`private_key_jwt`)."),
            Key(
                "keysFile", optional: .path,
                "The same as a file with a JSON Web Key Set, which is read when the program starts."),
            Key(
                "scopes", .list(of: .choice(Scope.self), count: 1...Scope.allCases.count, isUnique: true),
                "What the partner may ask customers for: balances, movements of accounts, transfers."),
            Key(
                "consentDays", .integer(1...3650, .days), default: 365,
                "How long a customer's consent is good (認可期間)."),
            Key(
                "profile", .choice(Profile.self), default: "bcp",
                "`bcp`: OAuth 2.0 as RFC 9700 wants it; `fapi2`: the FAPI 2.0 Security Profile."),
            Key(
                "requirePushedRequests", .boolean, default: false,
                "Whether authorization requests must be pushed (RFC 9126); with `fapi2` they always must."),
            Key(
                "refreshTokens", .boolean, default: true,
                "Whether the partner gets a refresh token, which is good until the 認可期間 ends."),
            Key(
                "scopeSelection", .choice(ScopeSelection.self), default: "user",
                "Whether customers choose among what is asked for (認可業務選択), or allow all of it or nothing."),
            Key(
                "newConsents", .boolean, default: true,
                "Whether the partner may ask customers for consent. If not, it is told `unauthorized_client`,"
                    + " and goes on with the consents it has (新規受付停止)."),
            Key(
                "lifetimes", .object(PartnerLifetimes.schema), default: .emptyObject,
                "Lifetimes for this partner alone, in the place of those for all."),
            rules: [oneAuthentication, minuteOfCode])

        private static func make(
            id: String, name: String, company: String, redirectURIs: [WebURL], subject: SubjectName?,
            dns: String?, uri: String?, address: [UInt8]?, email: String?, fingerprint: [UInt8]?,
            keys: [PartnerKey]?, keysFile: String?, scopes: [Scope], consentDays: Int, profile: Profile,
            requirePushedRequests: Bool, refreshTokens: Bool, scopeSelection: ScopeSelection,
            newConsents: Bool, lifetimes: PartnerLifetimes
        ) -> Partner {
            let given: [PartnerAuthentication?] = [
                subject.map { .subject($0) }, dns.map { .dns($0) }, uri.map { .uri($0) },
                address.map { .address($0) }, email.map { .email($0) }, fingerprint.map { .fingerprint($0) },
                keys.map { .keys($0) }, keysFile.map { .keysFile($0) },
            ]
            // The rule has complained when there is none, so that this value is never used.
            return Partner(
                id: id, name: name, company: company, redirectURIs: redirectURIs,
                authentication: given.lazy.compactMap(\.self).first ?? .fingerprint([]), scopes: scopes,
                consentDays: consentDays, profile: profile, requirePushedRequests: requirePushedRequests,
                refreshTokens: refreshTokens, scopeSelection: scopeSelection, newConsents: newConsents,
                lifetimes: lifetimes)
        }

        private static let authenticationKeys = [
            "certificateSubject", "certificateDNS", "certificateURI", "certificateIP", "certificateEmail",
            "certificateFingerprint", "keys", "keysFile",
        ]

        private static let oneAuthentication = Rule(
            "Exactly one of \(authenticationKeys.map { "`\($0)`" }.joinedAsList) is given (RFC 8705 §2.1.2)."
        ) { partner, reading in
            let given = authenticationKeys.filter { partner[$0] != nil }
            guard let first = given.first else {
                return reading.complain(
                    missing: "certificateSubject", in: partner,
                    "expected \(authenticationKeys.joinedAsChoice)")
            }
            for key in given.dropFirst() {
                guard let other = partner[key] else { continue }
                reading.complain("not together with \(first)", at: other)
            }
        }

        /// FAPI 2.0 §5.3.2.1.
        private static let minuteOfCode = Rule(
            "With the profile `fapi2`, `lifetimes.codeSeconds` is at most 60."
        ) { partner, reading in
            guard partner["profile"]?.string == Profile.fapi2.rawValue,
                let code = partner["lifetimes"]?["codeSeconds"], let seconds = code.node.integer, seconds > 60
            else { return }
            reading.complain("expected at most 60 with the profile fapi2, not \(seconds)", at: code)
        }
    }

    /// By which rules a partner works.
    public enum Profile: String, Sendable, CaseIterable {
        case bcp, fapi2
    }

    /// Who decides which 業務 are allowed.
    public enum ScopeSelection: String, Sendable, CaseIterable {
        case user, fixed
    }

    /// What a customer may allow a partner.
    public enum Scope: String, Sendable, CaseIterable {
        case balance, movements, transfers
    }

    /// How long things of one partner are good, in seconds; nil where it is like everybody.
    public struct PartnerLifetimes: Sendable, Hashable {
        public var code: Int?
        public var accessToken: Int?
        public var pushedRequest: Int?
        public var refreshIdle: Int?

        public init(
            code: Int? = nil, accessToken: Int? = nil, pushedRequest: Int? = nil, refreshIdle: Int? = nil
        ) {
            self.code = code
            self.accessToken = accessToken
            self.pushedRequest = pushedRequest
            self.refreshIdle = refreshIdle
        }

        static let schema = Schema(
            PartnerLifetimes.init,
            Key("codeSeconds", optional: Lifetimes.code, "An authorization code."),
            Key("accessTokenSeconds", optional: Lifetimes.accessToken, "An access token."),
            Key("pushedRequestSeconds", optional: Lifetimes.pushedRequest, "A pushed authorization request."),
            Key("refreshIdleSeconds", optional: Lifetimes.refreshIdle, "A refresh token that is not used."))
    }
}

extension [String] {
    /// `a, b and c`
    fileprivate var joinedAsList: String {
        guard let last, count > 1 else { return joined() }
        return dropLast().joined(separator: ", ") + " and " + last
    }
}
