public import Reactor
public import TLS

/// Why a server did not start: the operator's doing, in words for the operator.
public enum WebServerFault: Error, Sendable {
    case socket(SystemFault)
    case tls(TLSFault)
}

/// Runs a `WebApplication` on one event loop and a pool of blocking threads.
public final class WebServer: Sendable {
    /// The ports that were bound, in the order of the endpoints; nil for a UNIX socket.
    public let ports: [UInt16?]
    /// For the next process of the program; good until the server stops.
    public let sockets: [ListeningSocket]
    private let thread: LoopThread
    private let pool: BlockingPool

    /// - Parameters:
    ///   - hosts: Hosts to serve under TLS; nil serves plain HTTP.
    ///   - bodyBytesMax: The longest request body that is read; longer ones are answered 413.
    ///   - inherited: Sockets that the process was started with.
    ///   - pulse: Beats as long as the loop turns.
    ///   - isBackground: Whether its threads stand back while others of the process want the processor.
    public init(
        _ application: any WebApplication, on endpoints: [Endpoint], tls hosts: [ServerHost]? = nil,
        limits: ServingLimits = ServingLimits(), bodyBytesMax: Int = 65_536, threadCount: Int = 4,
        queueMax: Int = 256, inherited: InheritedSockets = InheritedSockets(), pulse: Pulse? = nil,
        isBackground: Bool = false
    ) throws(WebServerFault) {
        if let hosts {
            // Made once here to report what is wrong with it; the loop makes its own.
            do { _ = try ServerContext(hosts: hosts) } catch { throw .tls(error) }
        }
        let listening: ListeningSockets
        do { listening = try ListeningSockets(on: endpoints, inherited: inherited) } catch {
            throw .socket(error)
        }
        ports = listening.ports
        sockets = listening.forSuccessor
        let pool = BlockingPool(
            threadCount: threadCount, queueMax: queueMax, isBackground: isBackground)
        self.pool = pool
        do {
            thread = try LoopThread.start(name: "web", isBackground: isBackground) { loop in
                let service = ApplicationService(
                    application, pool: pool, bodyBytesMax: bodyBytesMax, loop: loop)
                // The same hosts made a context a moment ago; should they not now, nothing is served in the
                // clear.
                let context = hosts.flatMap { try? ServerContext(hosts: $0) }
                if hosts != nil, context == nil { return }
                let server = Server(on: loop, limits: limits, service: service, tls: context)
                loop.context = server
                pulse?.start(on: loop)
                for place in listening.ofLoop[0] { try? server.listen(on: place.descriptor) }
            }
        } catch {
            listening.close()
            throw .socket(error)
        }
    }

    /// Stops accepting, lets running exchanges finish for up to `drainSeconds`, then returns.
    /// - Parameter gently: As in ``Server/drain(seconds:gently:then:)``.
    public func stop(drainSeconds: Int = 5, gently: Bool = false) {
        _ = thread.mailbox.post { loop in
            guard let server = loop.context as? Server else { return loop.stop() }
            server.drain(seconds: drainSeconds, gently: gently) { loop.stop() }
        }
        thread.join()
        pool.shutdown()
    }
}
