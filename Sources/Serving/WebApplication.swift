public import HTTP
public import Reactor

/// One whole request, its body read to the end within the server's limit.
public struct WebRequest: Sendable {
    public var head: RequestHead
    public var body: [UInt8]
    /// The address of the other end of the socket (not what a header claims).
    public var peer: PeerAddress
    /// The process at the other end of a UNIX socket, as the kernel knows it; nil on any other.
    public var credentials: PeerCredentials?

    public init(
        head: RequestHead, body: [UInt8] = [], peer: PeerAddress, credentials: PeerCredentials? = nil
    ) {
        self.head = head
        self.body = body
        self.peer = peer
        self.credentials = credentials
    }
}

/// One whole response. `Content-Length`, `Date` and `Connection` are added where it is sent.
public struct WebResponse: Sendable {
    public var status: Int
    public var headers: HeaderFields
    public var body: [UInt8]

    public init(status: Int, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A page. The caller adds its content security policy.
    public static func html(_ page: [UInt8], status: Int = 200) -> WebResponse {
        WebResponse(status: status, type: "text/html; charset=utf-8", body: page)
    }

    /// A JSON document.
    public static func json(_ document: [UInt8], status: Int = 200) -> WebResponse {
        WebResponse(status: status, type: "application/json", body: document)
    }

    /// Short plain text, for machines and health checks.
    public static func text(_ text: String, status: Int = 200) -> WebResponse {
        WebResponse(status: status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// `303 See Other` (RFC 9700 §4.12: never a redirect that would repeat a form with credentials).
    public static func redirect(to location: String) -> WebResponse {
        var response = WebResponse(status: 303)
        response.headers.set("Location", location)
        return response
    }

    private init(status: Int, type: String, body: [UInt8]) {
        self.init(status: status, body: body)
        headers.set("Content-Type", type)
    }
}

/// A program that answers whole requests.
///
/// `answer` is called on a blocking pool, by many threads at once, and may block.
public protocol WebApplication: Sendable {
    func answer(_ request: WebRequest) -> WebResponse
}
