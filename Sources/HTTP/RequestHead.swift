/// A request's head, checked: one host, one framing, a target in origin form.
public struct RequestHead: Sendable {
    public var method: String
    /// Path and query as sent; `*` for `OPTIONS *`. An absolute form has been reduced to this.
    public var target: String
    public var minorVersion: Int
    public var headers: HeaderFields
    /// The host in lower case, without port and trailing dot; an IPv6 address in its brackets.
    public var host: String
    public var hostPort: UInt16?
    public var body: BodyFraming

    /// The part of the target in front of `?`, percent-encoded as sent.
    public var path: String { target.split(at: UInt8(ascii: "?")).front }

    /// The part behind `?`; nil when there is none.
    public var query: String? { target.split(at: UInt8(ascii: "?")).rest }

    /// The client lets the connection carry another exchange (RFC 9112 §9.3).
    public var keepsAlive: Bool { MessageLength.keepsAlive(headers, minorVersion: minorVersion) }

    /// The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    public var expectsContinue: Bool {
        minorVersion >= 1 && body != .none && headers["Expect"]?.asciiLowercased == "100-continue"
    }

    /// For tests and for programs that make requests by hand.
    public init(
        method: String, target: String, headers: HeaderFields = HeaderFields(), host: String,
        hostPort: UInt16? = nil,
        body: BodyFraming = .none, minorVersion: Int = 1
    ) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.headers = headers
        self.host = host
        self.hostPort = hostPort
        self.body = body
    }
}
