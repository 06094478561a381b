public import HTTP
public import Reactor
public import TLS

/// A whole response as a client read it.
public struct ClientResponse: Sendable {
    public var head: ResponseHead
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Sends one request, waits, and returns the whole response: for programs and tests that have nothing else to
/// do.
///
/// Keeps its connection for the next request to the same server. Not Sendable: one thread uses it.
public final class BlockingClient {
    private let endpoint: Endpoint
    private let tls: (context: ClientContext, serverName: String)?
    private let limits: ClientLimits
    private let loop: EventLoop
    private var connection: ClientConnection?
    /// The longest response body that is read, in bytes.
    public var bodyBytesMax = 8 << 20

    public init(
        to endpoint: Endpoint, tls: (context: ClientContext, serverName: String)? = nil,
        limits: ClientLimits = ClientLimits()
    ) throws(SystemFault) {
        self.endpoint = endpoint
        self.tls = tls
        self.limits = limits
        loop = try EventLoop()
    }

    deinit { connection?.close() }

    /// The TLS connection that carried the last request, while it is kept.
    public var connectionTLS: TLSConnection? { connection?.tls }

    /// Ends the kept connection; the next request makes a new one.
    public func disconnect() {
        connection?.close()
        connection = nil
    }

    public func send(
        _ method: String, _ target: String, headers: HeaderFields, body: [UInt8] = []
    ) throws(ClientFailure) -> ClientResponse {
        let hasBody = !body.isEmpty || method == "POST" || method == "PUT"
        let request = ClientRequest(
            method: method, target: target, headers: headers,
            body: hasBody ? .length(UInt64(body.count)) : .none)
        // A kept connection may have been closed by the server meanwhile; then nothing was sent, and a new
        // one serves.
        let isKept = connection?.isUsable == true
        do throws(ClientFailure) {
            return try send(request, body)
        } catch {
            disconnect()
            guard isKept, error.nothingSent || method == "GET" else { throw error }
            return try send(request, body)
        }
    }

    private func send(_ request: ClientRequest, _ body: [UInt8]) throws(ClientFailure) -> ClientResponse {
        let connection: ClientConnection
        if let kept = self.connection, kept.isUsable {
            connection = kept
        } else {
            do {
                connection = try ClientConnection(to: endpoint, tls: tls, on: loop, limits: limits)
            } catch {
                throw ClientFailure(stage: .connect, nothingSent: true, fault: .stream(error))
            }
            self.connection = connection
        }
        let collector = ResponseCollector(bodyBytesMax: bodyBytesMax) { [loop] in loop.stop() }
        connection.send(request, observer: collector)
        _ = connection.sendBody(body.span)
        connection.finishBody()
        if collector.result == nil { loop.run() }
        switch collector.result {
        case .success(let response): return response
        case .failure(let failure): throw failure
        case nil: throw ClientFailure(stage: .response, nothingSent: false, fault: .stream(.closedEarly))
        }
    }
}

/// Gathers a response whole.
private final class ResponseCollector: ClientObserver {
    private(set) var result: Result<ClientResponse, ClientFailure>?
    private var response: ClientResponse?
    private let bodyBytesMax: Int
    private let done: () -> Void

    init(bodyBytesMax: Int, _ done: @escaping () -> Void) {
        self.bodyBytesMax = bodyBytesMax
        self.done = done
    }

    func client(_ connection: ClientConnection, received head: ResponseHead) {
        response = ClientResponse(head: head, body: [])
    }

    func client(_ connection: ClientConnection, received bytes: Span<UInt8>) {
        guard response != nil, result == nil else { return }
        response!.body.append(bytes)  // not nil: checked above
        if response!.body.count > bodyBytesMax {
            connection.close()
            finish(
                .failure(ClientFailure(stage: .response, nothingSent: false, fault: .stream(.closedEarly))))
        }
    }

    func clientReceivedResponse(_ connection: ClientConnection) {
        guard let response else { return }
        finish(.success(response))
    }

    func clientCanSend(_ connection: ClientConnection) {}

    func client(_ connection: ClientConnection, failed failure: ClientFailure) {
        finish(.failure(failure))
    }

    private func finish(_ result: Result<ClientResponse, ClientFailure>) {
        guard self.result == nil else { return }
        self.result = result
        done()
    }
}
