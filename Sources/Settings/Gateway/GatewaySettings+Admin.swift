extension GatewaySettings {
    /// The operators' way into the running gateway.
    public struct Admin: Sendable, Hashable {
        /// A UNIX socket's path: at most 107 bytes once resolved.
        public var socket: String

        public init(socket: String) {
            self.socket = socket
        }

        static let schema = Schema(
            Admin.init,
            Key(
                "socket", .path,
                "The UNIX socket for operators' commands. It is made for the gateway's own account alone, and"
                    + " takes commands from that account and from root. Its folder must be one that nobody"
                    + " else can write to."))
    }
}
