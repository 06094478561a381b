extension GatewaySettings {
    /// Which CAs vouch for client certificates, and what is asked of a chain.
    public struct TrustStore: Sendable, Hashable {
        /// PEM files; at least one.
        public var anchors: [String]
        /// PEM files.
        public var intermediates: [String]
        /// CA certificates between a client's certificate and the anchor, the anchor included.
        public var depthMax: Int
        public var clientAuthPurpose: ClientAuthPurpose
        public var rsaBitsMin: Int

        public init(
            anchors: [String], intermediates: [String] = [], depthMax: Int = 3,
            clientAuthPurpose: ClientAuthPurpose = .required, rsaBitsMin: Int = 2048
        ) {
            self.anchors = anchors
            self.intermediates = intermediates
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
                "depthMax", .integer(1...10), default: 3,
                "How many CA certificates a chain may have above the client's, the anchor included."),
            Key(
                "clientAuthPurpose", .choice(ClientAuthPurpose.self), default: "required",
                "Whether a client's certificate must carry the extended key usage `clientAuth`"
                    + " (`required`), or may have no extended key usage at all (`allowAbsent`)."),
            Key(
                "rsaBitsMin", .integer(2048...16384, .bits), default: 2048,
                "Shortest RSA key in a chain."))
    }

    /// What extended key usage a client's certificate must have (RFC 5280 §4.2.1.12).
    public enum ClientAuthPurpose: String, Sendable, CaseIterable {
        case required, allowAbsent
    }

    /// How certificates of one issuing CA lead to customers.
    public struct Mapping: Sendable, Hashable {
        /// PEM file of the issuing CA.
        public var issuer: String
        public var by: MappingMethod
        /// Which attribute of the subject is the customer ID; has no meaning for enrolled certificates.
        public var attribute: SubjectAttribute
        public var comparison: Comparison

        public init(
            issuer: String, by: MappingMethod, attribute: SubjectAttribute = .commonName,
            comparison: Comparison = .exact
        ) {
            self.issuer = issuer
            self.by = by
            self.attribute = attribute
            self.comparison = comparison
        }

        static let schema = Schema(
            Mapping.init,
            Key("issuer", .path, "PEM file of the CA that issued the certificates this entry is about."),
            Key(
                "by", .choice(MappingMethod.self),
                "`enrolled`: the certificate itself is registered for a customer; `subject`: its subject"
                    + " has the customer ID."),
            Key(
                "attribute", .choice(SubjectAttribute.self), default: "CN",
                "The attribute of the subject that is the customer ID."),
            Key(
                "comparison", .choice(Comparison.self), default: "exact",
                "Whether customer IDs differ by upper and lower case (`exact`) or not (`foldCase`)."),
            rules: [
                Rule("`attribute` and `comparison` are for `by: \"subject\"`.") { mapping, reading in
                    guard mapping["by"]?.string == "enrolled" else { return }
                    for key in ["attribute", "comparison"] {
                        guard let value = mapping[key] else { continue }
                        reading.complain("for by: “subject” only", at: value)
                    }
                }
            ])
    }

    /// Where the link from certificate to customer comes from.
    public enum MappingMethod: String, Sendable, CaseIterable {
        case subject, enrolled
    }

    /// An attribute of a subject's name that may hold a customer ID.
    public enum SubjectAttribute: String, Sendable, CaseIterable {
        case commonName = "CN"
        case serialNumber
        case userID = "UID"
        case emailAddress

        /// `2.5.4.3`
        public var oid: String {
            switch self {
            case .commonName: "2.5.4.3"
            case .serialNumber: "2.5.4.5"
            case .userID: "0.9.2342.19200300.100.1.1"
            case .emailAddress: "1.2.840.113549.1.9.1"
            }
        }
    }

    /// How a name from a certificate is compared with a customer ID.
    public enum Comparison: String, Sendable, CaseIterable {
        case exact, foldCase
    }
}
