extension GatewaySettings {
    /// Whose revocation is checked.
    public struct Revocation: Sendable, Hashable {
        /// `nil`: `chain` when there are CRLs, `none` otherwise.
        public var check: RevocationCheck?
        public var whenUnknown: RevocationUnknown
        public var graceHours: Int
        /// Authorities with other rules.
        public var exceptions: [RevocationException]

        public init(
            check: RevocationCheck? = nil, whenUnknown: RevocationUnknown = .deny, graceHours: Int = 24,
            exceptions: [RevocationException] = []
        ) {
            self.check = check
            self.whenUnknown = whenUnknown
            self.graceHours = graceHours
            self.exceptions = exceptions
        }

        static let schema = Schema(
            Revocation.init,
            Key(
                "check", optional: .choice(RevocationCheck.self),
                "Which certificates are looked up: `chain` (all but the anchor), `leaf` (the client's own) or"
                    + " `none`. Left out: `chain` when there are `crls`, otherwise `none`."),
            Key(
                "whenUnknown", .choice(RevocationUnknown.self), default: "deny",
                "What happens when a CA's CRL is missing or out of date: `deny` refuses its certificates,"
                    + " `grace` goes on with an outdated CRL for `graceHours`, `allow` takes them as not"
                    + " revoked. What a CRL lists is refused in any case."),
            Key(
                "graceHours", .integer(1...720, .hours), default: 24,
                "For `grace`: how long after its nextUpdate a CRL is still good."),
            Key(
                "exceptions", .list(of: .object(RevocationException.schema), count: 0...100),
                default: .emptyList, "CAs for which something else than `whenUnknown` holds."))
    }

    /// What holds for one CA.
    public struct RevocationException: Sendable, Hashable {
        /// PEM file of the CA.
        public var issuer: String
        public var whenUnknown: RevocationUnknown
        public var graceHours: Int

        public init(issuer: String, whenUnknown: RevocationUnknown, graceHours: Int = 24) {
            self.issuer = issuer
            self.whenUnknown = whenUnknown
            self.graceHours = graceHours
        }

        static let schema = Schema(
            RevocationException.init,
            Key("issuer", .path, "PEM file of the CA."),
            Key("whenUnknown", .choice(RevocationUnknown.self), "As in `revocation`."),
            Key("graceHours", .integer(1...720, .hours), default: 24, "As in `revocation`."))
    }

    /// Which certificates of a chain are looked up in CRLs.
    public enum RevocationCheck: String, Sendable, CaseIterable {
        case none, leaf, chain
    }

    /// What to do with a certificate of which nobody knows whether it is revoked.
    public enum RevocationUnknown: String, Sendable, CaseIterable {
        case deny, grace, allow
    }
}
