extension GatewaySettings {
    /// How an upstream is spoken to under TLS.
    public struct UpstreamTLS: Sendable, Hashable {
        /// In lower case.
        public var name: String
        /// PEM files, at least one.
        public var anchors: [String]
        /// PEM: the gateway's own certificate for upstreams that ask for one, and what leads up to its CA.
        public var certificate: String?
        /// PEM; there exactly when ``certificate`` is.
        public var key: String?

        public init(name: String, anchors: [String], certificate: String? = nil, key: String? = nil) {
            self.name = name
            self.anchors = anchors
            self.certificate = certificate
            self.key = key
        }

        static let schema = Schema(
            UpstreamTLS.init,
            Key(
                "name", .hostName,
                "The name that the server's certificate must be for (subjectAltName); it is sent as SNI, too."
            ),
            Key(
                "anchors", .list(of: .path, count: 1...100),
                "PEM files of the CAs that vouch for the server. System roots are never used."),
            Key(
                "certificate", optional: .path,
                "PEM file: the gateway's own certificate, for servers that ask for one, then its issuers."
            ),
            Key("key", optional: .path, "PEM file: the private key of `certificate`."),
            rules: [
                Rule("`certificate` and `key` are there together or not at all.") { object, reading in
                    for (one, other) in [("certificate", "key"), ("key", "certificate")]
                    where object[one] != nil && object[other] == nil {
                        reading.complain(missing: other, in: object, "it belongs to \(one)")
                    }
                }
            ])
    }
}
