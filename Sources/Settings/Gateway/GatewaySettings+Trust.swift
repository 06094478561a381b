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
}
