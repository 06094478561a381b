extension GatewaySettings {
    /// A server behind the gateway.
    public struct Upstream: Sendable, Hashable {
        public var endpoint: EndpointSetting
        public var connectSeconds: Int
        /// From the end of the request to the head of the response.
        public var responseSeconds: Int
        /// Of the whole process, as is ``connectionsMax``.
        public var idleConnectionsMax: Int
        public var connectionsMax: Int
        /// Nil: in the clear.
        public var tls: UpstreamTLS?

        public init(
            endpoint: EndpointSetting, connectSeconds: Int = 3, responseSeconds: Int = 30,
            idleConnectionsMax: Int = 64, connectionsMax: Int = 512, tls: UpstreamTLS? = nil
        ) {
            self.endpoint = endpoint
            self.connectSeconds = connectSeconds
            self.responseSeconds = responseSeconds
            self.idleConnectionsMax = idleConnectionsMax
            self.connectionsMax = connectionsMax
            self.tls = tls
        }

        static let schema = Schema(
            Upstream.init,
            Key("endpoint", .destination, "Where the server listens. Addresses are numeric."),
            Key(
                "connectSeconds", .integer(1...60, .seconds), default: 3,
                "How long connecting may take, a TLS handshake included."),
            Key(
                "responseSeconds", .integer(1...3600, .seconds), default: 30,
                "How long the server may take from the end of a request to the head of its response."),
            Key(
                "idleConnectionsMax", .integer(0...100_000), default: 64,
                "Connections that are kept open for the next request."),
            Key(
                "connectionsMax", .integer(1...100_000), default: 512,
                "Connections in all; more requests wait or get 503."),
            Key(
                "tls", optional: .object(UpstreamTLS.schema),
                "How the server is spoken to under TLS; left out, it is spoken to in the clear."),
            rules: [.inOrder("idleConnectionsMax", "connectionsMax", defaults: 64, 512)])
    }

    /// The signed statement about the caller that upstreams receive.
    public struct Assertion: Sendable, Hashable {
        /// `iss`: https, no query.
        public var issuer: WebURL
        /// `aud`
        public var audience: String
        /// PEM, P-256.
        public var keyFile: String
        /// Where the gateway writes the public keys for upstreams.
        public var jwksFile: String
        public var lifetimeSeconds: Int

        public init(
            issuer: WebURL, audience: String = "sekisho-consent", keyFile: String, jwksFile: String,
            lifetimeSeconds: Int = 60
        ) {
            self.issuer = issuer
            self.audience = audience
            self.keyFile = keyFile
            self.jwksFile = jwksFile
            self.lifetimeSeconds = lifetimeSeconds
        }

        static let schema = Schema(
            Assertion.init,
            Key("issuer", .issuer, "The claim `iss`: the login host's URL."),
            Key("audience", .text(), default: "sekisho-consent", "The claim `aud`, which upstreams compare."),
            Key("keyFile", .path, "PEM file of the signing key (P-256)."),
            Key("jwksFile", .path, "File that the gateway writes its public keys to, for upstreams to read."),
            Key(
                "lifetimeSeconds", .integer(30...300, .seconds), default: 60,
                "How long after signing a statement is good."))
    }

    /// The protection of values that travel through the browser.
    public struct Continuation: Sendable, Hashable {
        public var keyFile: String

        public init(keyFile: String) {
            self.keyFile = keyFile
        }

        static let schema = Schema(
            Continuation.init,
            Key("keyFile", .path, "File of the key that seals values on their way through the browser."))
    }
}
