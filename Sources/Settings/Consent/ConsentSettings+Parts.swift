extension ConsentSettings {
    /// Whose service this is, as customers see it.
    public struct Institution: Sendable, Hashable {
        /// 都島信用組合
        public var name: String
        /// 都島信用組合ＦＢサービス
        public var service: String

        public init(name: String, service: String) {
            self.name = name
            self.service = service
        }

        static let schema = Schema(
            Institution.init,
            Key("name", .text(), "The institution's name: `都島信用組合`."),
            Key("service", .text(), "The name of its service: `都島信用組合ＦＢサービス`."))
    }

    /// Which statements of the gateway about the caller are believed.
    public struct Assertion: Sendable, Hashable {
        /// `iss`
        public var issuer: WebURL
        /// `aud`
        public var audience: String
        /// Where the gateway wrote its public keys.
        public var jwksFile: String

        public init(issuer: WebURL, audience: String = "sekisho-consent", jwksFile: String) {
            self.issuer = issuer
            self.audience = audience
            self.jwksFile = jwksFile
        }

        static let schema = Schema(
            Assertion.init,
            Key("issuer", .issuer, "The claim `iss`, as in the gateway's `assertion.issuer`."),
            Key(
                "audience", .text(), default: "sekisho-consent",
                "The claim `aud`, as in the gateway's `assertion.audience`."),
            Key("jwksFile", .path, "File that the gateway writes its public keys to."))
    }

    /// How long things are good.
    public struct Lifetimes: Sendable, Hashable {
        public var codeSeconds: Int
        public var accessTokenSeconds: Int
        public var pushedRequestSeconds: Int
        public var refreshIdleSeconds: Int
        public var flowIdleSeconds: Int
        public var flowSeconds: Int

        public init(
            codeSeconds: Int = 60, accessTokenSeconds: Int = 600, pushedRequestSeconds: Int = 300,
            refreshIdleSeconds: Int = 7_776_000, flowIdleSeconds: Int = 600, flowSeconds: Int = 1800
        ) {
            self.codeSeconds = codeSeconds
            self.accessTokenSeconds = accessTokenSeconds
            self.pushedRequestSeconds = pushedRequestSeconds
            self.refreshIdleSeconds = refreshIdleSeconds
            self.flowIdleSeconds = flowIdleSeconds
            self.flowSeconds = flowSeconds
        }

        static let schema = Schema(
            Lifetimes.init,
            Key("codeSeconds", code, default: 60, "An authorization code; it can be used once."),
            Key("accessTokenSeconds", accessToken, default: 600, "An access token."),
            Key(
                "pushedRequestSeconds", pushedRequest, default: 300,
                "A pushed authorization request (RFC 9126); the customer logs in meanwhile."),
            Key(
                "refreshIdleSeconds", refreshIdle, default: 7_776_000,
                "A refresh token that is not used; one that is used is good until the 認可期間 ends."),
            Key(
                "flowIdleSeconds", .integer(10...86400, .seconds), default: 600,
                "The consent screens without a request from the customer."),
            Key(
                "flowSeconds", .integer(10...86400, .seconds), default: 1800,
                "The consent screens from the first to the last."),
            rules: [.inOrder("flowIdleSeconds", "flowSeconds", defaults: 600, 1800)])

        static let code = Kind<Int>.integer(10...600, .seconds)
        static let accessToken = Kind<Int>.integer(10...86400, .seconds)
        /// FAPI 2.0 §5.3.2.2: less than 600 seconds.
        static let pushedRequest = Kind<Int>.integer(10...599, .seconds)
        static let refreshIdle = Kind<Int>.integer(60...315_360_000, .seconds)
    }

    /// What callers may take.
    public struct Limits: Sendable, Hashable {
        public var workers: Int
        public var queueMax: Int
        public var connectionsMax: Int
        public var bodyBytesMax: Int
        public var pushesPerMinuteMax: Int
        public var drainSeconds: Int
        public var drainNoticeSeconds: Int

        public init(
            workers: Int = 4, queueMax: Int = 256, connectionsMax: Int = 1024, bodyBytesMax: Int = 65536,
            pushesPerMinuteMax: Int = 3000, drainSeconds: Int = 30, drainNoticeSeconds: Int = 0
        ) {
            self.workers = workers
            self.queueMax = queueMax
            self.connectionsMax = connectionsMax
            self.bodyBytesMax = bodyBytesMax
            self.pushesPerMinuteMax = pushesPerMinuteMax
            self.drainSeconds = drainSeconds
            self.drainNoticeSeconds = drainNoticeSeconds
        }

        static let schema = Schema(
            Limits.init,
            Key("workers", .integer(1...256), default: 4, "Threads that answer requests."),
            Key("queueMax", .integer(1...100_000), default: 256, "Requests that may wait; more get 503."),
            Key("connectionsMax", .integer(1...100_000), default: 1024, "Connections that are open at once."),
            Key(
                "bodyBytesMax", .integer(1024...1_048_576, .bytes), default: 65536,
                "Size of a request's body."),
            Key(
                "pushesPerMinuteMax", .integer(1...1_000_000), default: 3000,
                "Authorization requests that one partner may push in a minute; more get 429."),
            Key(
                "drainSeconds", .integer(0...3600, .seconds), default: 30,
                "How long open exchanges may go on when the program is told to stop."),
            Key(
                "drainNoticeSeconds", .integer(0...300, .seconds), default: 0,
                "How long, before that, `/readyz` says 503 while connections are still accepted."))
    }
}
