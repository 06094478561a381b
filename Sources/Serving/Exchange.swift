public import HTTP
public import Reactor

/// One request and its response, whatever framing carries them (HTTP/1.1 today).
///
/// Confined to its loop. Whoever serves it calls `receiveBody` if it wants the body, then `respond`, `send`
/// and `finish` in this order, or `abort`.
public final class Exchange {
    public let request: RequestHead
    public let connection: PeerConnection
    public let startedAt: MonotonicTime
    /// The status sent, once `respond` was called.
    public private(set) var status: Int?
    /// Response body bytes handed over for sending.
    public private(set) var bodyBytesSent: UInt64 = 0
    /// Request body bytes received.
    public internal(set) var bodyBytesReceived: UInt64 = 0
    /// True after `finish`, `abort`, or when the client went away.
    public private(set) var isOver = false

    /// There are as many exchanges as the server may have: the best answer is a quick 503.
    public let isBeyondCapacity: Bool

    /// For whoever serves the exchange: who answers it from behind, and how long until that began.
    public var upstreamTime: (name: String, microseconds: Int?)?

    /// The service's own state for this exchange.
    public var attachment: AnyObject?

    private let channel: any ExchangeChannel
    private var addedFields: [(name: String, value: String)] = []
    private(set) var observer: (any ExchangeObserver)?

    init(
        _ request: RequestHead, on connection: PeerConnection, channel: any ExchangeChannel,
        at time: MonotonicTime, isBeyondCapacity: Bool
    ) {
        self.isBeyondCapacity = isBeyondCapacity
        self.request = request
        self.connection = connection
        self.channel = channel
        startedAt = time
    }

    /// Adds a field to whatever response comes of this, by whomever it is made.
    public func addField(_ name: String, _ value: String) { addedFields.append((name, value)) }

    /// Starts the delivery of the request body.
    public func receiveBody(_ observer: any ExchangeObserver) {
        observe(observer)
        channel.bodyWanted(true)
    }

    /// Asks the client to wait (`false`) or to go on (`true`) with the request body.
    public func wantBody(_ wanted: Bool) {
        guard !isOver else { return }
        channel.bodyWanted(wanted)
    }

    /// Who is told when more can be sent, for services that stream a response without reading a body. Held
    /// until the exchange is over.
    public func observe(_ observer: any ExchangeObserver) {
        guard !isOver else { return }
        self.observer = observer
    }

    /// Sends an interim response (1xx).
    public func inform(_ head: ResponseHead) {
        guard !isOver, status == nil else { return }
        channel.inform(head)
    }

    /// Sends the response head; the body follows with `send`. `framing` says how long it will be.
    public func respond(_ head: ResponseHead, body framing: BodyFraming) {
        guard !isOver, status == nil else { return }
        status = head.status
        guard !addedFields.isEmpty else { return channel.respond(head, body: framing) }
        var head = head
        for (name, value) in addedFields { head.headers.set(name, value) }
        channel.respond(head, body: framing)
    }

    /// Sends the head of a 101 response. From now on the observer receives, and `send` sends, whatever the
    /// other protocol has, until either side ends; time is the caller's to keep. Only for a request without
    /// a body.
    public func switchProtocols(_ head: ResponseHead, _ observer: any ExchangeObserver) {
        guard !isOver, status == nil, request.body == .none else { return }
        status = 101
        self.observer = observer
        channel.switchProtocols(head)
    }

    /// Sends part of the body. Returns false when the client is slow: wait for `exchangeCanSend`.
    public func send(_ bytes: Span<UInt8>) -> Bool {
        guard !isOver else { return true }
        bodyBytesSent += UInt64(bytes.count)
        return channel.send(bytes)
    }

    /// The response is complete.
    public func finish() {
        guard !isOver else { return }
        channel.finish()
        end()
    }

    /// The response can't be completed: the connection is closed so that the client sees it was cut off.
    public func abort() {
        guard !isOver else { return }
        end()
        channel.abort()
    }

    /// Sends a whole response.
    public func respond(_ response: WebResponse) {
        var head = ResponseHead(status: response.status, headers: response.headers)
        head.reason = ""
        respond(head, body: .length(UInt64(response.body.count)))
        _ = send(response.body.span)
        finish()
    }

    /// The connection is gone; the observer is told, once.
    func connectionLost() {
        guard !isOver else { return }
        let observer = self.observer
        end()
        observer?.exchangeAborted(self)
    }

    private func end() {
        isOver = true
        observer = nil
        channel.ended(self)
    }
}

/// What an exchange tells whoever serves it.
public protocol ExchangeObserver: AnyObject {
    func exchange(_ exchange: Exchange, received bytes: Span<UInt8>)
    func exchangeReceivedBody(_ exchange: Exchange)
    func exchangeCanSend(_ exchange: Exchange)
    /// The client went away, or broke the rules of the body's framing.
    func exchangeAborted(_ exchange: Exchange)
}

/// A framing, seen from an exchange.
protocol ExchangeChannel: AnyObject {
    func bodyWanted(_ wanted: Bool)
    func inform(_ head: ResponseHead)
    func switchProtocols(_ head: ResponseHead)
    func respond(_ head: ResponseHead, body framing: BodyFraming)
    func send(_ bytes: Span<UInt8>) -> Bool
    func finish()
    func abort()
    /// Called once, whatever the end was.
    func ended(_ exchange: Exchange)
}
