import Reactor
import Replay
import TLS

/// The part of a run that one loop plays: begins connections when they are due, whatever became of those
/// before, and counts what becomes of each.
///
/// Confined to the loop.
final class ReplayLane {
    let loop: EventLoop
    let plan: ReplayPlan
    let score: Score
    let stage: ReplayStage
    let buffer = SharedBuffer()
    let tlsBuffers = TLSBuffers()
    var tally = RunTally()
    /// Told once, when the last client has left.
    var onEnd: ((RunTally) -> Void)?

    /// Places in the score, in the order of time.
    private let parts: [Int32]
    private let connectionsMax: Int
    private var next = 0
    private var round = 0
    private var clients: [ObjectIdentifier: ReplayClient] = [:]
    private var start = MonotonicTime(nanoseconds: 0)
    private var alarm: PreciseAlarm?
    private(set) var isEnding = false
    private var isStarting = false
    private var waiting = WaitingParts()

    init(
        on loop: EventLoop, _ plan: ReplayPlan, _ score: Score, _ stage: ReplayStage, parts: [Int32]
    ) throws(SystemFault) {
        self.loop = loop
        self.plan = plan
        self.score = score
        self.stage = stage
        self.parts = parts
        connectionsMax = max(1, plan.connectionsMax / plan.loopCount)
        alarm = try PreciseAlarm(on: loop) { [weak self] in self?.startDue() }
    }

    /// - Parameter start: When the first connection of all lanes is due.
    func begin(at start: MonotonicTime) {
        self.start = start
        guard !parts.isEmpty else { return finish() }
        startDue()
    }

    /// Begins no more; with `isAtOnce`, those under way are given up too.
    func end(isAtOnce: Bool) {
        isEnding = true
        alarm?.disarm()
        for client in clients.values { if isAtOnce { client.giveUp() } else { client.letGo() } }
        if clients.isEmpty { finish() }
    }

    var inFlight: Int { clients.count }

    /// Since the beginning of the run.
    func microseconds(at time: MonotonicTime) -> Int { time.microseconds(since: start) }

    // MARK: Beginning

    private func startDue() {
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        var begun = 0
        while !isEnding, clients.count < connectionsMax {
            let now = Clock.monotonic()
            if plan.pace == .unpaced, isOver(now.microseconds(since: start)) { return end(isAtOnce: false) }
            // Those under way get their turn between; the alarm, or one that leaves, comes back here.
            guard begun < Self.startsPerTurn else {
                loop.soon { [weak self] in self?.startDue() }
                return
            }
            begun += 1
            if let place = waiting.popReady() {
                play(score.parts[Int(place)], intended: now, now: now, hasWaited: true)
                continue
            }
            // One of those under way will leave, and come back here.
            guard !waiting.isFull else { return }
            guard next < parts.count || startAgain() else {
                if waiting.isEmpty { end(isAtOnce: false) }
                return
            }
            let place = Int(parts[next])
            var intended = now
            if let microseconds = plan.pace.intendedMicroseconds(place, of: score, round: round) {
                if isOver(microseconds) { return end(isAtOnce: false) }
                intended = start.adding(microseconds: microseconds)
                if intended > now {
                    alarm?.arm(at: intended)
                    return
                }
            }
            next += 1
            if waitsForSession(parts[next - 1]) { continue }
            play(score.parts[place], intended: intended, now: now)
        }
    }

    /// At full speed a customer's connections, minutes apart in the trace, come all at once. Those that take
    /// up a session wait until the one before them has brought it.
    private func waitsForSession(_ place: Int32) -> Bool {
        let part = score.parts[Int(place)]
        guard plan.pace == .unpaced, part.resumes, !plan.neverResumes else { return false }
        let owner = ReplayStage.SessionPlace(part)
        return !stage.hasSession(at: owner) && waiting.add(place, at: owner)
    }

    /// A session has come.
    func keep(_ session: ClientSession, at place: ReplayStage.SessionPlace) {
        stage.keep(session, at: place)
        waiting.release(at: place)
        if waiting.hasReady, !isStarting { startDue() }
    }

    private func isOver(_ microseconds: Int) -> Bool {
        plan.durationSeconds.map { Double(microseconds) > $0 * 1e6 } ?? false
    }

    /// From the beginning of the trace again, when there is time left for it.
    private func startAgain() -> Bool {
        guard plan.durationSeconds != nil else { return false }
        round += 1
        next = 0
        return true
    }

    private func play(
        _ part: Score.Part, intended: MonotonicTime, now: MonotonicTime, hasWaited: Bool = false
    ) {
        if plan.pace == .unpaced, !hasWaited { waiting.begun(at: ReplayStage.SessionPlace(part)) }
        tally.started += 1
        tally.slip.add(microseconds: now.microseconds(since: intended))
        tally.timeline.note(at: microseconds(at: now)) { $0.started += 1 }
        var props: ReplayStage.Props?
        if let place = part.credential {
            guard let made = stage.props(place) else {
                waiting.ended(at: ReplayStage.SessionPlace(part))
                return tally.fail(
                    "credential.missing", example: "line \(part.line): no certificate was minted for it")
            }
            props = made
        }
        let client = ReplayClient(part, props, intended: intended, in: self)
        clients[ObjectIdentifier(client)] = client
        client.connect()
    }

    // MARK: Ending

    func left(_ client: ReplayClient) {
        clients[ObjectIdentifier(client)] = nil
        waiting.ended(at: client.place)
        if isEnding {
            if clients.isEmpty { finish() }
        } else if !isStarting {
            startDue()
        }
    }

    private func finish() {
        guard let onEnd else { return }
        self.onEnd = nil
        alarm?.disarm()
        alarm = nil
        onEnd(tally)
    }

    private static let startsPerTurn = 32
}
