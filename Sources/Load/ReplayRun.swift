import Glibc
public import Reactor
public import Replay
import Synchronization
import TLS

/// A whole run: a loop for each processor, and one place where they are told to stop and their counts come
/// together.
public final class ReplayRun: Sendable {
    /// What can be told while it runs.
    public struct Progress: Sendable {
        public var started = 0
        public var handshakes = 0
        public var responses = 0
        public var failed = 0
        public var differing = 0
        public var inFlight = 0
    }

    /// What a run came to.
    public struct Outcome: Sendable {
        public var tally: RunTally
        public var seconds: Double
        /// Of this process, user and system.
        public var cpuSeconds: Double
        /// Whether it was ended before its time.
        public var wasInterrupted: Bool
    }

    private struct State {
        var progress: [Progress]
        var tally = RunTally()
        var running: Int
        var wasInterrupted = false
        var lanes: [Mailbox] = []
    }

    private let plan: ReplayPlan
    private let score: Score
    private let shelf: CredentialShelf
    private let state: Mutex<State>

    public init(_ plan: ReplayPlan, _ score: Score, _ shelf: CredentialShelf) {
        self.plan = plan
        self.score = score
        self.shelf = shelf
        state = Mutex(
            State(progress: Array(repeating: Progress(), count: plan.loopCount), running: plan.loopCount))
    }

    /// Runs to the end, or until `loop` delivers an interrupt: the first one ends it with a report, as does
    /// the end of the trace.
    ///
    /// - Parameters:
    ///   - loop: This thread's, not running.
    ///   - progress: Called twice a second.
    public func run(
        on loop: EventLoop, progress: @escaping (Progress, _ seconds: Double) -> Void
    ) throws(ReplayFault) -> Outcome {
        // Made once here to report what is wrong with it; each loop makes its own.
        _ = try ReplayStage(plan, score, parts: [], shelf, loopIndex: 0)
        let began = Clock.monotonic()
        let cpuBefore = Self.cpuSeconds()
        // Time enough for every lane to stand ready.
        let start = began.adding(milliseconds: 50)
        var threads: [LoopThread] = []
        let home = loop.mailbox
        do throws(SystemFault) {
            // Before any thread starts: threads inherit that signals are held back.
            let watcher = try SignalWatcher(
                loop, signals: [SignalWatcher.interrupt, SignalWatcher.terminate]
            ) { [self] _ in interrupt() }
            for index in 0..<plan.loopCount {
                threads.append(
                    try LoopThread.start(name: "replay-\(index)", index: index) { [self] loop in
                        play(on: loop, index, at: start, home)
                    })
                state.withLock { [mailbox = threads[index].mailbox] in $0.lanes.append(mailbox) }
            }
            func tell() {
                let parts = state.withLock { $0.progress }
                progress(
                    parts.reduce(into: Progress()) { $0.add($1) },
                    Double(Clock.monotonic().microseconds(since: start)) / 1e6)
                _ = loop.after(milliseconds: Self.progressMilliseconds, tell)
            }
            tell()
            withExtendedLifetime(watcher) { loop.run() }
        } catch {
            for thread in threads { thread.stop() }
            throw ReplayFault("\(error)")
        }
        let end = Clock.monotonic()
        for thread in threads { thread.stop() }
        for thread in threads { thread.join() }
        return state.withLock { state in
            Outcome(
                tally: state.tally, seconds: Double(end.microseconds(since: start)) / 1e6,
                cpuSeconds: Self.cpuSeconds() - cpuBefore, wasInterrupted: state.wasInterrupted)
        }
    }

    /// Every lane gives up what is under way, and hands in its counts.
    public func interrupt() {
        let lanes = state.withLock { state in
            state.wasInterrupted = true
            return state.lanes
        }
        for lane in lanes { _ = lane.post { ($0.context as? ReplayLane)?.end(isAtOnce: true) } }
    }

    private func play(on loop: EventLoop, _ index: Int, at start: MonotonicTime, _ home: Mailbox) {
        do {
            let parts = Self.parts(of: score, loop: index, of: plan.loopCount)
            let stage = try ReplayStage(plan, score, parts: parts, shelf, loopIndex: index)
            let lane = try ReplayLane(on: loop, plan, score, stage, parts: parts)
            loop.context = lane
            lane.onEnd = { [self] tally in
                note(lane, index)
                ended(tally, home)
            }
            func tell() {
                note(lane, index)
                _ = loop.after(milliseconds: Self.progressMilliseconds / 2, tell)
            }
            tell()
            lane.begin(at: start)
        } catch {
            var tally = RunTally()
            tally.fail("client.setUp", example: "\(error)")
            ended(tally, home)
        }
    }

    /// Those of a score's parts that one of so many loops plays. Sessions stay with the loop that got them: a
    /// customer's connections are all played by one, and those of clients without a certificate in turns,
    /// each that takes up a session where the full handshake before it was.
    static func parts(of score: Score, loop index: Int, of loopCount: Int) -> [Int32] {
        var parts: [Int32] = []
        var turn = 0
        var latest = [Int](repeating: 0, count: score.profiles.count)
        for (place, part) in score.parts.enumerated() {
            let owner: Int
            if let credential = part.credential {
                owner = Int(credential) % loopCount
            } else {
                if !part.resumes {
                    latest[Int(part.profile)] = turn
                    turn = (turn + 1) % loopCount
                }
                owner = latest[Int(part.profile)]
            }
            if owner == index { parts.append(Int32(place)) }
        }
        return parts
    }

    private func note(_ lane: ReplayLane, _ index: Int) {
        let tally = lane.tally
        let progress = Progress(
            started: tally.started, handshakes: tally.handshakes, responses: tally.responses,
            failed: tally.failed, differing: tally.differing, inFlight: lane.inFlight)
        state.withLock { $0.progress[index] = progress }
    }

    private func ended(_ tally: RunTally, _ home: Mailbox) {
        let running = state.withLock { state in
            state.tally.add(tally)
            state.running -= 1
            return state.running
        }
        if running == 0 { home.requestStop() }
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    private static let progressMilliseconds = 500
}

extension ReplayRun.Progress {
    fileprivate mutating func add(_ other: Self) {
        started += other.started
        handshakes += other.handshakes
        responses += other.responses
        failed += other.failed
        differing += other.differing
        inFlight += other.inFlight
    }
}
