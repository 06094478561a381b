import CLinux

/// One thread's event loop: descriptors, timers, and jobs from other threads.
///
/// Confined to the thread that runs it. Nothing that it calls may block.
@safe public final class EventLoop {
    /// The way into this loop for other threads.
    public let mailbox: Mailbox
    /// The time this turn began: good enough for time limits, and free.
    public private(set) var now: MonotonicTime
    /// The composition's own state for this loop, for jobs that arrive by mailbox.
    public var context: AnyObject?

    private let epoll: Descriptor
    private var handlers: [Int32: (id: UInt32, handler: any ReadinessHandler)] = [:]
    private var lastRegistration: UInt32 = 0
    private var timers = TimerHeap()
    private var soonActions: [() -> Void] = []
    private var completions: [UInt64: (any Sendable) -> Void] = [:]
    private var lastCompletion: UInt64 = 0
    private var isStopped = false
    /// Filled by the kernel, read right after: `data` holds the number that was registered.
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    public init() throws(SystemFault) {
        epoll = Descriptor(epoll_create1(Int32(EPOLL_CLOEXEC)))
        guard epoll.isOpen else { throw SystemFault("create an epoll instance") }
        mailbox = try Mailbox()
        now = Clock.monotonic()
        try control(EPOLL_CTL_ADD, mailbox.descriptor, .read, token: Self.mailboxToken)
    }

    deinit { mailbox.close() }

    // MARK: Running

    /// Runs turns until `stop` is called; may be run again afterwards.
    public func run() {
        isStopped = false
        while !isStopped { turn() }
    }

    /// Ends `run` after the current turn.
    public func stop() { isStopped = true }

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
    }

    private func waitMilliseconds() -> Int32 {
        if !soonActions.isEmpty || isStopped { return 0 }
        guard let deadline = timers.next() else { return -1 }
        let time = Clock.monotonic()
        if deadline <= time { return 0 }
        // Rounded up, so that no timer is looked for before it is due.
        return Int32(clamping: (deadline.nanoseconds - time.nanoseconds + 999_999) / 1_000_000)
    }

    private func dispatch(_ token: UInt64, _ events: UInt32) {
        if token == Self.mailboxToken {
            for job in mailbox.take() { job(self) }
            return
        }
        let descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: token))
        guard let entry = handlers[descriptor], entry.id == UInt32(token >> 32) else { return }
        entry.handler.ready(Readiness(epollEvents: events))
    }

    private func runSoonActions() {
        // What an action adds runs in the next turn, so that descriptors get theirs.
        let actions = soonActions
        soonActions.removeAll(keepingCapacity: true)
        for action in actions { action() }
    }

    // MARK: Descriptors

    /// Registers a descriptor, which stays the caller's. The handler is held until `deregister`.
    public func register(
        _ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(SystemFault) -> Registration {
        lastRegistration &+= 1
        let registration = Registration(descriptor: descriptor, id: lastRegistration)
        try control(EPOLL_CTL_ADD, descriptor, interest, token: registration.token)
        handlers[descriptor] = (registration.id, handler)
        return registration
    }

    public func update(_ registration: Registration, _ interest: Interest) {
        guard handlers[registration.descriptor]?.id == registration.id else { return }
        // Cannot fail for a registered descriptor; if it does, the descriptor's time limit ends it.
        try? control(EPOLL_CTL_MOD, registration.descriptor, interest, token: registration.token)
    }

    /// To be called before the descriptor is closed.
    public func deregister(_ registration: Registration) {
        guard handlers[registration.descriptor]?.id == registration.id else { return }
        handlers[registration.descriptor] = nil
        _ = epoll_ctl(epoll.number, EPOLL_CTL_DEL, registration.descriptor, nil)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Interest, token: UInt64
    ) throws(SystemFault) {
        var event = unsafe epoll_event()
        unsafe event.events = interest.epollEvents
        unsafe event.data.u64 = token
        guard unsafe epoll_ctl(epoll.number, operation, descriptor, &event) == 0 else {
            throw SystemFault("watch descriptor \(descriptor)")
        }
    }

    // MARK: Timers and later actions

    /// Runs `action` once, not before `milliseconds` have passed since this turn began.
    public func after(milliseconds: Int, _ action: @escaping () -> Void) -> TimerToken {
        timers.add(at: now.adding(milliseconds: milliseconds), action)
    }

    public func cancel(_ token: TimerToken) { timers.cancel(token) }

    /// Runs `action` at the end of this turn, or of the next when called from such an action.
    public func soon(_ action: @escaping () -> Void) { soonActions.append(action) }

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
            _ = mailbox.post { $0.complete(id, outcome) }
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
