import Reactor
import TLS
import TestPKI
import Testing
import Traces

@testable import Load
@testable import Replay

/// Sessions and pauses of a run, against a server that lets sessions be taken up.
@Suite(.serialized) struct ReplaySessionTests {
    private static let name = "www.bank.example"
    private let root = TestAuthority(name: "Root")

    init() { Signals.ignoreBrokenPipe() }

    private func line(_ offset: Int, _ change: (inout TraceLine) -> Void = { _ in }) -> TraceLine {
        var line = TraceLine(
            offsetMicroseconds: offset, host: Self.name, handshake: .full, version: "1.3", requestCount: 1)
        change(&line)
        return line
    }

    private func play(
        _ lines: [TraceLine], sessionSeconds: Int = 300, keepAliveSeconds: Int = 30,
        manner: RepeatingTarget.Manner = .answers,
        _ change: (inout ReplayPlan) -> Void
    ) throws -> ReplayRun.Outcome {
        let made = root.issueServer(names: [Self.name])
        let host = ServerHost(
            names: [Self.name], chainPEM: made.pem, keyPEM: made.keyPEM, clientCertificate: .none,
            isStrictest: true)
        let target = try RepeatingTarget(
            host, sessionSeconds: sessionSeconds, keepAliveSeconds: keepAliveSeconds, manner: manner)
        defer { target.stop() }
        var plan = ReplayPlan(endpoint: .tcp(address: "127.0.0.1", port: target.port), anchors: root.pem)
        plan.patienceSeconds = 5
        change(&plan)
        var score = Score()
        for (index, line) in lines.enumerated() { score.add(line, index + 1) }
        score.finish()
        return try ReplayRun(plan, score, CredentialShelf(emptyFor: score)).run(on: EventLoop()) { _, _ in }
    }

    // MARK: Sessions

    @Test(arguments: ["1.2", "1.3"])
    func `at full speed a connection waits for the session that it is to take up`(version: String) throws {
        let lines = (0..<60).map { number in
            line(number * 1_000_000) { line in
                line.version = version
                line.handshake = number == 0 ? .full : .resumed
                line.requestCount = 2
            }
        }
        let tally = try play(lines) { plan in
            plan.pace = .unpaced
            plan.connectionsMax = 16
        }.tally
        #expect(tally.failures.isEmpty, "\(tally.failures)")
        #expect(tally.full.count == 1 && tally.resumed.count == 59)
        #expect(tally.sessionsAbsent == 0 && tally.sessionsDeclined == 0)
    }

    @Test func `when too many wait for sessions, nobody goes on without one instead`() throws {
        let lines = (0..<1500).map { number in line(number) { $0.handshake = number == 0 ? .full : .resumed }
        }
        let tally = try play(lines) { $0.pace = .unpaced }.tally
        #expect(tally.full.count == 1 && tally.resumed.count == 1499, "\(tally.sessionsAbsent)")
    }

    @Test func `where no session can come nobody waits for one, and those without are counted`() throws {
        let tally = try play((0..<5).map { number in line(number) { $0.handshake = .resumed } }) { plan in
            plan.pace = .unpaced
            plan.connectionsMax = 1
        }.tally
        #expect(tally.sessionsAbsent == 1 && tally.resumed.count == 4 && tally.started == 5)
        // Clients without a request get no ticket: each of the others waits in vain, and goes on.
        let mute = (0..<5).map { number in
            line(number) { line in
                line.handshake = number == 0 ? .full : .resumed
                line.requestCount = 0
            }
        }
        let without = try play(mute) { $0.pace = .unpaced }.tally
        #expect(without.sessionsAbsent == 4 && without.full.count == 5 && without.failures.isEmpty)
    }

    @Test func `a session that the target has forgotten is counted as declined`() throws {
        let lines = [line(0), line(4_000_000) { $0.handshake = .resumed }]
        let tally = try play(lines, sessionSeconds: 1) { _ in }.tally
        #expect(tally.full.count == 2 && tally.sessionsDeclined == 1 && tally.sessionsAbsent == 0)
        #expect(tally.failures.isEmpty)
    }

    @Test func `a session is there for the next connection before its own has ended`() throws {
        let lines = [
            line(0) { line in
                line.requestCount = 2
                line.lastedMicroseconds = 8_000_000
            }, line(2_500_000) { $0.handshake = .resumed },
        ]
        let tally = try play(lines) { _ in }.tally
        #expect(tally.resumed.count == 1 && tally.sessionsAbsent == 0)
    }

    @Test func `who shows no certificate finds its session, whichever loop it comes to`() throws {
        // Every second one is full: parts that were dealt out one by one would never meet.
        let lines = (0..<20).map { number in
            line(number) { $0.handshake = number % 2 == 0 ? .full : .resumed }
        }
        let tally = try play(lines) { plan in
            plan.loopCount = 2
            plan.pace = .unpaced
        }.tally
        #expect(tally.full.count == 10 && tally.resumed.count == 10, "\(tally.sessionsAbsent)")
    }

    @Test func `every part is played by one loop`() throws {
        var score = Score()
        for number in 0..<300 {
            score.add(
                line(number) { line in
                    line.handshake = number % 3 == 0 ? .full : .resumed
                    line.version = number % 5 == 0 ? "1.2" : "1.3"
                    guard number % 2 == 0 else { return }
                    line.chainCount = 1
                    line.customer = "customer \(number % 14)"
                }, number + 1)
        }
        score.finish()
        let dealt = (0..<3).map { ReplayRun.parts(of: score, loop: $0, of: 3) }
        #expect(dealt.flatMap { $0 }.sorted() == (0..<300).map { Int32($0) })
        #expect(dealt.allSatisfy { 50...150 ~= $0.count && $0 == $0.sorted() })
        for place in score.credentials.indices {
            let loops = dealt.count { loop in
                loop.contains { score.parts[Int($0)].credential == Int32(place) }
            }
            #expect(loops == 1)
        }
    }

    @Test func `with full handshakes asked for, no session is taken up and none is missed`() throws {
        let lines = (0..<9).map { number in line(number) { $0.handshake = number == 0 ? .full : .resumed } }
        let tally = try play(lines) { plan in
            plan.pace = .unpaced
            plan.neverResumes = true
        }.tally
        #expect(tally.full.count == 9 && tally.sessionsAbsent == 0)
    }

    // MARK: Answers that do not come

    @Test func `a target that never answers is a stall, and one that breaks off is named so`() throws {
        let lines = (0..<4).map { line($0) }
        let began = Clock.monotonic()
        let silent = try play(lines, manner: .isSilent) { $0.patienceSeconds = 1 }.tally
        #expect(silent.failures["stall.response"]?.count == 4, "\(silent.failures)")
        #expect(Clock.monotonic().microseconds(since: began) < 15_000_000)
        let rude = try play(lines, manner: .breaksOff) { _ in }.tally
        let broken = ["response.closed", "response.reset"].compactMap { rude.failures[$0]?.count }
        #expect(broken.reduce(0, +) == 4 && rude.failed == 4, "\(rude.failures)")
    }

    // MARK: Pauses

    /// One connection with three requests, as the trace has it over so many seconds, and how long it took.
    private func paused(
        over lastedSeconds: Int, requests: Int = 3, _ change: (inout ReplayPlan) -> Void = { _ in }
    ) throws -> (seconds: Double, tally: RunTally) {
        let whole = line(0) { line in
            line.requestCount = requests
            line.lastedMicroseconds = lastedSeconds * 1_000_000
        }
        let outcome = try play([whole], change)
        #expect(outcome.tally.failures.isEmpty && outcome.tally.responses == requests)
        return (outcome.seconds, outcome.tally)
    }

    @Test func `requests come as far apart as in the trace, at the speed of the run`() throws {
        // Two of three pauses: behind the last answer nobody is waited for when the run is over.
        let recorded = try paused(over: 6)
        #expect(recorded.seconds > 3.9)
        #expect(recorded.tally.later.max < 2_000_000, "a pause is no latency")
        let fourTimes = try paused(over: 6) { $0.pace = .recorded(speed: 4) }
        #expect(fourTimes.seconds > 0.95 && fourTimes.seconds < recorded.seconds)
    }

    @Test func `pauses are bounded, and only the recorded pace has any`() throws {
        for change: (inout ReplayPlan) -> Void in [
            { $0.pauseSecondsMax = 0 }, { $0.pace = .unpaced }, { $0.pace = .rate(100) },
        ] {
            #expect(try paused(over: 60, change).seconds < 15)
        }
        #expect(try paused(over: 60, requests: 1).seconds < 15)
        let bounded = try paused(over: 60) { $0.pauseSecondsMax = 1 }
        #expect(bounded.seconds > 1.9 && bounded.seconds < 15)
    }

    @Test func `a client stays as long as it did in the trace while others are still to come`() throws {
        let first = line(0) { $0.lastedMicroseconds = 1_500_000 }
        // Room for one: the second begins when the first has left.
        let outcome = try play([first, line(0)]) { $0.connectionsMax = 1 }
        #expect(outcome.seconds > 1.4 && outcome.tally.responses == 2, "\(outcome.seconds)")
    }

    @Test func `a target that ends a connection between two requests is named so`() throws {
        let slow = line(0) { line in
            line.requestCount = 2
            line.lastedMicroseconds = 6_000_000
        }
        let tally = try play([slow], keepAliveSeconds: 1) { _ in }.tally
        #expect(tally.failures["pause.closed"]?.count == 1, "\(tally.failures)")
        #expect(tally.responses == 1)
    }
}
