import CLinux
import Glibc

/// One thread's event loop: descriptors, timers, and jobs from other threads.
///
/// Confined to the thread that runs it. Nothing that it calls may block.
@safe public final class EventLoop {
    /// The way into this loop for other threads.
    public let mailbox: Mailbox
    /// Which of the program's loops this is, counted from 0 by whoever starts them.
    public let index: Int
    /// The time this turn began: good enough for time limits, and free.
    public private(set) var now: MonotonicTime
    /// The composition's own state for this loop, for jobs that arrive by mailbox.
    public var context: AnyObject?

    private let epoll: Descriptor
    /// What is watched, at the place of the descriptor's number.
    private var watches: [Watch] = []
    private var lastRegistration: UInt32 = 0
    private var timers = TimerHeap()
    private var soonActions: [() -> Void] = []
    private var turnEndHandlers: [any TurnEndHandler] = []
    // Emptied arrays, kept for their room.
    private var spareActions: [() -> Void] = []
    private var spareHandlers: [any TurnEndHandler] = []
    private var spareJobs: [Mailbox.Job] = []
    private var completions: [UInt64: (any Sendable) -> Void] = [:]
    private var lastCompletion: UInt64 = 0
    private var isStopped = false
    /// Filled by the kernel, read right after: `data` holds the number that was registered.
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    /// - Parameter mailboxMax: how many jobs may wait in the mailbox.
    public init(index: Int = 0, mailboxMax: Int = 65_536) throws(SystemFault) {
        self.index = index
        epoll = Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC)))
        guard epoll.isOpen else { throw SystemFault("create an epoll instance") }
        mailbox = try Mailbox(jobsMax: mailboxMax)
        now = Clock.monotonic()
        try control(EPOLL_CTL_ADD, mailbox.descriptor, .read, token: Self.mailboxToken)
    }

    deinit { _ = mailbox.close() }

    // MARK: Running

    /// Runs turns until `stop` is called; may be run again afterwards.
    public func run() {
        while !isStopped { turn() }
        isStopped = false
    }

    /// Ends `run` after the current turn, or at once when it is called next.
    public func stop() { isStopped = true }

    /// Ends the loop for good: refuses mail, runs the jobs already taken, and lets go of all it holds, much
    /// of which knows this loop. Descriptors stay open; they are their handlers'.
    public func close() {
        for job in mailbox.close() { job(self) }
        let held = (watches, timers, soonActions, turnEndHandlers, completions, context)
        watches = []
        timers = TimerHeap()
        soonActions = []
        turnEndHandlers = []
        completions = [:]
        context = nil
        // What ends here may come back to the loop, which is empty and in order by now.
        withExtendedLifetime(held) {}
    }

    private func turn() {
        let count = unsafe events.withUnsafeMutableBufferPointer {
            unsafe epoll_wait(epoll.number, $0.baseAddress, Int32($0.count), waitMilliseconds())
        }
        now = Clock.monotonic()
        for index in 0..<max(0, Int(count)) {
            let event = unsafe events[index]
            unsafe dispatch(event.data.u64, event.events)
        }
        while let action = timers.takeDue(at: now) { action() }
        runSoonActions()
        tellTurnEnds()
    }

    private func waitMilliseconds() -> Int32 {
        if !soonActions.isEmpty || !turnEndHandlers.isEmpty || isStopped { return 0 }
        guard let deadline = timers.next() else { return -1 }
        let time = Clock.monotonic()
        if deadline <= time { return 0 }
        // Rounded up, so that no timer is looked for before it is due.
        return Int32(clamping: (deadline.nanoseconds - time.nanoseconds - 1) / 1_000_000 + 1)
    }

    private func dispatch(_ token: UInt64, _ events: UInt32) {
        if token == Self.mailboxToken {
            runJobs()
            return
        }
        let registration = Registration(token: token)
        guard let watch = watch(registration) else { return }
        // What an earlier handler of this turn has taken out of the interest is not reported any more.
        let readiness = Readiness(epollEvents: events & (watch.interest.epollEvents | Self.alwaysReported))
        if !readiness.isEmpty { watch.handler?.ready(readiness) }
    }

    private func runJobs() {
        var jobs = spareJobs
        spareJobs = []
        if mailbox.take(&jobs) { stop() }
        for job in jobs { job(self) }
        jobs.removeAll(keepingCapacity: true)
        spareJobs = jobs
    }

    private func runSoonActions() {
        // What an action adds runs in the next turn, so that descriptors get theirs.
        guard !soonActions.isEmpty else { return }
        var actions = spareActions
        spareActions = []
        swap(&actions, &soonActions)
        for action in actions { action() }
        actions.removeAll(keepingCapacity: true)
        spareActions = actions
    }

    private func tellTurnEnds() {
        guard !turnEndHandlers.isEmpty else { return }
        var handlers = spareHandlers
        spareHandlers = []
        swap(&handlers, &turnEndHandlers)
        for handler in handlers { handler.turnEnds() }
        handlers.removeAll(keepingCapacity: true)
        spareHandlers = handlers
    }

    // MARK: Descriptors

    /// Registers a descriptor, which stays the caller's. The handler is held until `deregister`.
    public func register(
        _ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(SystemFault) -> Registration {
        lastRegistration &+= 1
        let registration = Registration(descriptor: descriptor, id: lastRegistration)
        try control(EPOLL_CTL_ADD, descriptor, interest, token: registration.token)
        let position = Int(descriptor)
        while watches.count <= position { watches.append(Watch()) }
        let previous = watches[position].handler.take()
        watches[position] = Watch(id: registration.id, interest: interest, handler: handler)
        withExtendedLifetime(previous) {}
        return registration
    }

    public func update(_ registration: Registration, _ interest: Interest) {
        guard let watch = watch(registration), watch.interest != interest else { return }
        watches[Int(registration.descriptor)].interest = interest
        // Cannot fail for a registered descriptor; if it does, the descriptor's time limit ends it.
        try? control(EPOLL_CTL_MOD, registration.descriptor, interest, token: registration.token)
    }

    /// To be called before the descriptor is closed. When it is closed at once, nothing need be said to the
    /// kernel, which stops watching a closed descriptor by itself (epoll(7)): `isClosing` saves a call.
    public func deregister(_ registration: Registration, isClosing: Bool = false) {
        guard watch(registration) != nil else { return }
        if !isClosing { _ = epoll_ctl(epoll.number, EPOLL_CTL_DEL, registration.descriptor, nil) }
        let handler = watches[Int(registration.descriptor)].handler.take()
        // Let go here, while `watches` is not being changed: its end may come back to the loop.
        withExtendedLifetime(handler) {}
    }

    private func watch(_ registration: Registration) -> Watch? {
        let position = Int(registration.descriptor)
        guard position < watches.count, watches[position].id == registration.id,
            watches[position].handler != nil
        else { return nil }
        return watches[position]
    }

    private struct Watch {
        var id: UInt32 = 0
        var interest: Interest = []
        var handler: (any ReadinessHandler)?
    }

    private static let alwaysReported = EPOLLERR.rawValue | EPOLLHUP.rawValue

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Interest, token: UInt64
    ) throws(SystemFault) {
        var event = unsafe epoll_event()
        unsafe event.events = interest.epollEvents
        unsafe event.data.u64 = token
        let outcome = unsafe epoll_ctl(epoll.number, operation, descriptor, &event)
        let number = errno
        if outcome != 0 { throw SystemFault("watch descriptor \(descriptor)", number: number) }
    }

    // MARK: Timers and later actions

    /// Runs `action` once, not before `milliseconds` have passed since this call, however long the turn has
    /// taken.
    public func after(milliseconds: Int, _ action: @escaping () -> Void) -> TimerToken {
        timers.add(at: Clock.monotonic().adding(milliseconds: milliseconds), action)
    }

    /// Sets a timer's deadline anew, counted from this call: cheaper than `cancel` and `after`. False when it
    /// has fired or was cancelled.
    public func rearm(_ token: TimerToken, milliseconds: Int) -> Bool {
        timers.move(token, to: Clock.monotonic().adding(milliseconds: milliseconds))
    }

    public func cancel(_ token: TimerToken) {
        let action = timers.cancel(token)
        withExtendedLifetime(action) {}
    }

    /// Runs `action` at the end of this turn, or of the next when called from such an action.
    public func soon(_ action: @escaping () -> Void) { soonActions.append(action) }

    /// Tells the handler of the end of this turn, when all else of it is done; of the next turn's when called
    /// from there. As often as this is called: who calls it keeps that to once. Makes no object, as `soon`
    /// must.
    public func atTurnEnd(_ handler: any TurnEndHandler) { turnEndHandlers.append(handler) }

    // MARK: Blocking work

    /// Runs `work` on the pool and `completion` back on this loop. False, and neither runs, when the pool
    /// is full.
    ///
    /// The completion stays here; only its number and the result cross threads.
    public func offload<Outcome: Sendable>(
        to pool: BlockingPool, _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping (Outcome) -> Void
    ) -> Bool {
        lastCompletion += 1
        let id = lastCompletion
        let mailbox = self.mailbox
        let taken = pool.submit {
            let outcome = work()
            // The pool's queue bounds how many of these there can be.
            mailbox.deliver { $0.complete(id, outcome) }
        }
        guard taken else { return false }
        completions[id] = { outcome in
            if let outcome = outcome as? Outcome { completion(outcome) }
        }
        return true
    }

    private func complete(_ id: UInt64, _ outcome: any Sendable) {
        completions.removeValue(forKey: id)?(outcome)
    }

    private static let mailboxToken = UInt64.max
}
