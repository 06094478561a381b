import HTTP
import Reactor
import Serving
import TLS

/// A TLS server that answers everybody alike, lets sessions be taken up, and closes idle connections soon.
final class RepeatingTarget: Sendable {
    let port: UInt16
    private let thread: LoopThread

    private final class Service: ExchangeService {
        func connectionOpened(_ connection: PeerConnection) {}
        func serve(_ exchange: Exchange) { exchange.respond(.text("hello")) }
        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text(fault.reason, status: fault.status)
        }
        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {}
        func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {}
    }

    init(_ host: ServerHost, sessionSeconds: Int = 300, keepAliveSeconds: Int = 30) throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        thread = try LoopThread.start(name: "target") { loop in
            let store = TLSSessionStore(sessionsMax: 1000, lifetimeSeconds: sessionSeconds)
            guard let context = try? ServerContext(hosts: [host], sessions: store) else { return }
            var limits = ServingLimits()
            limits.keepAliveSeconds = keepAliveSeconds
            let server = Server(on: loop, limits: limits, service: Service(), tls: context)
            loop.context = server
            try? server.listen(on: socket)
        }
    }

    func stop() {
        _ = thread.mailbox.post { loop in
            (loop.context as? Server)?.drain(seconds: 0) { loop.stop() }
        }
        thread.join()
    }
}
