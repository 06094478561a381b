import Reactor
import Serving

/// A connection that has switched to another protocol: closed when nothing moves for long, when it is old,
/// and as soon as its client would not be let in any more.
final class Tunnel {
    /// As of the request that opened it.
    let facts: RequestFacts
    let route: Route
    let subject: AssertedSubject
    let name: String
    private let loop: EventLoop
    private var idleTimer: TimerToken?
    private var judgeTimer: TimerToken?
    private var lifeTimer: TimerToken?
    private var expire: ((Tunnel, String) -> Void)?
    /// Whether the client has sent anything since it was judged last.
    private(set) var isUsed = false
    /// How often in a row nobody could tell whether its session is still good.
    var unjudgedCount = 0
    /// Ends both of its connections.
    var onClose: (() -> Void)?
    private let onEnd: (Tunnel) -> Void

    init(
        _ facts: RequestFacts, _ route: Route, _ subject: AssertedSubject, name: String, on loop: EventLoop,
        onEnd: @escaping (Tunnel) -> Void
    ) {
        self.facts = facts
        self.route = route
        self.subject = subject
        self.name = name
        self.loop = loop
        self.onEnd = onEnd
    }

    /// - Parameters:
    ///   - judge: Called every second, for as long as it is open.
    ///   - expire: Called with a reason when it has lasted, or carried nothing, as long as the route allows.
    func start(judge: @escaping (Tunnel) -> Void, expire: @escaping (Tunnel, String) -> Void) {
        self.expire = expire
        lifeTimer = loop.after(milliseconds: route.upgradeAbsoluteSeconds * 1000) { [weak self] in
            self?.isOver("age")
        }
        moved(byClient: false)
        judgeAgain(judge)
    }

    private func judgeAgain(_ judge: @escaping (Tunnel) -> Void) {
        judgeTimer = loop.after(milliseconds: Self.judgeMilliseconds) { [weak self] in
            guard let self else { return }
            judgeTimer = nil
            judge(self)
            isUsed = false
            // Not after it has been closed.
            if idleTimer != nil { judgeAgain(judge) }
        }
    }

    func moved(byClient: Bool) {
        if byClient { isUsed = true }
        let milliseconds = route.upgradeIdleSeconds * 1000
        if let idleTimer, loop.rearm(idleTimer, milliseconds: milliseconds) { return }
        idleTimer = loop.after(milliseconds: milliseconds) { [weak self] in self?.isOver("idle") }
    }

    private func isOver(_ reason: String) { expire?(self, reason) }

    func close() { onClose?() }

    /// It is over.
    func end() {
        if let idleTimer { loop.cancel(idleTimer) }
        if let judgeTimer { loop.cancel(judgeTimer) }
        if let lifeTimer { loop.cancel(lifeTimer) }
        idleTimer = nil
        judgeTimer = nil
        lifeTimer = nil
        onClose = nil
        expire = nil
        onEnd(self)
    }

    private static let judgeMilliseconds = 1000
}
