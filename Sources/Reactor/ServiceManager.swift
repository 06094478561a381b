import CLinux
import Glibc

/// The service manager that started this process, if it wants to hear from it: the protocol of sd_notify(3),
/// spoken without its library. What can't be said is not said: the manager's own time limits take care of it.
public struct ServiceManager: Sendable {
    private let address: SocketAddress?
    /// How often it wants to hear that this process lives, in milliseconds; nil when it does not.
    public let watchdogMilliseconds: Int?

    /// The one that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`).
    public static func ofProcess() -> ServiceManager {
        let value = { (name: String) in unsafe getenv(name).map { unsafe String(cString: $0) } }
        return ServiceManager(
            socket: value("NOTIFY_SOCKET"), watchdogMicroseconds: value("WATCHDOG_USEC"),
            watchdogProcess: value("WATCHDOG_PID"), processID: getpid())
    }

    init(socket: String?, watchdogMicroseconds: String?, watchdogProcess: String?, processID: Int32) {
        address = socket.flatMap(SocketAddress.init(notifying:))
        let isMeant = watchdogProcess == nil || watchdogProcess == "\(processID)"
        watchdogMilliseconds = watchdogMicroseconds.flatMap { Int($0) }
            .flatMap { isMeant && $0 > 0 ? max(1, $0 / 1000) : nil }
    }

    /// The service is up, or its reload is over.
    public func ready(_ status: String) { tell("READY=1\nSTATUS=\(Self.line(status))") }

    public func reloading() {
        // Tells the manager which reload the next READY belongs to.
        tell("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonic().nanoseconds / 1000)")
    }

    /// - Parameter seconds: Within which it will have ended.
    public func stopping(withinSeconds seconds: Int) {
        tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)")
    }

    /// This process lives.
    public func alive() { tell("WATCHDOG=1") }

    /// Another process is the service from now on.
    public func handOver(to processID: Int32) { tell("MAINPID=\(processID)") }

    private func tell(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { _ = CLinux.close(descriptor) }
        let bytes = Array(message.utf8)
        _ = unsafe address.withPointer { pointer, length in
            unsafe sendto(
                descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                pointer, length)
        }
    }

    /// Values end at the line's end.
    private static func line(_ text: String) -> String {
        String(text.prefix { $0 != "\n" && $0 != "\r\n" }.prefix(500))
    }
}

extension SocketAddress {
    /// As NOTIFY_SOCKET has it: a path, or `@` and an abstract name.
    init?(notifying text: String) {
        guard text.hasPrefix("@") else {
            guard text.hasPrefix("/") else { return nil }
            self.init(path: text)
            return
        }
        self.init(abstract: Array(text.utf8.dropFirst()))
    }
}
