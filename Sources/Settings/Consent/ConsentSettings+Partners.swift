public import Text

extension ConsentSettings {
    /// An API連携先: an OAuth client (RFC 6749 §2) that proves itself with a certificate (RFC 8705).
    public struct Partner: Sendable, Hashable {
        /// `client_id`
        public var id: String
        /// The name of its service, as customers see it.
        public var name: String
        public var company: String
        /// Compared letter by letter with what a request says.
        public var redirectURIs: [WebURL]
        public var certificate: PartnerCertificate
        /// What the partner may ask for.
        public var scopes: [Scope]
        /// How long a customer's consent is good.
        public var consentDays: Int
        /// Whether authorization requests must be pushed (RFC 9126).
        public var requirePushedRequests: Bool

        public init(
            id: String, name: String, company: String, redirectURIs: [WebURL],
            certificate: PartnerCertificate,
            scopes: [Scope], consentDays: Int = 365, requirePushedRequests: Bool = false
        ) {
            self.id = id
            self.name = name
            self.company = company
            self.redirectURIs = redirectURIs
            self.certificate = certificate
            self.scopes = scopes
            self.consentDays = consentDays
            self.requirePushedRequests = requirePushedRequests
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
                "Subject of the partner's certificate as RFC 4514 writes it."),
            Key(
                "certificateFingerprint", optional: .fingerprint,
                "SHA-256 of the partner's certificate in hexadecimal."),
            Key(
                "scopes", .list(of: .choice(Scope.self), count: 1...Scope.allCases.count, isUnique: true),
                "What the partner may ask customers for: balances, movements of accounts, transfers."),
            Key(
                "consentDays", .integer(1...3650, .days), default: 365,
                "How long a customer's consent is good (認可期間)."),
            Key(
                "requirePushedRequests", .boolean, default: false,
                "Whether authorization requests must be pushed (RFC 9126)."),
            rules: [
                Rule("Exactly one of `certificateSubject` and `certificateFingerprint` is given.") {
                    partner, reading in
                    switch (partner["certificateSubject"], partner["certificateFingerprint"]) {
                    case (nil, nil):
                        reading.complain(
                            missing: "certificateSubject", in: partner,
                            "expected certificateSubject or certificateFingerprint")
                    case (.some, let fingerprint?):
                        reading.complain("not together with certificateSubject", at: fingerprint)
                    default:
                        break
                    }
                }
            ])

        private static func make(
            id: String, name: String, company: String, redirectURIs: [WebURL], subject: SubjectName?,
            fingerprint: [UInt8]?, scopes: [Scope], consentDays: Int, requirePushedRequests: Bool
        ) -> Partner {
            // The rule has complained when neither is there, so that this value is never used.
            let certificate =
                subject.map { PartnerCertificate.subject($0) } ?? .fingerprint(fingerprint ?? [])
            return Partner(
                id: id, name: name, company: company, redirectURIs: redirectURIs, certificate: certificate,
                scopes: scopes, consentDays: consentDays, requirePushedRequests: requirePushedRequests)
        }
    }

    /// By what a partner's certificate is known (RFC 8705 §2.1, §2.2).
    public enum PartnerCertificate: Sendable, Hashable {
        case subject(SubjectName)
        /// 32 bytes: the SHA-256 of the DER.
        case fingerprint([UInt8])
    }

    /// What a customer may allow a partner.
    public enum Scope: String, Sendable, CaseIterable {
        case balance, movements, transfers
    }
}
