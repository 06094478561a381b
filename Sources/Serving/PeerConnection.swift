public import HTTP
public import Reactor
public import TLS

/// What is known of the other end of a connection, apart from any framing.
public final class PeerConnection {
    public let address: PeerAddress
    /// Nil on a plain connection. The handshake is complete when a service sees it.
    public let tls: TLSConnection?
    /// Who holds the other end of a UNIX socket; nil on any other.
    public let credentials: PeerCredentials?
    /// When the connection was accepted.
    public let openedAt: MonotonicTime
    public internal(set) var requestCount = 0
    /// Set by the service: the connection ends with the exchange that runs.
    public var isLastExchange = false
    /// The service's own state for this connection.
    public var attachment: AnyObject?

    init(
        address: PeerAddress, tls: TLSConnection?, credentials: PeerCredentials?, openedAt: MonotonicTime
    ) {
        self.address = address
        self.tls = tls
        self.credentials = credentials
        self.openedAt = openedAt
    }
}

/// Who serves the exchanges of one loop.
public protocol ExchangeService: AnyObject {
    /// The handshake is complete (or the plain connection accepted); no request has been read yet.
    func connectionOpened(_ connection: PeerConnection)
    /// A request head has arrived.
    func serve(_ exchange: Exchange)
    /// It was finished, aborted, or its client has gone away. Called once for each that `serve` has got.
    func exchangeEnded(_ exchange: Exchange)
    /// The answer to a request that could not be read. The connection closes after it.
    func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse
    func proxyRefused(_ address: PeerAddress, reason: String, isNews: Bool)
    /// The connection is over. `fault` is nil when both sides ended it properly.
    func connectionClosed(_ connection: PeerConnection, fault: StreamFault?)
    /// A client network has met one of its limits, so often since this was last told; told of each at most
    /// every ten seconds.
    func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int)
}

extension ExchangeService {
    public func exchangeEnded(_ exchange: Exchange) {}
    public func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {}
}

extension ExchangeService {
    /// Where proxies say for whom they come, somebody came without saying so properly, or was no proxy of
    /// ours.
    /// - Parameter isNews: Once a second at most: for logs, which strangers shall not fill.
    public func proxyRefused(_ address: PeerAddress, reason: String, isNews: Bool) {}
}
