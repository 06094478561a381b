public import Logs
public import Reactor
import Synchronization

/// What a daemon does when it is asked to. All of it may block, and runs on threads of its own.
public struct DaemonDuties: Sendable {
    /// SIGHUP: takes up what has changed. Returns why it did not, in words for the operator.
    public var reload: @Sendable () -> String?
    /// SIGUSR1: opens log files anew.
    public var reopenLogs: @Sendable () -> Void
    /// SIGTERM: lets running work finish, and returns. `gently`: as in `Serving/Server/drain`.
    public var stop: @Sendable (_ gently: Bool) -> Void
    /// How long that may take, in seconds.
    public var stopSecondsMax: @Sendable () -> Int
    /// Whether the program does its work.
    public var isAlive: @Sendable () -> Bool
    /// What listens, for a successor (SIGUSR2).
    public var sockets: @Sendable () -> [ListeningSocket]
    /// Something that operators should read in the log.
    public var note: @Sendable (DaemonEvent) -> Void

    /// What is left out is nothing to this daemon.
    public init(
        reload: @escaping @Sendable () -> String? = { nil },
        reopenLogs: @escaping @Sendable () -> Void = {}, stop: @escaping @Sendable (Bool) -> Void,
        stopSecondsMax: @escaping @Sendable () -> Int = { 60 },
        isAlive: @escaping @Sendable () -> Bool = { true },
        sockets: @escaping @Sendable () -> [ListeningSocket],
        note: @escaping @Sendable (DaemonEvent) -> Void = { _ in }
    ) {
        self.reload = reload
        self.reopenLogs = reopenLogs
        self.stop = stop
        self.stopSecondsMax = stopSecondsMax
        self.isAlive = isAlive
        self.sockets = sockets
        self.note = note
    }
}

public enum DaemonEvent: Sendable {
    case stopping
    /// Asked to end a second time: what runs is cut off.
    case cutShort
    /// A successor serves; this process drains.
    case replaced(by: Int32)
    /// A successor did not come up; this process goes on.
    case upgradeFailed(String)
    /// Sockets that came with the process and that nothing of the configuration names; they are closed.
    case socketsLeft([String])
}

extension DaemonEvent {
    /// - Parameter program: As its other records are named: `gateway`.
    public func record(of program: String) -> LogRecord {
        switch self {
        case .stopping: return LogRecord(.notice, "\(program).stopping")
        case .cutShort: return LogRecord(.warning, "\(program).cutShort")
        case .replaced(let processID):
            var record = LogRecord(.notice, "\(program).replaced")
            record.add("successor", Int(processID))
            return record
        case .upgradeFailed(let reason):
            var record = LogRecord(.error, "\(program).upgradeRefused")
            record.add("reason", reason)
            return record
        case .socketsLeft(let names):
            var record = LogRecord(.warning, "\(program).socketsLeft")
            record.add("sockets", names.joined(separator: ","))
            return record
        }
    }
}

/// What every daemon does with signals, and with the service manager that started it.
public enum Daemon {
    /// Signals that end a daemon.
    private static let ending = [SignalWatcher.terminate, SignalWatcher.interrupt]
    private static let all = ending + [SignalWatcher.hangup, SignalWatcher.user1, SignalWatcher.user2]

    /// To be called before any thread starts, since threads inherit the settings.
    /// - Returns: The sockets that the process was started with.
    public static func prepare() throws(CommandFault) -> InheritedSockets {
        Signals.ignoreBrokenPipe()
        Signals.block(all)
        System.raiseDescriptorLimit()
        do throws(SystemFault) {
            return try InheritedSockets(of: ProcessEnvironment())
        } catch {
            throw CommandFault("\(error)")
        }
    }

    /// Says that the program serves, and returns when it has been asked to end and has done so.
    public static func run(_ duties: DaemonDuties, inherited: InheritedSockets) throws(CommandFault) {
        do throws(SystemFault) {
            let loop = try EventLoop()
            let shift = DaemonShift(duties, on: loop)
            let watcher = try SignalWatcher(loop, signals: all) { shift.take($0) }
            let rest = inherited.closeRest()
            if !rest.isEmpty { duties.note(.socketsLeft(rest)) }
            shift.begin()
            inherited.tellPredecessor()
            withExtendedLifetime(watcher) { loop.run() }
        } catch {
            throw CommandFault("\(error)")
        }
    }
}

/// One run of a daemon: which signal means what, and when. Confined to its loop but for what it says.
private final class DaemonShift {
    private let duties: DaemonDuties
    private let loop: EventLoop
    private let manager = ServiceManager.ofProcess()
    /// Reloads and successors, one after the other.
    private let worker = BlockingPool(threadCount: 1, queueMax: 4)
    private let ender = BlockingPool(threadCount: 1, queueMax: 1)
    private let succession = Succession()
    private var isEnding = false
    private var endsAsked = 0

    init(_ duties: DaemonDuties, on loop: EventLoop) {
        self.duties = duties
        self.loop = loop
    }

    func begin() {
        manager.ready("serving")
        if let milliseconds = manager.watchdogMilliseconds { watch(every: max(1, milliseconds / 3)) }
    }

    func take(_ signal: Int32) {
        switch signal {
        case SignalWatcher.hangup: if !isEnding { reload() }
        case SignalWatcher.user1: duties.reopenLogs()
        case SignalWatcher.user2: if !isEnding { upgrade() }
        default: end()
        }
    }

    private func watch(every milliseconds: Int) {
        if duties.isAlive() { manager.alive() }
        _ = loop.after(milliseconds: milliseconds) { [self] in watch(every: milliseconds) }
    }

    /// A queue that is full holds a reload that has not begun, and so will read what there is now.
    private func reload() {
        _ = worker.submit { [duties, manager] in
            manager.reloading()
            let refusal = duties.reload()
            manager.ready(refusal.map { "serving; the last reload was refused: \($0)" } ?? "serving")
        }
    }

    private func end() {
        endsAsked += 1
        if endsAsked > 1 {
            duties.note(.cutShort)
            return loop.stop()
        }
        // A process that drains because another has taken its place ends soon anyhow.
        guard !isEnding else { return }
        isEnding = true
        succession.renounce()
        manager.stopping(withinSeconds: duties.stopSecondsMax())
        duties.note(.stopping)
        finish(gently: false)
    }

    private func finish(gently: Bool) {
        let mailbox = loop.mailbox
        _ = ender.submit { [duties] in
            duties.stop(gently)
            mailbox.requestStop()
        }
    }

    private func upgrade() {
        let mailbox = loop.mailbox
        loop.context = self
        _ = worker.submit { [duties, succession] in
            let sockets = duties.sockets()
            switch succession.raise(sockets) {
            case .success(let processID):
                _ = mailbox.post { ($0.context as? DaemonShift)?.retire(for: processID) }
            case .failure(let fault): duties.note(.upgradeFailed(fault.message))
            }
        }
    }

    private func retire(for processID: Int32) {
        // Asked to end in the meantime, and with it whoever was to follow.
        guard !isEnding else { return Successor.ask(processID) }
        isEnding = true
        manager.handOver(to: processID)
        duties.note(.replaced(by: processID))
        finish(gently: true)
    }
}

/// Raises successors, one at a time, until this process is asked to end.
private final class Succession: Sendable {
    private struct State {
        var raising: Successor?
        var isRenounced = false
    }

    private let state = Mutex(State())

    /// Starts the program that this one was started from, as it is now, and waits until it serves.
    func raise(_ sockets: [ListeningSocket]) -> Result<Int32, CommandFault> {
        let successor: Successor
        do throws(SystemFault) {
            let arguments = CommandLine.arguments
            successor = try Successor.start(arguments[0], Array(arguments.dropFirst()), sockets: sockets)
        } catch {
            return .failure(CommandFault("\(error)"))
        }
        state.withLock { state in
            state.raising = successor
            if state.isRenounced { successor.ask() }
        }
        let serves = successor.awaitReadiness(seconds: Self.secondsMax)
        let isWanted = state.withLock { state in
            state.raising = nil
            return !state.isRenounced
        }
        if serves, isWanted { return .success(successor.processID) }
        successor.end(withinSeconds: Self.endSeconds)
        return .failure(
            CommandFault(isWanted ? "the new process ended, or did not serve in time" : "asked to end"))
    }

    /// This process ends; so does whoever was to follow it.
    func renounce() {
        state.withLock { state in
            state.isRenounced = true
            state.raising?.ask()
        }
    }

    /// A large CRL is parsed, a database is waited for.
    private static let secondsMax = 120
    private static let endSeconds = 10
}
