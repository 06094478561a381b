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

        public init(
            anchors: [String], intermediates: [String] = [], crls: [String] = [],
            revocation: Revocation = Revocation(), depthMax: Int = 3,
            clientAuthPurpose: ClientAuthPurpose = .required, rsaBitsMin: Int = 2048,
            partialChain: Bool = false, requiredPolicies: [String] = []
        ) {
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
            rules: [
                Rule("With `revocation.check: \"none\"`, `crls` are not used: a warning.") { store, reading in
                    guard store["revocation"]?["check"]?.string == "none", let crls = store["crls"],
                        !crls.elements.isEmpty
                    else { return }
                    reading.warn("not used: revocation.check is “none”", at: crls)
                }
            ])
    }

    /// What extended key usage a client's certificate must have (RFC 5280 §4.2.1.12).
    public enum ClientAuthPurpose: String, Sendable, CaseIterable {
        case required, allowAbsent
    }
}
