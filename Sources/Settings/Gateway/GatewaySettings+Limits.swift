extension GatewaySettings {
    /// What one client, and all together, may take.
    public struct Limits: Sendable, Hashable {
        public var connectionsMax: Int
        public var handshakeSeconds: Int
        public var headerSeconds: Int
        public var bodyIdleSeconds: Int
        public var keepAliveSeconds: Int
        public var requestsPerConnectionMax: Int
        public var headBytesMax: Int
        public var fieldCountMax: Int
        public var lineBytesMax: Int
        public var loginBodyBytesMax: Int
        public var drainSeconds: Int
        public var drainNoticeSeconds: Int
        public var tlsSessionSeconds: Int
        public var tlsSessionsMax: Int
        public var bytesPerSecondMin: Int
        public var exchangesMax: Int
        public var perSource: PerSource

        public init(
            connectionsMax: Int = 20_000, handshakeSeconds: Int = 10, headerSeconds: Int = 15,
            bodyIdleSeconds: Int = 30, keepAliveSeconds: Int = 75, requestsPerConnectionMax: Int = 1000,
            headBytesMax: Int = 32768, fieldCountMax: Int = 100, lineBytesMax: Int = 16384,
            loginBodyBytesMax: Int = 16384, drainSeconds: Int = 30, drainNoticeSeconds: Int = 0,
            tlsSessionSeconds: Int = 300, tlsSessionsMax: Int = 20_000, bytesPerSecondMin: Int = 500,
            exchangesMax: Int = 4000, perSource: PerSource = PerSource()
        ) {
            self.connectionsMax = connectionsMax
            self.handshakeSeconds = handshakeSeconds
            self.headerSeconds = headerSeconds
            self.bodyIdleSeconds = bodyIdleSeconds
            self.keepAliveSeconds = keepAliveSeconds
            self.requestsPerConnectionMax = requestsPerConnectionMax
            self.headBytesMax = headBytesMax
            self.fieldCountMax = fieldCountMax
            self.lineBytesMax = lineBytesMax
            self.loginBodyBytesMax = loginBodyBytesMax
            self.drainSeconds = drainSeconds
            self.drainNoticeSeconds = drainNoticeSeconds
            self.tlsSessionSeconds = tlsSessionSeconds
            self.tlsSessionsMax = tlsSessionsMax
            self.bytesPerSecondMin = bytesPerSecondMin
            self.exchangesMax = exchangesMax
            self.perSource = perSource
        }

        static let schema = Schema(
            Limits.init,
            Key(
                "connectionsMax", .integer(1...1_000_000), default: 20_000,
                "Connections of clients that are open at once; for one more, the one that is idle longest is"
                    + " closed."
            ),
            Key(
                "handshakeSeconds", .integer(1...120, .seconds), default: 10,
                "How long a TLS handshake may take."),
            Key(
                "headerSeconds", .integer(1...600, .seconds), default: 15,
                "How long the head of a request may take in all, however steadily it comes."
            ),
            Key(
                "bodyIdleSeconds", .integer(1...3600, .seconds), default: 30,
                "How long a client may be waited for while it sends a body or takes a response, before"
                    + " `bytesPerSecondMin` counts."),
            Key(
                "keepAliveSeconds", .integer(1...3600, .seconds), default: 75,
                "How long a connection may wait for its next request."),
            Key(
                "requestsPerConnectionMax", .integer(1...1_000_000), default: 1000,
                "Requests after which a connection is closed."),
            Key(
                "headBytesMax", .integer(1024...1_048_576, .bytes), default: 32768,
                "Size of a request's head: request line and all fields."),
            Key("fieldCountMax", .integer(10...1000), default: 100, "Header fields of a request."),
            Key(
                "lineBytesMax", .integer(512...1_048_576, .bytes), default: 16384,
                "Size of the request line, and of one header field."),
            Key(
                "loginBodyBytesMax", .integer(1024...1_048_576, .bytes), default: 16384,
                "Size of a body sent to the gateway's own pages."),
            Key(
                "drainSeconds", .integer(0...3600, .seconds), default: 30,
                "How long open exchanges may go on when the gateway is told to stop."),
            Key(
                "drainNoticeSeconds", .integer(0...300, .seconds), default: 0,
                "How long, before that, `/readyz` says 503 while connections are still accepted: the time"
                    + " that a load balancer needs to notice."),
            Key(
                "tlsSessionSeconds", .integer(0...3600, .seconds), default: 300,
                "How long after its first handshake a TLS session may be taken up again; 0 for never."),
            Key(
                "tlsSessionsMax", .integer(1...1_000_000), default: 20_000,
                "TLS sessions that are kept; the oldest go first."),
            Key(
                "bytesPerSecondMin", .integer(0...1_000_000, .bytes), default: 500,
                "How fast a client must send a body or take a response once it has used up `bodyIdleSeconds`;"
                    + " 0 for one byte now and then."),
            Key(
                "exchangesMax", .integer(1...1_000_000), default: 4000,
                "Requests under way at once; more are answered 503 with Retry-After."),
            Key(
                "perSource", .object(PerSource.schema), default: .emptyObject,
                "What one client network may take: an IPv4 address, or the first 64 bits of an IPv6 one."),
            rules: [.inOrder("lineBytesMax", "headBytesMax", defaults: 16384, 32768)])
    }
}
