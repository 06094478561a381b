import Reactor
import Serving

/// The operators' way into a running gateway: HTTP/1.1 with JSON over a UNIX socket, on a loop and threads of
/// its own, which stand back while customers are served: no command, however long it takes, keeps them
/// waiting.
final class AdminServer: Sendable {
    private let server: WebServer

    init(
        socket: String, routes: [AdminRoute], logs: GatewayLogs,
        inherited: InheritedSockets = InheritedSockets()
    ) throws(GatewayFault) {
        let folder = Files.folder(of: socket)
        // Whoever can write there could put a socket of their own in the place of this one.
        guard Files.isGuarded(folder: folder) else {
            throw GatewayFault(complaints: [
                "admin.socket: \(folder) must be there, and nobody but root and the gateway's account may"
                    + " write to it"
            ])
        }
        let desk = AdminDesk(routes: routes, logs: logs, userIDs: [0, Account.ownID])
        do throws(WebServerFault) {
            server = try WebServer(
                desk, on: [.unix(path: socket)], limits: Self.limits, bodyBytesMax: Self.bodyBytesMax,
                threadCount: 4, queueMax: 16, inherited: inherited, isBackground: true)
        } catch {
            throw GatewayFault(complaints: ["admin.socket: \(error)"])
        }
    }

    var sockets: [ListeningSocket] { server.sockets }

    func stop() { server.stop() }

    private static var limits: ServingLimits {
        var limits = ServingLimits()
        limits.connectionsMax = 16
        limits.headerSeconds = 5
        limits.keepAliveSeconds = 30
        return limits
    }

    /// A bundle and a few revocation lists of a million entries each.
    static let bodyBytesMax = 256 << 20
}
