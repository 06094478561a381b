import HTTP
import Reactor
import Replay
import TLS
import Traces

/// One connection of a run, from its beginning to its end.
///
/// Confined to the loop; the lane holds it while it lives.
final class ReplayClient: ReadinessHandler {
    private enum Phase: String {
        case connect, handshake, response
        /// Until the next request, or until it leaves, as the trace has it.
        case pause
        /// Until the target ends it.
        case silent
        case over
    }

    private let part: Score.Part
    private let props: ReplayStage.Props?
    private let intended: MonotonicTime
    private unowned let lane: ReplayLane
    private let costume: ReplayStage.Costume
    /// Of the sessions that this connection may bring.
    let place: ReplayStage.SessionPlace
    private var phase = Phase.connect
    private var descriptor: Int32 = -1
    private var registration: Registration?
    private var timer: TimerToken?
    private var tls: TLSConnection?
    private var response = ReplayResponse()
    private var requestsSent = 0
    private let requestsWanted: Int
    private let pauseMilliseconds: Int
    private var begunAt = MonotonicTime(nanoseconds: 0)
    private var sentAt = MonotonicTime(nanoseconds: 0)
    private var offersSession = false
    private var keptSession: ClientSession?
    private var hasReported = false

    init(
        _ part: Score.Part, _ props: ReplayStage.Props?, intended: MonotonicTime, in lane: ReplayLane
    ) {
        self.part = part
        self.props = props
        self.intended = intended
        self.lane = lane
        costume = lane.stage.costumes[Int(part.profile)]
        place = ReplayStage.SessionPlace(part)
        requestsWanted = lane.plan.requestCount ?? Int(part.requestCount)
        // How long the trace's client was silent at the end is the target's to say then.
        let pause =
            part.departure == .never
            ? 0 : lane.plan.pace.pauseMilliseconds(part, requestCount: requestsWanted)
        pauseMilliseconds = min(pause, lane.plan.pauseSecondsMax * 1000)
    }

    // MARK: Beginning

    func connect() {
        begunAt = Clock.monotonic()
        do throws(SystemFault) {
            descriptor = try Sockets.connect(lane.plan.endpoint)
            Sockets.setNoDelay(descriptor)
            registration = try lane.loop.register(descriptor, .write, self)
        } catch {
            return fail(FailureName.of(error, in: .connect), "\(error)")
        }
        var session: ClientSession?
        if part.resumes, !lane.plan.neverResumes { session = lane.stage.session(at: place) }
        offersSession = session != nil
        do throws(TLSFault) {
            tls = try TLSConnection(
                connecting: costume.context, socket: descriptor, serverName: costume.host, resuming: session,
                showing: props?.credential, buffers: lane.tlsBuffers)
        } catch {
            return fail("client.\(error.code)", error.reason)
        }
        giveTime()
    }

    func ready(_ readiness: Readiness) {
        guard let tls else { return }
        if phase == .connect {
            if let fault = Sockets.connectOutcome(descriptor) {
                return fail(FailureName.of(fault, in: .connect), "\(fault)")
            }
            phase = .handshake
        }
        if phase == .handshake { shakeHands(tls) }
        if phase == .response || phase == .pause || phase == .silent { receive(tls) }
    }

    private func shakeHands(_ tls: TLSConnection) {
        switch tls.handshake() {
        case .done: greeted(tls)
        case .wantRead:
            if part.departure == .early {
                lane.tally.abandoned += 1
                return leave(properly: false)
            }
            waitFor(.read)
        case .wantWrite: waitFor(.write)
        case .failed(let fault): fail(fault, in: .handshake)
        }
    }

    private func greeted(_ tls: TLSConnection) {
        let now = Clock.monotonic()
        let isResumed = tls.isResumed
        note(isResumed) { phase in
            phase.count += 1
            phase.handshake.add(microseconds: now.microseconds(since: intended))
        }
        if part.resumes, !isResumed, !lane.plan.neverResumes {
            if offersSession { lane.tally.sessionsDeclined += 1 } else { lane.tally.sessionsAbsent += 1 }
        }
        keepSession(of: tls)
        // Interest goes to reading once and stays there.
        waitFor(.read)
        if requestsWanted > 0 { send(tls, at: now) } else { askedEverything(tls, at: now) }
    }

    private func note(_ isResumed: Bool, _ change: (inout RunTally.Phase) -> Void) {
        if isResumed { change(&lane.tally.resumed) } else { change(&lane.tally.full) }
    }

    // MARK: Requests

    private func send(_ tls: TLSConnection, at now: MonotonicTime) {
        requestsSent += 1
        sentAt = now
        phase = .response
        response = ReplayResponse()
        giveTime()
        // A request is small and the socket empty: it goes out whole or something is wrong.
        let transfer = unsafe costume.request.withUnsafeBytes { unsafe tls.write($0) }
        switch transfer {
        case .bytes(costume.request.count): break
        case .failed(let fault): fail(fault, in: .response)
        default: fail("request.stuck", "the request could not be sent whole")
        }
    }

    private func receive(_ tls: TLSConnection) {
        while phase == .response || phase == .pause || phase == .silent {
            switch lane.buffer.read(from: tls) {
            case .bytes(let count):
                guard phase == .response else { return fail("response.unasked", "the server spoke unasked") }
                keepSession(of: tls)
                lane.tally.bodyBytes += count
                switch lane.buffer.withBytes(count, { response.take($0) }) {
                case .incomplete: continue
                case .malformed(let reason): return fail("response.malformed", reason)
                case .complete: answered(tls)
                }
            // A ticket may have come, even if nothing else has.
            case .wantRead: return keepSession(of: tls)
            case .wantWrite: return waitFor(.write)
            case .closed: return ended(tls)
            case .failed(let fault):
                if hasAskedEverything { return leave(properly: false) }
                return fail(fault, in: phase == .pause ? .pause : .response)
            }
        }
    }

    /// The target has ended the connection.
    private func ended(_ tls: TLSConnection) {
        if hasAskedEverything { return leave(properly: true) }
        guard phase == .response, response.inputClosed() else {
            return fail(
                "closed", in: phase == .pause ? .pause : .response, "the target ended the connection early")
        }
        answered(tls)
        if phase != .over { leave(properly: true) }
    }

    private var hasAskedEverything: Bool {
        phase == .silent || phase == .pause && requestsSent >= requestsWanted
    }

    /// As soon as it is there, so that the customer's next connection can take it up.
    private func keepSession(of tls: TLSConnection) {
        guard let session = tls.clientSession, session !== keptSession else { return }
        keptSession = session
        lane.keep(session, at: place)
    }

    private func answered(_ tls: TLSConnection) {
        let now = Clock.monotonic()
        let moment = lane.microseconds(at: now)
        lane.tally.responses += 1
        lane.tally.statuses[response.status, default: 0] += 1
        if requestsSent == 1 {
            let waited = now.microseconds(since: intended)
            note(tls.isResumed) { $0.response.add(microseconds: waited) }
            lane.tally.timeline.note(at: moment) { interval in
                interval.finished += 1
                interval.latency.add(microseconds: waited)
            }
        } else {
            lane.tally.later.add(microseconds: now.microseconds(since: sentAt))
        }
        if response.status >= 500 {
            return fail("http.\(response.status)", "line \(part.line): status \(response.status)")
        }
        check()
        if requestsSent >= requestsWanted || !response.keepsAlive {
            askedEverything(tls, at: now)
        } else if !pauses(until: requestsSent, at: now) {
            send(tls, at: now)
        }
    }

    /// Whether there is time left before the n-th moment of this connection. What comes then, comes then.
    private func pauses(until number: Int, at now: MonotonicTime) -> Bool {
        let left = number * pauseMilliseconds - now.microseconds(since: begunAt) / 1000
        guard left > 0 else { return false }
        phase = .pause
        giveTime(min(left, pauseMilliseconds))
        return true
    }

    private func askedEverything(_ tls: TLSConnection, at now: MonotonicTime) {
        if requestsWanted == 0 {
            lane.tally.timeline.note(at: lane.microseconds(at: now)) { $0.finished += 1 }
        }
        guard part.departure == .never else {
            // A target that takes no more requests keeps nobody waiting.
            let staysOn = requestsSent >= requestsWanted && (requestsSent == 0 || response.keepsAlive)
            if staysOn, !lane.isEnding, pauses(until: max(1, requestsWanted), at: now) { return }
            return leave(properly: part.departure == .properly)
        }
        phase = .silent
        giveTime()
    }

    /// The run is over but for those who still have something to ask.
    func letGo() {
        if phase == .pause, hasAskedEverything { leave(properly: part.departure == .properly) }
    }

    // MARK: Outcomes

    /// What the target made of this client, as the first response tells it.
    private func check() {
        guard !hasReported, let place = part.expectation else { return }
        let expected = lane.score.expectations[Int(place)]
        switch lane.plan.check {
        case .none: break
        case .admission:
            guard let finding = OutcomeCheck.admission(expected, status: response.status) else { return }
            report(finding, expected)
        case .outcomes:
            let customer = part.credential.map { lane.score.credentials[Int($0)].customer }
            let finding = OutcomeCheck.compare(
                expected, customer: customer, certificate: props?.fingerprint, response.outcome)
            report(finding, expected)
        }
    }

    private func report(_ finding: OutcomeCheck.Finding, _ expected: Score.Expectation) {
        hasReported = true
        if case .differs(let how) = finding { lane.tally.addExample("line \(part.line): \(how)") }
        lane.tally.note(outcome: expected.name) { outcomes in
            switch finding {
            case .matches: outcomes.matched += 1
            case .differs: outcomes.differing += 1
            case .unreported: outcomes.unreported += 1
            }
        }
    }

    // MARK: Ending

    /// The run is over for this one; it counts as nothing.
    func giveUp() { leave(properly: false, isCounted: false) }

    private func fail(_ fault: TLSFault, in stage: FailureName.Stage) {
        fail(FailureName.what(fault), in: stage, fault.reason)
    }

    private func fail(_ what: String, in stage: FailureName.Stage, _ why: String) {
        guard let expected = expectationMet(by: what) else { return fail("\(stage.rawValue).\(what)", why) }
        report(.matches, expected)
        lane.tally.timeline.note(at: lane.microseconds(at: Clock.monotonic())) { $0.finished += 1 }
        leave(properly: false)
    }

    /// Many servers break off with those whom they do not let in, and not all wait for their alert to arrive.
    private func expectationMet(by what: String) -> Score.Expectation? {
        guard lane.plan.check == .admission, !hasReported, let place = part.expectation,
            what == "reset" || what == "closed" || what.hasPrefix("alert(")
        else { return nil }
        let expected = lane.score.expectations[Int(place)]
        return expected.verdict == .refused ? expected : nil
    }

    private func fail(_ name: String, _ why: String) {
        guard phase != .over else { return }
        lane.tally.fail(name, example: "line \(part.line): \(why)")
        lane.tally.timeline.note(at: lane.microseconds(at: Clock.monotonic())) { $0.failed += 1 }
        leave(properly: false)
    }

    private func leave(properly: Bool, isCounted: Bool = true) {
        guard phase != .over else { return }
        phase = .over
        if let timer { lane.loop.cancel(timer) }
        timer = nil
        if let tls {
            keepSession(of: tls)
            if properly { _ = tls.sendCloseNotify() }
        }
        if let registration { lane.loop.deregister(registration) }
        registration = nil
        tls = nil
        if descriptor >= 0 { Sockets.close(descriptor) }
        descriptor = -1
        if isCounted { countUnanswered() }
        lane.left(self)
    }

    private func countUnanswered() {
        guard lane.plan.check != .none, !hasReported, let place = part.expectation else { return }
        let expected = lane.score.expectations[Int(place)]
        // Of those there is nothing to be told.
        if lane.plan.check == .admission, expected.verdict == .absent { return }
        lane.tally.note(outcome: expected.name) { $0.unanswered += 1 }
    }

    // MARK: Readiness and time

    private func giveTime(_ milliseconds: Int? = nil) {
        let milliseconds = milliseconds ?? lane.plan.patienceSeconds * 1000
        if let timer, lane.loop.rearm(timer, milliseconds: milliseconds) { return }
        timer = lane.loop.after(milliseconds: milliseconds) { [weak self] in self?.timeOut() }
    }

    private func timeOut() {
        timer = nil
        if phase == .silent { return leave(properly: false) }
        if phase == .pause, let tls {
            if hasAskedEverything { return leave(properly: part.departure == .properly) }
            return send(tls, at: Clock.monotonic())
        }
        fail("stall.\(phase.rawValue)", "nothing for \(lane.plan.patienceSeconds) s")
    }

    private func waitFor(_ interest: Interest) {
        if let registration { lane.loop.update(registration, interest) }
    }
}
