extension GatewaySettings {
    /// What one client network may take. A rate of 0 is none.
    public struct PerSource: Sendable, Hashable {
        public var connectionsMax: Int
        public var fullHandshakesPerSecond: Int
        public var fullHandshakesBurst: Int
        public var resumedHandshakesPerSecond: Int
        public var resumedHandshakesBurst: Int
        public var failedHandshakesPerSecond: Int
        public var failedHandshakesBurst: Int

        public init(
            connectionsMax: Int = 5000, fullHandshakesPerSecond: Int = 1000,
            fullHandshakesBurst: Int = 2000, resumedHandshakesPerSecond: Int = 5000,
            resumedHandshakesBurst: Int = 10_000, failedHandshakesPerSecond: Int = 100,
            failedHandshakesBurst: Int = 1000
        ) {
            self.connectionsMax = connectionsMax
            self.fullHandshakesPerSecond = fullHandshakesPerSecond
            self.fullHandshakesBurst = fullHandshakesBurst
            self.resumedHandshakesPerSecond = resumedHandshakesPerSecond
            self.resumedHandshakesBurst = resumedHandshakesBurst
            self.failedHandshakesPerSecond = failedHandshakesPerSecond
            self.failedHandshakesBurst = failedHandshakesBurst
        }

        static let schema = Schema(
            PerSource.init,
            Key(
                "connectionsMax", .integer(0...1_000_000), default: 5000,
                "Connections that are open at once; 0 for no limit."),
            Key(
                "fullHandshakesPerSecond", .integer(0...1_000_000), default: 1000,
                "TLS handshakes that begin from nothing; 0 for no limit."),
            Key(
                "fullHandshakesBurst", .integer(1...1_000_000), default: 2000,
                "As many may come at once."),
            Key(
                "resumedHandshakesPerSecond", .integer(0...1_000_000), default: 5000,
                "TLS handshakes that take up an earlier session; 0 for no limit."),
            Key(
                "resumedHandshakesBurst", .integer(1...1_000_000), default: 10_000,
                "As many may come at once."),
            Key(
                "failedHandshakesPerSecond", .integer(0...1_000_000), default: 100,
                "Connections that end before their TLS handshake is done, those that met one of the other"
                    + " limits included; 0 for no limit. Above it a connection is reset before anything of"
                    + " it is read."),
            Key(
                "failedHandshakesBurst", .integer(1...1_000_000), default: 1000,
                "As many may come at once, or be under way."))
    }
}
