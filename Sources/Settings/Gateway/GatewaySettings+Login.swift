extension GatewaySettings {
    /// How long a login lasts.
    public struct Session: Sendable, Hashable {
        public var idleSeconds: Int
        public var absoluteSeconds: Int

        public init(idleSeconds: Int = 600, absoluteSeconds: Int = 1800) {
            self.idleSeconds = idleSeconds
            self.absoluteSeconds = absoluteSeconds
        }

        static let schema = Schema(
            Session.init,
            Key(
                "idleSeconds", .integer(1...86400, .seconds), default: 600,
                "A session ends when no request came for this long."),
            Key(
                "absoluteSeconds", .integer(1...86400, .seconds), default: 1800,
                "A session ends this long after login, whatever happens."),
            rules: [.inOrder("idleSeconds", "absoluteSeconds", defaults: 600, 1800)])
    }

    /// What happens after wrong passwords.
    public struct Lockout: Sendable, Hashable {
        public var failuresMax: Int
        public var pauseSeconds: Int
        public var pausesMax: Int

        public init(failuresMax: Int = 5, pauseSeconds: Int = 1800, pausesMax: Int = 3) {
            self.failuresMax = failuresMax
            self.pauseSeconds = pauseSeconds
            self.pausesMax = pausesMax
        }

        static let schema = Schema(
            Lockout.init,
            Key(
                "failuresMax", .integer(1...100), default: 5,
                "This many wrong passwords in a row suspend the customer for a while."),
            Key(
                "pauseSeconds", .integer(1...86400, .seconds), default: 1800,
                "How long a customer is suspended."),
            Key(
                "pausesMax", .integer(1...100), default: 3,
                "This many suspensions in a row stop the customer until an operator lifts it."))
    }

    /// The threads that check passwords.
    public struct Password: Sendable, Hashable {
        public var workers: Int
        public var queueMax: Int

        public init(workers: Int = 2, queueMax: Int = 64) {
            self.workers = workers
            self.queueMax = queueMax
        }

        static let schema = Schema(
            Password.init,
            Key("workers", .integer(1...64), default: 2, "Threads. Each takes a core while it checks."),
            Key(
                "queueMax", .integer(1...10_000), default: 64,
                "Checks that may wait; further logins are told to try again later."))
    }
}
