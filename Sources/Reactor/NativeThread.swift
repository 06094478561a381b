import CLinux
import Synchronization

/// One operating-system thread. Joined once, or left to end by itself.
final class NativeThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// - Parameter isBackground: Whether it stands back while other threads want the processor: it then gets
    ///   about a third of what each of them does.
    init(
        name: String, isBackground: Bool = false, _ body: @escaping @Sendable () -> Void
    ) throws(SystemFault) {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(
            ThreadBody {
                // On Linux that is the calling thread alone.
                if isBackground { _ = nice(backgroundNiceness) }
                body()
            })
        let outcome = unsafe pthread_create(&thread, nil, runThreadBody, box.toOpaque())
        guard outcome == 0 else {
            unsafe box.release()
            throw SystemFault("start thread \(name)", number: outcome)
        }
        // The kernel keeps fifteen bytes of a name.
        unsafe _ = pthread_setname_np(thread, String(name.prefix(15)))
        self.thread = Mutex(thread)
    }

    deinit {
        if let thread = thread.withLock({ $0 }) { pthread_detach(thread) }
    }

    /// Returns when the body has returned; at once when it was joined before, or by itself.
    func join() {
        let thread = self.thread.withLock { held -> pthread_t? in
            guard let thread = held, pthread_equal(thread, pthread_self()) == 0 else { return nil }
            held = nil
            return thread
        }
        if let thread { _ = pthread_join(thread, nil) }
    }
}

private let backgroundNiceness: Int32 = 5

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// The body of every native thread: takes over the box that `init` retained.
private func runThreadBody(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let box = unsafe box else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run()
    return nil
}
