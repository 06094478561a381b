/// A request's head, checked: one host, one framing, a target in origin form.
public struct RequestHead: Sendable {
    public var method: String
    /// Path and query as sent; `*` for `OPTIONS *`. An absolute form has been reduced to this.
    public var target: String
    public var minorVersion: Int
    public var headers: HeaderFields
    /// The host in lower case, without port and trailing dot.
    public var host: String
    public var hostPort: UInt16?
    public var body: BodyFraming

    /// The part of the target in front of `?`, percent-encoded as sent.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The part behind `?`; nil when there is none.
    public var query: String? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        return String(target[target.index(after: mark)...])
    }

    public var keepsAlive: Bool { MessageLength.keepsAlive(headers, minorVersion: minorVersion) }

    /// RFC 9110 §10.1.1.
    public var expectsContinue: Bool {
        minorVersion >= 1 && body != .none && headers["Expect"]?.equalsIgnoringCase("100-continue") == true
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

/// A response's head. As parsed, `body` says how its body ends; to be sent, the sender decides.
public struct ResponseHead: Sendable {
    public var status: Int
    public var reason: String
    public var headers: HeaderFields
    public var minorVersion: Int
    public var body: BodyFraming

    public init(status: Int, headers: HeaderFields = HeaderFields(), body: BodyFraming = .none) {
        self.init(status: status, reason: "", headers: headers, minorVersion: 1, body: body)
    }

    init(status: Int, reason: String, headers: HeaderFields, minorVersion: Int, body: BodyFraming) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.minorVersion = minorVersion
        self.body = body
    }

    /// The connection may carry another exchange after this one.
    public var keepsAlive: Bool {
        body != .untilClose && MessageLength.keepsAlive(headers, minorVersion: minorVersion)
    }
}
