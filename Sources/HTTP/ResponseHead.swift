/// A response's head. As parsed, `body` says how its body ends; to be sent, the sender decides.
public struct ResponseHead: Sendable {
    public var status: Int
    /// As received. What is sent carries the usual phrase of the status.
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
