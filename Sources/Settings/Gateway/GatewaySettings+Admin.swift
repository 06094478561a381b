extension GatewaySettings {
    /// The operators' way into the running gateway.
    public struct Admin: Sendable, Hashable {
        /// A UNIX socket's path: at most 107 bytes once resolved.
        public var socket: String
        /// Where `/metrics` is served beside the socket; nil for nowhere.
        public var metrics: EndpointSetting?

        public init(socket: String, metrics: EndpointSetting? = nil) {
            self.socket = socket
            self.metrics = metrics
        }

        static let schema = Schema(
            Admin.init,
            Key(
                "socket", .path,
                "The UNIX socket for operators' commands. It is made for the gateway's own account alone, and"
                    + " takes commands from that account and from root. Its folder must be one that nobody"
                    + " else can write to. `/metrics` is served there too."),
            Key("metrics", optional: .scraped, metricsSentence))
    }
}

/// Of both programs' `metrics` key.
let metricsSentence =
    "Where Prometheus finds `/metrics` without a command's rights: an address of this machine alone"
    + " (“127.0.0.1:9464”), or a UNIX socket. Nothing else is served there."
