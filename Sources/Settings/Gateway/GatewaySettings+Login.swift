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
        public var sourceFailuresMax: Int
        public var sourceWindowSeconds: Int
        public var alarmFailuresMax: Int

        public init(
            failuresMax: Int = 5, pauseSeconds: Int = 1800, pausesMax: Int = 3, sourceFailuresMax: Int = 20,
            sourceWindowSeconds: Int = 600, alarmFailuresMax: Int = 300
        ) {
            self.failuresMax = failuresMax
            self.pauseSeconds = pauseSeconds
            self.pausesMax = pausesMax
            self.sourceFailuresMax = sourceFailuresMax
            self.sourceWindowSeconds = sourceWindowSeconds
            self.alarmFailuresMax = alarmFailuresMax
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
                "This many suspensions in a row stop the customer until an operator lifts it."),
            Key(
                "sourceFailuresMax", .integer(1...100_000), default: 20,
                "This many failed logins from one client network (an IPv4 address, a /64 of IPv6), whoever"
                    + " they were for, are taken; further ones are refused with 429 before any customer's"
                    + " count moves. They come back evenly over `sourceWindowSeconds`. Each node counts"
                    + " for itself."
            ),
            Key(
                "sourceWindowSeconds", .integer(1...86400, .seconds), default: 600,
                "How long it takes until a client network may fail that often again."),
            Key(
                "alarmFailuresMax", .integer(1...1_000_000), default: 300,
                "This many failed logins within a minute, wherever they come from, write an alarm to the"
                    + " audit log."))
    }

    /// The threads that check passwords.
    public struct Password: Sendable, Hashable {
        public var workers: Int
        public var queueMax: Int
        public var costLog2: Int

        public init(workers: Int = 2, queueMax: Int = 64, costLog2: Int = 15) {
            self.workers = workers
            self.queueMax = queueMax
            self.costLog2 = costLog2
        }

        static let schema = Schema(
            Password.init,
            Key("workers", .integer(1...64), default: 2, "Threads. Each takes a core while it checks."),
            Key(
                "queueMax", .integer(1...10_000), default: 64,
                "Checks that may wait; further logins are told to try again later."),
            Key(
                "costLog2", .integer(14...18), default: 15,
                "What one password costs: log₂ of scrypt's N, with r = 8 and p = 1. 15 takes 32 MiB and"
                    + " some 80 ms of a core, each step twice as much. Weaker hashes are made anew at the"
                    + " next login."
            ))
    }
}
