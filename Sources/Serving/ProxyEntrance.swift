import HTTP
import Reactor
public import Text

/// From whom a listener takes PROXY protocol headers. Nobody else gets in there, and nobody without one.
public struct ProxyTerms: Sendable, Hashable {
    public var networks: [IPNetwork]
    /// Whoever can open the UNIX socket.
    public var takesLocal: Bool
    /// How long a header may take.
    public var headerSeconds: Int

    public init(networks: [IPNetwork], takesLocal: Bool = false, headerSeconds: Int = 3) {
        self.networks = networks
        self.takesLocal = takesLocal
        self.headerSeconds = headerSeconds
    }

    func trust(_ address: PeerAddress) -> Bool {
        address.isLocal ? takesLocal : networks.contains { $0.contains(address.ip) }
    }
}

/// A connection of a proxy, until it has said for whom it is.
final class ProxyEntrance: ReadinessHandler {
    private let socket: Int32
    private let address: PeerAddress
    private unowned let server: Server
    private var parser = ProxyHeaderParser()
    private var registration: Registration?
    private var timer: TimerToken?

    init(_ socket: Int32, from address: PeerAddress, server: Server) {
        self.socket = socket
        self.address = address
        self.server = server
    }

    func start(seconds: Int) {
        timer = server.loop.after(milliseconds: seconds * 1000) { [weak self] in
            self?.timer = nil
            self?.refuse("timeout")
        }
        do throws(SystemFault) {
            registration = try server.loop.register(socket, .read, self)
            // The header comes with the connection, as a rule.
            ready([.readable])
        } catch {
            refuse("socket.\(error.number)")
        }
    }

    func ready(_ readiness: Readiness) {
        while registration != nil {
            var part = [UInt8](repeating: 0, count: parser.bytesWanted)
            switch unsafe part.withUnsafeMutableBytes({ unsafe Sockets.read(socket, into: $0) }) {
            case .bytes(let count):
                do throws(ProxyHeaderFault) {
                    guard let header = try parser.take(part[..<count]) else { continue }
                    return enter(header)
                } catch {
                    return refuse(error.rawValue)
                }
            case .wouldBlock: return
            case .closed: return refuse("closedEarly")
            case .failed(let fault): return refuse("socket.\(fault.number)")
            }
        }
    }

    private func enter(_ header: ProxyHeader) {
        leave()
        switch header {
        case .local: server.accepted(socket, from: address)
        case .client(let ip, let port): server.accepted(socket, from: PeerAddress(ip: ip, port: port))
        }
        server.entranceEnded(self)
    }

    private func refuse(_ reason: String) {
        leave()
        Sockets.reset(socket)
        server.proxyRefused(address, reason)
        server.entranceEnded(self)
    }

    /// For a draining server.
    func close() {
        leave()
        Sockets.close(socket)
        server.entranceEnded(self)
    }

    private func leave() {
        if let timer { server.loop.cancel(timer) }
        timer = nil
        if let registration { server.loop.deregister(registration) }
        registration = nil
    }
}
