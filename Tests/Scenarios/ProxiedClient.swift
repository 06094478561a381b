import Glibc
import HTTP
import Reactor
import TLS

/// A client that sends bytes of its choice in front of TLS, as a load balancer does, and no more than one
/// request. It never waits longer than ten seconds.
final class ProxiedClient {
    private let descriptor: Int32
    private let context: ClientContext
    private let host: String
    private let port: UInt16
    private var connection: TLSConnection?

    /// - Parameters:
    ///   - port: Where it connects to.
    ///   - source: The address that it connects from.
    init(
        _ deployment: Deployment, port: UInt16, from source: String = "127.0.0.1",
        host: String = "fb.localhost"
    ) throws {
        context = try ClientContext(anchorsPEM: deployment.bytes("server-ca.pem"))
        self.host = host
        self.port = deployment.port
        descriptor = try Sockets.connect(.tcp(address: "127.0.0.1", port: port), from: source)
        // Whoever is reset at once sees that when it reads.
        try wait(for: POLLOUT)
    }

    deinit { Sockets.close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        guard
            case .bytes(bytes.count) = unsafe bytes.withUnsafeBytes({ unsafe Sockets.write(descriptor, $0) })
        else { throw ScenarioFault("not sent") }
    }

    /// Nothing more comes from this side.
    func finish() { Sockets.shutdownWrite(descriptor) }

    /// Whether the other side ends the connection without a byte.
    func isRefused() throws -> Bool {
        var part = [UInt8](repeating: 0, count: 100)
        while true {
            switch unsafe part.withUnsafeMutableBytes({ unsafe Sockets.read(descriptor, into: $0) }) {
            case .bytes: return false
            case .wouldBlock: try wait(for: POLLIN)
            case .closed, .failed: return true
            }
        }
    }

    func handshake() throws {
        let connection = try TLSConnection(connecting: context, socket: descriptor, serverName: host)
        self.connection = connection
        while true {
            switch connection.handshake() {
            case .done: return
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .failed(let fault): throw fault
            }
        }
    }

    /// The whole answer as it came.
    /// - Parameter named: The host that the request is for, when it is not the connection's.
    func get(_ target: String, host named: String? = nil) throws -> String {
        if connection == nil { try handshake() }
        guard let connection else { return "" }
        let request = Array(
            "GET \(target) HTTP/1.1\r\nHost: \(named ?? host):\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard case .bytes(request.count) = unsafe request.withUnsafeBytes({ unsafe connection.write($0) })
        else { throw ScenarioFault("not sent") }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            switch unsafe part.withUnsafeMutableBytes({ unsafe connection.read(into: $0) }) {
            case .bytes(let count): answer += part[..<count]
            case .wantRead: try wait(for: POLLIN)
            case .wantWrite: try wait(for: POLLOUT)
            case .closed: return String(decoding: answer, as: UTF8.self)
            case .failed(let fault): throw fault
            }
        }
    }

    private func wait(for events: Int32) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard unsafe poll(&entry, 1, 10_000) > 0 else { throw ScenarioFault("nothing for ten seconds") }
    }
}
