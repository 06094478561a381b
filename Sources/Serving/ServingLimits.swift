public import HTTP

/// Time and size limits of a server's connections. Every phase of a connection has one.
public struct ServingLimits: Sendable {
    /// Open connections of one loop; for one more, the one that has been idle, or in its handshake, longest
    /// has to go. When all are busy, it is not accepted until one closes.
    public var connectionsMax = 20_000
    /// From accept to the end of the TLS handshake.
    public var handshakeSeconds = 10
    /// From the first byte of a request head to its end.
    public var headerSeconds = 15
    /// What a client may be waited for, all in all, while a body is read or a response is written, before
    /// `bytesPerSecondMin` counts; what it then does in time wins it back.
    public var bodyIdleSeconds = 30
    /// Between two requests of a connection.
    public var keepAliveSeconds = 75
    public var requestsPerConnectionMax = 1000
    /// Of a body either way, once the client has used up `bodyIdleSeconds` of waiting; 0 for none.
    public var bytesPerSecondMin = 0
    /// Exchanges of one loop that are under way at once; those beyond are told so, to be refused. 0 for no
    /// limit.
    public var exchangesMax = 0
    /// What one client network may take; nil for servers with few and known clients.
    public var sources: SourceLimits?
    /// How long a closing connection may still send what nobody reads.
    public var lingerSeconds = 2
    public var http = HTTPLimits.standard

    public init() {}
}

/// Buffer sizes, in bytes.
enum BufferSize {
    /// One read from a socket.
    static let read = 64 * 1024
    /// Above this much unsent output, producers are asked to wait …
    static let outputHigh = 256 * 1024
    /// … until it has fallen below this.
    static let outputLow = 64 * 1024
    /// Pipelined requests waiting behind the current exchange.
    static let pipelinedMax = 32 * 1024
    /// Read in one go before other connections get their turn.
    static let readPerTurnMax = 256 * 1024
}
