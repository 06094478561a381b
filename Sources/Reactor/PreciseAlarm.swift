import CLinux
import Glibc

/// Wakes a loop at a moment, more precisely than the loop's own timers, which count milliseconds.
public final class PreciseAlarm: ReadinessHandler {
    private let descriptor: Descriptor
    private let loop: EventLoop
    private let action: () -> Void
    private var registration: Registration?

    /// Not armed. The loop keeps the alarm until the last reference but its own goes and `deinit`, or `close`
    /// of the loop, lets go of it.
    public init(on loop: EventLoop, _ action: @escaping () -> Void) throws(SystemFault) {
        self.loop = loop
        self.action = action
        descriptor = Descriptor(timerfd_create(Int32(CLOCK_MONOTONIC), Int32(TFD_CLOEXEC | TFD_NONBLOCK)))
        guard descriptor.isOpen else { throw SystemFault("make a timer") }
    }

    /// Calls the action once, at that moment or as soon as it is past; replaces what was set before.
    public func arm(at time: MonotonicTime) {
        if registration == nil { registration = try? loop.register(descriptor.number, .read, self) }
        // All zeros would disarm it.
        set(max(1, time.nanoseconds))
    }

    /// Lets the loop go of it.
    public func disarm() {
        set(0)
        if let registration { loop.deregister(registration) }
        registration = nil
    }

    private func set(_ nanoseconds: UInt64) {
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        unsafe _ = timerfd_settime(descriptor.number, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    public func ready(_ readiness: Readiness) {
        var count: UInt64 = 0
        guard unsafe read(descriptor.number, &count, MemoryLayout<UInt64>.size) > 0 else { return }
        action()
    }
}
