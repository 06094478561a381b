public import Reactor
public import Replay

/// How a score is to be played.
public struct ReplayPlan: Sendable {
    /// What is asked of the outcomes that a target reports.
    public enum Check: String, Sendable, CaseIterable {
        /// Every response that the trace expects something of must say the same.
        case outcomes
        /// Whom the trace has trusted gets in, whom it has refused does not: for servers that say no more.
        case admission
        /// Nothing is asked: any HTTPS server will do.
        case none
    }

    public var endpoint: Endpoint
    /// PEM; the target's certificate must end in one of these.
    public var anchors: [UInt8]
    public var pace = Pace.recorded(speed: 1)
    public var check = Check.outcomes
    /// Of all loops together, at once.
    public var connectionsMax = 4096
    /// No connection is begun later than this after the first; a shorter trace is played again. Nil plays it
    /// once.
    public var durationSeconds: Double?
    /// What a connection, a handshake or a response may take.
    public var patienceSeconds = 10
    /// At the recorded pace, requests come as far apart as they do on average on the trace's connection, yet
    /// no further than this; 0 for one right after the other.
    public var pauseSecondsMax = 60
    /// How often a request is sent, for traces without requests of their own; nil goes by the trace.
    public var requestCount: Int?
    /// Whether every handshake is a full one, whatever the trace says.
    public var neverResumes = false
    public var path = "/"
    public var loopCount = 1

    public init(endpoint: Endpoint, anchors: [UInt8]) {
        self.endpoint = endpoint
        self.anchors = anchors
    }
}

/// Why a run did not begin, in words for whoever wanted it.
public struct ReplayFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
