import Crypto
import HTTP
import Reactor
import Serving
import TLS
import Traces
import X509

/// A TLS server that lets sessions be taken up, and says whose certificate it sees as if it trusted all.
final class RepeatingTarget: Sendable {
    let port: UInt16
    private let thread: LoopThread

    enum Manner { case answers, breaksOff, isSilent }

    private final class Service: ExchangeService {
        private let manner: Manner
        private var held: [Exchange] = []

        init(_ manner: Manner) { self.manner = manner }

        func connectionOpened(_ connection: PeerConnection) {}
        func serve(_ exchange: Exchange) {
            switch manner {
            case .answers: answer(exchange)
            case .breaksOff: exchange.abort()
            case .isSilent: held.append(exchange)
            }
        }
        private func answer(_ exchange: Exchange) {
            var response = WebResponse.text("hello")
            let leaf = exchange.connection.tls?.presentedChain.first
            let outcome = ReportedOutcome(
                verdict: leaf == nil ? .absent : .trusted,
                customer: leaf.flatMap {
                    $0.subject.rfc4514.firstMatch(of: /CN=([^,]+)/).map { String($0.1) }
                },
                certificate: leaf.map {
                    String($0.fingerprint.hex.prefix(ReportedOutcome.certificateDigits))
                })
            response.headers.set(ReportedOutcome.fieldName, outcome.fieldValue)
            exchange.respond(response)
        }
        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text(fault.reason, status: fault.status)
        }
        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {}
        func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {}
    }

    /// - Parameter manner: What becomes of requests.
    init(
        _ host: ServerHost, sessionSeconds: Int = 300, keepAliveSeconds: Int = 30, manner: Manner = .answers
    ) throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 64, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        thread = try LoopThread.start(name: "target") { loop in
            let store = TLSSessionStore(sessionsMax: 1000, lifetimeSeconds: sessionSeconds)
            guard let context = try? ServerContext(hosts: [host], sessions: store) else { return }
            var limits = ServingLimits()
            limits.keepAliveSeconds = keepAliveSeconds
            let server = Server(on: loop, limits: limits, service: Service(manner), tls: context)
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
