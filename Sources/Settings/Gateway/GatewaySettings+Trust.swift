extension GatewaySettings {
    /// Which CAs vouch for client certificates, and what is asked of a chain.
    public struct TrustStore: Sendable, Hashable {
        /// PEM files; at least one.
        public var anchors: [String]
        /// PEM files.
        public var intermediates: [String]
        /// Files and folders of CRLs, PEM or DER.
        public var crls: [String]
        public var revocation: Revocation
        /// CA certificates between a client's certificate and the anchor.
        public var depthMax: Int
        public var clientAuthPurpose: ClientAuthPurpose
        public var rsaBitsMin: Int
        public var partialChain: Bool
        /// Object identifiers in dotted decimal.
        public var requiredPolicies: [String]
        /// Certificates lately seen that a new epoch may lock out without being told so.
        public var lockoutsMax: Int
        public var expiryWarningDays: Int
        /// Epochs that can be brought back.
        public var epochsKept: Int

        public init(
            anchors: [String], intermediates: [String] = [], crls: [String] = [],
            revocation: Revocation = Revocation(), depthMax: Int = 3,
            clientAuthPurpose: ClientAuthPurpose = .required, rsaBitsMin: Int = 2048,
            partialChain: Bool = false, requiredPolicies: [String] = [], lockoutsMax: Int = 0,
            expiryWarningDays: Int = 30, epochsKept: Int = 30
        ) {
            self.lockoutsMax = lockoutsMax
            self.expiryWarningDays = expiryWarningDays
            self.epochsKept = epochsKept
            self.anchors = anchors
            self.intermediates = intermediates
            self.crls = crls
            self.revocation = revocation
            self.partialChain = partialChain
            self.requiredPolicies = requiredPolicies
            self.depthMax = depthMax
            self.clientAuthPurpose = clientAuthPurpose
            self.rsaBitsMin = rsaBitsMin
        }

        static let schema = Schema(
            TrustStore.init,
            Key(
                "anchors", .list(of: .path, count: 1...100, isUnique: true),
                "PEM files of the CAs at which a chain may end."),
            Key(
                "intermediates", .list(of: .path, count: 0...100, isUnique: true), default: .emptyList,
                "PEM files of CAs that may stand between, for clients that do not send them."),
            Key(
                "crls", .list(of: .path, count: 0...100, isUnique: true), default: .emptyList,
                "CRLs (PEM or DER): files, and folders of which every file is read. An intermediate's CRL is"
                    + " verified against `intermediates`, so they must be given, too."),
            Key(
                "revocation", .object(Revocation.schema), default: .emptyObject,
                "Whose revocation is checked, and what happens when it is not known."),
            Key(
                "depthMax", .integer(1...10), default: 3,
                "How many CA certificates may stand between a client's and the anchor."),
            Key(
                "clientAuthPurpose", .choice(ClientAuthPurpose.self), default: "required",
                "Whether a client's certificate must carry the extended key usage `clientAuth`"
                    + " (`required`), or may have no extended key usage at all (`allowAbsent`)."),
            Key(
                "rsaBitsMin", .integer(2048...16384, .bits), default: 2048,
                "Shortest RSA key in a chain."),
            Key(
                "partialChain", .boolean, default: false,
                "Whether a chain may end at an anchor that is not self-signed. Otherwise such a certificate"
                    + " only stands between."),
            Key(
                "requiredPolicies", .list(of: .objectIdentifier, count: 0...16, isUnique: true),
                default: .emptyList,
                "Certificate policies (object identifiers) of which a chain must be valid for at least one;"
                    + " empty asks for none."),
            Key(
                "lockoutsMax", .integer(0...1_000_000), default: 0,
                "How many of the certificates lately seen a changed bundle or policy may lock out; one that"
                    + " would lock out more is not taken up, unless `sekisho trust commit` is told so."),
            Key(
                "expiryWarningDays", .integer(1...3650, .days), default: 30,
                "Daily warnings about CAs that expire begin this long before; those about CRLs in the last"
                    + " quarter of their time."),
            Key(
                "epochsKept", .integer(2...1000), default: 30,
                "How many epochs, the one in force included, `sekisho trust rollback` can bring back."),
            rules: [
                Rule("With `revocation.check: \"none\"`, `crls` are not used: a warning.") { store, reading in
                    guard store["revocation"]?["check"]?.string == "none", let crls = store["crls"],
                        !crls.elements.isEmpty
                    else { return }
                    reading.warn("not used: revocation.check is “none”", at: crls)
                }
            ])
    }

    /// The record of certificates lately seen, on which changes of trust are tried out.
    public struct Ledger: Sendable, Hashable {
        public var days: Int
        /// In each trust store.
        public var certificatesMax: Int

        public init(days: Int = 90, certificatesMax: Int = 100_000) {
            self.days = days
            self.certificatesMax = certificatesMax
        }

        static let schema = Schema(
            Ledger.init,
            Key(
                "days", .integer(1...3650, .days), default: 90,
                "A certificate that was not presented for this long is forgotten."),
            Key(
                "certificatesMax", .integer(1...10_000_000), default: 100_000,
                "So many certificates are remembered for each trust store, those seen last first. Of those"
                    + " never trusted it is a hundredth."))
    }

    /// What extended key usage a client's certificate must have (RFC 5280 §4.2.1.12).
    public enum ClientAuthPurpose: String, Sendable, CaseIterable {
        case required, allowAbsent
    }
}
