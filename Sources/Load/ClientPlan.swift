public import Reactor
public import TLS

/// What a virtual client does, over and over: connect, shake hands, send so many requests, leave.
public struct ClientPlan {
    public var endpoint: Endpoint
    public var context: ClientContext
    public var serverName: String
    /// One whole request without a body, as it goes over the wire.
    public var request: [UInt8]
    public var requestsPerConnection: Int
    /// Whether each connection resumes the TLS session of the one before it.
    public var resumes: Bool
    /// Whether the client stays silent once it is connected.
    public var holds: Bool

    public init(
        endpoint: Endpoint, context: ClientContext, serverName: String, request: [UInt8],
        requestsPerConnection: Int = 1, resumes: Bool = false, holds: Bool = false
    ) {
        self.endpoint = endpoint
        self.context = context
        self.serverName = serverName
        self.request = request
        self.requestsPerConnection = requestsPerConnection
        self.resumes = resumes
        self.holds = holds
    }
}

/// What virtual clients have come through.
public struct Tally: Sendable {
    public var handshakes = 0
    /// Of the handshakes.
    public var resumptions = 0
    public var responses = 0
    /// Of the responses, those with another status than 2xx or 3xx.
    public var refusals = 0
    public var bodyBytes: UInt64 = 0
    public var failures = 0
    /// Why, for the first few.
    public var failureReasons: [String] = []

    public init() {}

    mutating func fail(_ reason: String) {
        failures += 1
        if failureReasons.count < 5 { failureReasons.append(reason) }
    }

    public static func - (after: Tally, before: Tally) -> Tally {
        var difference = after
        difference.handshakes -= before.handshakes
        difference.resumptions -= before.resumptions
        difference.responses -= before.responses
        difference.refusals -= before.refusals
        difference.bodyBytes -= before.bodyBytes
        difference.failures -= before.failures
        return difference
    }
}
