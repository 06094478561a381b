public import Reactor
import TLS

/// Many virtual clients on one loop, and what they come through together.
public final class Crowd {
    public internal(set) var tally = Tally()
    /// Set to let every client end with the connection it is on.
    public private(set) var isOver = false
    /// Called once no client is connected any more.
    public var onEmpty: (() -> Void)?
    /// Called whenever another client holds its connection.
    public var onHold: ((_ count: Int) -> Void)?
    /// Called when a connection has its first response, with the moment at which it was begun.
    public var onFirstResponse: ((_ begin: MonotonicTime) -> Void)?

    let buffer = SharedBuffer()
    let tlsBuffers = TLSBuffers()
    private let loop: EventLoop
    private var connectedCount = 0
    private var holdCount = 0

    public init(on loop: EventLoop) { self.loop = loop }

    /// Lets another client follow the plan.
    public func add(_ plan: ClientPlan) {
        connectedCount += 1
        VirtualClient(plan, in: self, on: loop).connect()
    }

    public func end() { isOver = true }

    func clientHolds() {
        holdCount += 1
        onHold?(holdCount)
    }

    func clientLeft(_ client: VirtualClient) {
        guard !isOver, tally.failures <= Self.failuresMax else {
            connectedCount -= 1
            if connectedCount == 0 { onEmpty?() }
            return
        }
        // From the loop, so that a server that refuses everybody does not end in a deep recursion.
        loop.soon { client.connect() }
    }

    /// A server that fails so often is not worth loading.
    private static let failuresMax = 1000
}
