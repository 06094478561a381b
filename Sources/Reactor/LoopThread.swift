import Synchronization

/// A thread that makes an event loop and runs it until the loop is stopped.
public final class LoopThread: Sendable {
    public let mailbox: Mailbox
    private let thread: NativeThread

    /// Makes the loop on a new thread, calls `setUp` there, then runs the loop. Returns once the loop is
    /// made.
    ///
    /// - Parameter isBackground: Whether it stands back while other threads want the processor.
    public static func start(
        name: String, index: Int = 0, isBackground: Bool = false,
        _ setUp: @escaping @Sendable (EventLoop) -> Void
    ) throws(SystemFault) -> LoopThread {
        let made = JobQueue(max: 1)
        let box = OutcomeBox()
        let thread = try NativeThread(name: name, isBackground: isBackground) {
            let loop: EventLoop
            do throws(SystemFault) {
                loop = try EventLoop(index: index)
            } catch {
                box.outcome.withLock { $0 = .failure(error) }
                return made.close()
            }
            box.outcome.withLock { $0 = .success(loop.mailbox) }
            made.close()
            setUp(loop)
            loop.run()
            loop.close()
        }
        _ = made.take()
        switch box.outcome.withLock({ $0 }) {
        case .success(let mailbox): return LoopThread(mailbox: mailbox, thread: thread)
        case .failure(let fault): throw fault
        case nil: throw SystemFault("start thread \(name)", number: 0)
        }
    }

    private init(mailbox: Mailbox, thread: NativeThread) {
        self.mailbox = mailbox
        self.thread = thread
    }

    /// Has the loop stop after its turn.
    public func stop() { mailbox.requestStop() }

    /// Waits until the loop has been stopped.
    public func join() { thread.join() }
}

private final class OutcomeBox: Sendable {
    let outcome = Mutex<Result<Mailbox, SystemFault>?>(nil)
}
