import CLinux
import Glibc

/// Process-wide signal settings; to be made before any thread starts, since threads inherit them.
public enum Signals {
    /// A peer that is gone shows in the write's result, not as a signal that ends the process.
    public static func ignoreBrokenPipe() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Keeps the signals for a `SignalWatcher`.
    public static func block(_ numbers: [Int32]) {
        var set = Signals.set(numbers)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    static func set(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        return set
    }
}

/// Delivers signals to a loop, as events. They must be blocked in every thread.
public final class SignalWatcher: ReadinessHandler {
    private let descriptor: Descriptor
    private let handler: (Int32) -> Void

    /// Holds the signals back in this thread, and from now on calls `handler` with each that arrives. The
    /// loop keeps the watcher until it closes.
    public init(
        _ loop: EventLoop, signals numbers: [Int32], handler: @escaping (Int32) -> Void
    ) throws(SystemFault) {
        Signals.block(numbers)
        self.handler = handler
        var set = Signals.set(numbers)
        descriptor = Descriptor(
            unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)))
        guard descriptor.isOpen else { throw SystemFault("watch signals") }
        _ = try loop.register(descriptor.number, .read, self)
    }

    public func ready(_ readiness: Readiness) {
        var info = signalfd_siginfo()
        while unsafe read(descriptor.number, &info, MemoryLayout<signalfd_siginfo>.size) > 0 {
            handler(Int32(bitPattern: info.ssi_signo))
        }
    }

    public static let terminate: Int32 = SIGTERM
    public static let interrupt: Int32 = SIGINT
    public static let hangup: Int32 = SIGHUP
    public static let user1: Int32 = SIGUSR1
    public static let user2: Int32 = SIGUSR2
}
