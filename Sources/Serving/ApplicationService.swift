import HTTP
import Reactor

/// Serves a `WebApplication` on one loop: reads each request whole, answers it on the pool.
final class ApplicationService: ExchangeService {
    private let application: any WebApplication
    private let pool: BlockingPool
    private let bodyBytesMax: Int
    private let loop: EventLoop

    init(_ application: any WebApplication, pool: BlockingPool, bodyBytesMax: Int, loop: EventLoop) {
        self.application = application
        self.pool = pool
        self.bodyBytesMax = bodyBytesMax
        self.loop = loop
    }

    func connectionOpened(_ connection: PeerConnection) {}

    func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {}

    func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
        .text("\(fault.status)\n", status: fault.status)
    }

    func serve(_ exchange: Exchange) {
        if exchange.isBeyondCapacity { return exchange.respond(.busy) }
        WholeBody.collect(exchange, bytesMax: bodyBytesMax) { [self] body in
            guard let body else { return exchange.respond(.text("413\n", status: 413)) }
            let request = WebRequest(
                head: exchange.request, body: body, peer: exchange.connection.address,
                credentials: exchange.connection.credentials)
            let application = self.application
            let taken = loop.offload(to: pool) {
                application.answer(request)
            } then: {
                exchange.respond($0)
            }
            if !taken { exchange.respond(.busy) }
        }
    }
}

extension WebResponse {
    fileprivate static var busy: WebResponse {
        var response = WebResponse.text("503\n", status: 503)
        response.headers.set("Retry-After", "1")
        return response
    }
}

/// Reads the body of an exchange whole, within a limit.
public final class WholeBody: ExchangeObserver {
    private var bytes: [UInt8] = []
    private let bytesMax: Int
    private var done: (([UInt8]?) -> Void)?

    /// Calls `done` with the body, or with nil when it is too long. Not called when the client goes away.
    public static func collect(_ exchange: Exchange, bytesMax: Int, then done: @escaping ([UInt8]?) -> Void) {
        switch exchange.request.body {
        case .none: return done([])
        case .length(let count) where count > UInt64(bytesMax): return done(nil)
        default: break
        }
        exchange.receiveBody(WholeBody(bytesMax: bytesMax, done))
    }

    private init(bytesMax: Int, _ done: @escaping ([UInt8]?) -> Void) {
        self.bytesMax = bytesMax
        self.done = done
    }

    public func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {
        guard done != nil else { return }
        if self.bytes.count + bytes.count > bytesMax { return finish(nil) }
        self.bytes.append(bytes)
    }

    public func exchangeReceivedBody(_ exchange: Exchange) { finish(bytes) }

    public func exchangeCanSend(_ exchange: Exchange) {}

    public func exchangeAborted(_ exchange: Exchange) { done = nil }

    private func finish(_ body: [UInt8]?) {
        let done = self.done
        self.done = nil
        done?(body)
    }
}
