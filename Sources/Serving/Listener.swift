import Reactor

/// A listening socket on a loop. Pauses while the server is full or the process is out of descriptors.
final class Listener: ReadinessHandler {
    private let descriptor: Int32
    /// A listening server keeps itself alive until it drains.
    private let server: Server
    /// Nil where clients come by themselves.
    private let proxy: ProxyTerms?
    private var registration: Registration?
    private var isPaused = false

    init(_ descriptor: Int32, proxy: ProxyTerms?, server: Server) throws(SystemFault) {
        self.descriptor = descriptor
        self.proxy = proxy
        self.server = server
        registration = try server.loop.register(descriptor, .read, self)
    }

    func ready(_ readiness: Readiness) {
        for _ in 0..<Self.acceptsPerTurnMax {
            guard registration != nil else { return }
            if !server.hasRoom { return pause() }
            switch Sockets.accept(descriptor) {
            case .accepted(let socket, let address):
                if let proxy {
                    server.proxyCame(socket, from: address, under: proxy)
                } else {
                    server.accepted(socket, from: address)
                }
            case .wouldBlock:
                return
            case .exhausted where server.makeRoom():
                continue
            case .exhausted:
                // Nothing to accept with: wait for a connection to end, or a moment.
                pause()
                _ = server.loop.after(milliseconds: 100) { [weak self] in self?.resume() }
                return
            case .failed:
                return
            }
        }
    }

    func resume() {
        guard isPaused, let registration, server.hasRoom else { return }
        isPaused = false
        server.loop.update(registration, .read)
    }

    func stop() {
        if let registration { server.loop.deregister(registration) }
        registration = nil
        Sockets.close(descriptor)
    }

    private func pause() {
        guard !isPaused, let registration else { return }
        isPaused = true
        server.loop.update(registration, [])
    }

    private static let acceptsPerTurnMax = 64
}
