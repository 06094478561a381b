import Dispatch
import HTTP
import Reactor
import Serving
import Synchronization
import TLS
import TestPKI

/// Answers with whatever a closure makes of the request.
struct Application: WebApplication {
    let make: @Sendable (WebRequest) -> WebResponse

    init(_ make: @escaping @Sendable (WebRequest) -> WebResponse) { self.make = make }

    func answer(_ request: WebRequest) -> WebResponse { make(request) }

    /// Says method, target and body of the request.
    static let echo = Application { request in
        .text(
            "\(request.head.method) \(request.head.target) \(String(decoding: request.body, as: UTF8.self))")
    }
}

/// Runs `body` against a web server on a free port.
func serving<Result>(
    _ application: Application = .echo, tls hosts: [ServerHost]? = nil,
    limits: ServingLimits = ServingLimits(),
    bodyBytesMax: Int = 65_536, threadCount: Int = 4, queueMax: Int = 256, _ body: (Endpoint) throws -> Result
) throws -> Result {
    Signals.ignoreBrokenPipe()
    let server = try WebServer(
        application, on: [.tcp(address: "127.0.0.1", port: 0)], tls: hosts, limits: limits,
        bodyBytesMax: bodyBytesMax, threadCount: threadCount, queueMax: queueMax)
    defer { server.stop(drainSeconds: 0) }
    return try body(.tcp(address: "127.0.0.1", port: server.ports[0] ?? 0))
}

/// Serves exchanges by closures, on the loop, and remembers how connections ended.
final class ScriptedService: ExchangeService {
    private let script: (Exchange) -> Void
    private let ends: Ends
    private let refusals: Ends
    private let exchangeEnds: Ends

    init(
        _ ends: Ends, refusals: Ends = Ends(), exchangeEnds: Ends = Ends(),
        _ script: @escaping (Exchange) -> Void
    ) {
        self.ends = ends
        self.exchangeEnds = exchangeEnds
        self.refusals = refusals
        self.script = script
    }

    func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {
        refusals.add(refusal.rawValue)
    }

    func connectionOpened(_ connection: PeerConnection) {}

    func serve(_ exchange: Exchange) { script(exchange) }

    func exchangeEnded(_ exchange: Exchange) {
        exchangeEnds.add(exchange.status.map { "\($0)" } ?? "-")
    }

    func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
        .text(fault.reason, status: fault.status)
    }

    func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {
        ends.add(fault?.code ?? "ended")
    }
}

/// How connections ended, in order.
final class Ends: Sendable {
    private let codes = Mutex<[String]>([])
    private let added = DispatchSemaphore(value: 0)

    func add(_ code: String) {
        codes.withLock { $0.append(code) }
        added.signal()
    }

    var isEmpty: Bool { codes.withLock { $0.isEmpty } }

    /// The next end that nobody has asked for; nil when there is none within ten seconds.
    func next() -> String? {
        guard added.wait(timeout: .now() + 10) == .success else { return nil }
        return codes.withLock { $0.removeFirst() }
    }
}

/// A `Server` on a loop of its own.
final class LoopServer: Sendable {
    let endpoint: Endpoint
    let ends = Ends()
    /// Limits of client networks that were met.
    let refusals = Ends()
    private let thread: LoopThread

    init(
        limits: ServingLimits = ServingLimits(), tls hosts: [ServerHost]? = nil, resumes: Bool = false,
        proxy: ProxyTerms? = nil, exchangeEnds: Ends = Ends(),
        _ script: @escaping @Sendable (Exchange) -> Void
    ) throws {
        Signals.ignoreBrokenPipe()
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 16, reusePort: false)
        endpoint = .tcp(address: "127.0.0.1", port: Sockets.boundPort(socket) ?? 0)
        let (ends, refusals) = (self.ends, self.refusals)
        let sessions = resumes ? TLSSessionStore(sessionsMax: 100, lifetimeSeconds: 300) : nil
        thread = try LoopThread.start(name: "server") { loop in
            let context = hosts.flatMap { try? ServerContext(hosts: $0, sessions: sessions) }
            let server = Server(
                on: loop, limits: limits,
                service: ScriptedService(
                    ends, refusals: refusals, exchangeEnds: exchangeEnds, script),
                tls: context)
            loop.context = server
            try? server.listen(on: socket, proxy: proxy)
        }
    }

    /// Begins to drain; returns at once.
    func drain(seconds: Int, gently: Bool = false) {
        _ = thread.mailbox.post { loop in
            (loop.context as? Server)?.drain(seconds: seconds, gently: gently) { loop.stop() }
        }
    }

    func run(_ job: @escaping @Sendable (EventLoop) -> Void) { _ = thread.mailbox.post(job) }

    /// Waits until a drain is over.
    func join() { thread.join() }

    func stop() {
        _ = thread.mailbox.post { loop in
            guard let server = loop.context as? Server, !server.isDraining else { return }
            server.drain(seconds: 0) { loop.stop() }
        }
        thread.join()
    }
}

/// A door that stays shut until it is opened; tells who stands before it.
final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    func pass() {
        arrived.signal()
        _ = opened.wait(timeout: .now() + 20)
    }

    func open() { opened.signal() }

    func awaitArrival() -> Bool { arrived.wait(timeout: .now() + 10) == .success }
}

/// A server certificate and a client that trusts it.
struct TestTLS {
    let hosts: [ServerHost]
    let anchorPEM: [UInt8]

    init(name: String = "www.bank.example") {
        let root = TestAuthority(name: "Test Root")
        let server = root.issueServer(names: [name])
        hosts = [
            ServerHost(
                names: [name], chainPEM: server.pem, keyPEM: server.keyPEM, clientCertificate: .none,
                isStrictest: true)
        ]
        anchorPEM = root.pem
    }
}

extension HeaderFields {
    static let host = HeaderFields([("Host", "www.bank.example")])
}
