import CLinux
import Glibc

/// The next process of this program, started to take over from this one: it gets the listening sockets, and
/// says when it serves.
public final class Successor: Sendable {
    public let processID: Int32
    private let readiness: Int32

    /// Starts `program` with the sockets. Everything else that is open here is closed there, but for the
    /// three standard descriptors.
    ///
    /// - Parameters:
    ///   - program: A path, or a name to be found on the PATH.
    ///   - arguments: Without the program's own name.
    public static func start(
        _ program: String, _ arguments: [String], sockets: [ListeningSocket]
    ) throws(SystemFault) -> Successor {
        let operation = "start \(program)"
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else { throw SystemFault(operation) }
        defer { _ = CLinux.close(ends[1]) }
        do {
            let descriptors = sockets.map(\.descriptor) + [ends[1]]
            let launch = try Launch(descriptors, operation)
            let places = (0..<sockets.count).map { ProcessEnvironment.first + Int32($0) }
            let lines = zip(places, sockets).map { "\($0) \($1.name)\n" }.joined()
            let processID = try launch.run(
                program, arguments,
                adding: [
                    "\(ProcessEnvironment.predecessor)=\(getpid())",
                    "\(ProcessEnvironment.sockets)=\(lines)",
                    "\(ProcessEnvironment.readiness)=\(ProcessEnvironment.first + Int32(sockets.count))",
                ], operation)
            return Successor(processID: processID, readiness: ends[0])
        } catch {
            _ = CLinux.close(ends[0])
            throw error
        }
    }

    private init(processID: Int32, readiness: Int32) {
        self.processID = processID
        self.readiness = readiness
    }

    deinit { _ = CLinux.close(readiness) }

    /// Waits until it says that it serves. False when it ends before, or takes longer.
    public func awaitReadiness(seconds: Int) -> Bool {
        let deadline = Clock.monotonic().adding(milliseconds: seconds * 1000)
        while true {
            let now = Clock.monotonic()
            guard now < deadline else { return false }
            var entry = pollfd(fd: readiness, events: Int16(POLLIN), revents: 0)
            let left = deadline.microseconds(since: now) / 1000 + 1
            guard unsafe poll(&entry, 1, Int32(clamping: left)) > 0 else { continue }
            var word: UInt8 = 0
            let count = unsafe CLinux.read(readiness, &word, 1)
            if count == 1 { return word == Self.readyWord }
            if count == 0 || (errno != EINTR && errno != EAGAIN) { return false }
        }
    }

    /// Asks it to end (SIGTERM).
    public func ask() { Self.ask(processID) }

    /// Asks one that has been started to end.
    public static func ask(_ processID: Int32) { _ = kill(processID, SIGTERM) }

    /// Ends it and waits until it is gone: it gets `seconds` to do so by itself.
    public func end(withinSeconds seconds: Int) {
        ask()
        let deadline = Clock.monotonic().adding(milliseconds: seconds * 1000)
        while waitpid(processID, nil, WNOHANG) == 0 {
            if Clock.monotonic() >= deadline { _ = kill(processID, SIGKILL) }
            usleep(10_000)
        }
    }

    static let readyWord: UInt8 = 0x52  // R
}

/// A process about to be started, with descriptors at the numbers from 3 on.
@safe private struct Launch: ~Copyable {
    private var actions = unsafe posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    /// Copies above all numbers that they go to, so that none is overwritten before it has been copied.
    private let copies: [Int32]

    init(_ descriptors: [Int32], _ operation: String) throws(SystemFault) {
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        let above = ProcessEnvironment.first + Int32(descriptors.count)
        var copies: [Int32] = []
        var fault: SystemFault?
        for descriptor in descriptors {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, above)
            if copy < 0 {
                fault = SystemFault(operation)
                break
            }
            copies.append(copy)
        }
        self.copies = copies
        for (index, copy) in copies.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(
                &actions, copy, ProcessEnvironment.first + Int32(index))
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, above)
        // Signals that are held back here are not held back there.
        var none = Signals.set([])
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        if let fault { throw fault }
    }

    deinit {
        var actions = unsafe self.actions
        var attributes = self.attributes
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        for copy in copies { _ = CLinux.close(copy) }
    }

    func run(
        _ program: String, _ arguments: [String], adding variables: [String], _ operation: String
    ) throws(SystemFault) -> Int32 {
        var actions = unsafe self.actions
        var attributes = self.attributes
        let words = CStrings([program] + arguments)
        let environment = CStrings(Self.inherited + variables)
        var processID: Int32 = 0
        let outcome = unsafe posix_spawnp(
            &processID, program, &actions, &attributes, words.pointers, environment.pointers)
        guard outcome == 0 else { throw SystemFault(operation, number: outcome) }
        return processID
    }

    /// This process's variables, without those that name this process.
    private static var inherited: [String] {
        var variables: [String] = []
        var next = unsafe environ
        while let text = unsafe next.pointee {
            let variable = unsafe String(cString: text)
            let name = String(variable.prefix { $0 != "=" })
            if !ProcessEnvironment.names.contains(name), name != "WATCHDOG_PID" { variables.append(variable) }
            unsafe next = next.advanced(by: 1)
        }
        return variables
    }
}

/// Strings as `execve` wants them.
@safe private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            unsafe (pointers + index).initialize(to: strdup(string))
        }
        unsafe (pointers + strings.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}
