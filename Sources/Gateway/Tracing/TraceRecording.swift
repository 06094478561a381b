import Identity
import Reactor
import Serving
import Synchronization
import Traces

/// A trace that is being written: loops leave what they have seen, a thread of its own makes lines of it.
final class TraceRecording: Sendable {
    struct Terms: Sendable {
        var path: String
        var bytesMax: Int
        var secondsMax: Int
        /// Whether clients on this machine are told what is thought of them.
        var tellsLoopback: Bool
    }

    /// Why it ended.
    enum End: String, Sendable { case stopped, size, time, fault }

    struct Status: Sendable {
        var connections = 0
        var bytes = 0
        /// Connections that came too thick and fast to be written down.
        var dropped = 0
        var end: End?
    }

    private struct State {
        var status = Status()
        var pseudonyms: TracePseudonyms?
        var file: FileWriting?
    }

    let terms: Terms
    let start: MonotonicTime
    private let rules: @Sendable () -> MappingRules
    /// One for each loop, so that a loop hardly ever waits for a lock.
    private let inboxes: [Inbox]
    private let state: Mutex<State>
    private let thread = Mutex<LoopThread?>(nil)

    private final class Inbox: Sendable {
        let waiting = Mutex<(sightings: [TraceSighting], dropped: Int)>(([], 0))
    }

    /// - Parameter rules: The mapping rules in force.
    init(
        _ terms: Terms, loopCount: Int, rules: @escaping @Sendable () -> MappingRules
    ) throws(SystemFault) {
        self.terms = terms
        self.rules = rules
        start = Clock.monotonic()
        inboxes = (0..<loopCount).map { _ in Inbox() }
        let file = try FileWriting(terms.path)
        try file.write(TraceLine.heading)
        state = Mutex(
            State(
                status: Status(bytes: TraceLine.heading.count), pseudonyms: TracePseudonyms(), file: file))
        let made = try LoopThread.start(name: "trace") { [weak self] loop in
            func tick() {
                self?.drain()
                _ = loop.after(milliseconds: Self.tickMilliseconds, tick)
            }
            tick()
        }
        thread.withLock { $0 = made }
    }

    var status: Status { state.withLock { $0.status } }
    var elapsedSeconds: Int { Clock.monotonic().microseconds(since: start) / 1_000_000 }

    /// Whether it is to have ended, even if nothing has come since that could have ended it.
    func isOver(at now: MonotonicTime) -> Bool {
        now.microseconds(since: start) >= terms.secondsMax * 1_000_000
    }

    /// Whether a client is to be told what is thought of it: on this machine alone, and while this lasts.
    ///
    /// - Parameter address: Numeric.
    func tells(_ address: String, at now: MonotonicTime) -> Bool {
        guard terms.tellsLoopback, !isOver(at: now) else { return false }
        return address == "::1" || address.hasPrefix("127.")
    }

    /// From a loop: as cheap as can be.
    func note(_ sighting: TraceSighting, loop: Int) {
        // One that was open before is half unknown.
        guard inboxes.indices.contains(loop), sighting.openedAt >= start else { return }
        inboxes[loop].waiting.withLock { waiting in
            if waiting.sightings.count < Self.waitingMax {
                waiting.sightings.append(sighting)
            } else {
                waiting.dropped += 1
            }
        }
    }

    /// Writes what there is, and puts the file in its place. Does nothing the second time.
    func end(_ end: End) {
        let thread = thread.withLock { $0.take() }
        thread?.stop()
        thread?.join()
        drain()
        state.withLock { Self.finish(&$0, end) }
    }

    private func drain() {
        let rules = self.rules()
        for inbox in inboxes {
            var taken: [TraceSighting] = []
            let dropped = inbox.waiting.withLock { waiting in
                swap(&taken, &waiting.sightings)
                defer { waiting.dropped = 0 }
                return waiting.dropped
            }
            state.withLock { state in
                state.status.dropped += dropped
                write(taken, rules, &state)
            }
        }
        if isOver(at: Clock.monotonic()) { state.withLock { Self.finish(&$0, .time) } }
    }

    private func write(_ sightings: [TraceSighting], _ rules: MappingRules, _ state: inout State) {
        guard let file = state.file, !sightings.isEmpty else { return }
        var bytes: [UInt8] = []
        var isFull = false
        for sighting in sightings {
            guard let line = state.pseudonyms?.line(sighting, since: start.nanoseconds, rules).json else {
                return
            }
            guard state.status.bytes + bytes.count + line.count <= terms.bytesMax else {
                isFull = true
                break
            }
            bytes += line
            state.status.connections += 1
        }
        do throws(SystemFault) {
            try file.write(bytes)
            state.status.bytes += bytes.count
            if isFull { Self.finish(&state, .size) }
        } catch {
            Self.finish(&state, .fault)
        }
    }

    /// The key of the pseudonyms goes here.
    private static func finish(_ state: inout State, _ end: End) {
        guard let file = state.file else { return }
        state.file = nil
        state.pseudonyms = nil
        state.status.end = end
        do throws(SystemFault) { try file.finish() } catch { state.status.end = .fault }
    }

    private static let tickMilliseconds = 100
    /// A loop does a tenth of that between two ticks.
    private static let waitingMax = 8192
}
