import HTTP
import Reactor
import Serving

/// Carries one exchange to an upstream and its response back, streaming both ways with back-pressure.
///
/// Lives as long as either side may still speak: the exchange and the upstream connection hold it.
final class Forwarder: ExchangeObserver, ClientObserver {
    private let facts: RequestFacts
    private let service: GatewayService
    /// The upstream's name, and the way to it.
    private let upstream: String
    private let pool: UpstreamPool
    private let request: ClientRequest
    private var sentAt: MonotonicTime
    /// What the client may switch to, and asks for.
    private let upgrade: Upgrade?
    private var tunnel: Tunnel?
    private var connection: ClientConnection?
    private var mayRetry = true
    private var requestBodyStarted = false

    /// Why the upstream gave no response.
    struct Failure {
        enum Kind {
            case unreachable, timeout
            /// It gave an answer that is none, or hung up in place of one.
            case malformed
        }
        let kind: Kind
        /// For the log.
        let code: String
    }

    /// A protocol that client and route agree on, and who watches over the connection once it is spoken.
    struct Upgrade {
        let name: String
        let open: (Exchange) -> Tunnel
    }

    /// - Parameters:
    ///   - request: As the upstream gets it.
    ///   - service: Answers when the upstream gave nothing that could be passed on.
    init(
        _ facts: RequestFacts, as request: ClientRequest, to upstream: String, _ pool: UpstreamPool,
        upgrade: Upgrade?, service: GatewayService
    ) {
        self.facts = facts
        self.request = request
        self.upstream = upstream
        self.pool = pool
        sentAt = pool.now
        self.upgrade = upgrade
        self.service = service
    }

    func start() {
        exchange.observe(self)
        send(fresh: false)
    }

    private var exchange: Exchange { facts.exchange }

    private func send(fresh: Bool) {
        sentAt = pool.now
        do throws(UpstreamRefusal) {
            connection = try pool.send(request, observer: self, fresh: fresh)
        } catch {
            return fail(Failure(kind: .unreachable, code: error.code))
        }
        // A request with a body is only sent on when the upstream connection took its head: until then it can
        // be sent again elsewhere.
        if exchange.request.body == .none { return }
        requestBodyStarted = true
        exchange.receiveBody(self)
    }

    // MARK: From the client

    func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {
        guard let connection else { return }
        tunnel?.moved(byClient: true)
        if !connection.sendBody(bytes) { exchange.wantBody(false) }
    }

    func exchangeReceivedBody(_ exchange: Exchange) {
        connection?.finishBody()
    }

    func exchangeCanSend(_ exchange: Exchange) {
        connection?.wantResponse(true)
    }

    func exchangeAborted(_ exchange: Exchange) {
        connection?.close()
        done()
    }

    // MARK: From the upstream

    func client(_ connection: ClientConnection, received head: ResponseHead) {
        pool.succeeded()
        exchange.upstreamTime?.microseconds = pool.now.microseconds(since: sentAt)
        if head.status == 101 { return switchProtocols(head, connection) }
        var head = head
        let framing = head.body
        head.headers.removeHopByHop()
        GatewayService.decorate(&head.headers)
        exchange.respond(head, body: framing)
    }

    /// RFC 9110 §15.2.2: to what was asked for, and nothing else.
    private func switchProtocols(_ head: ResponseHead, _ connection: ClientConnection) {
        guard let upgrade, head.headers.upgrade == upgrade.name, exchange.status == nil else {
            return fail(Failure(kind: .malformed, code: "response.unaskedUpgrade"))
        }
        var head = head
        head.headers.removeHopByHop()
        GatewayService.decorate(&head.headers)
        head.headers.set("Connection", "Upgrade")
        head.headers.set("Upgrade", upgrade.name)
        connection.openTunnel()
        tunnel = upgrade.open(exchange)
        tunnel?.onClose = { [weak self] in
            self?.fail(Failure(kind: .unreachable, code: "tunnel.closed"))
        }
        exchange.switchProtocols(head, self)
    }

    func client(_ connection: ClientConnection, received bytes: Span<UInt8>) {
        tunnel?.moved(byClient: false)
        if !exchange.send(bytes) { connection.wantResponse(false) }
    }

    func clientReceivedResponse(_ connection: ClientConnection) {
        self.connection = nil
        exchange.finish()
        done()
    }

    func clientCanSend(_ connection: ClientConnection) {
        exchange.wantBody(true)
    }

    func client(_ connection: ClientConnection, failed failure: ClientFailure) {
        self.connection = nil
        let isReused = connection.requestCount > 1
        if failure.nothingSent, isReused, mayRetry, !requestBodyStarted {
            // The upstream closed a kept connection just then; not a byte had left.
            mayRetry = false
            return send(fresh: true)
        }
        // One that does not prove who it is will not do so a moment later.
        if failure.stage == .connect || failure.stage == .handshake { pool.failed() }
        fail(Failure(failure))
    }

    private func fail(_ failure: Failure) {
        connection?.close()
        connection = nil
        if exchange.status == nil {
            service.upstreamFailed(facts, upstream, failure)
        } else {
            exchange.abort()
        }
        done()
    }

    private func done() {
        tunnel?.end()
        tunnel = nil
    }
}

extension Forwarder.Failure {
    init(_ failure: ClientFailure) {
        code = failure.code
        kind =
            switch failure.fault {
            case .malformed: .malformed
            case .stream(.timeout) where failure.stage != .connect: .timeout
            case .stream where failure.stage == .request || failure.stage == .response: .malformed
            case .stream: .unreachable
            }
    }
}
