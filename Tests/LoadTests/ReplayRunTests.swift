import HTTP
import Reactor
import Serving
import Synchronization
import TLS
import TestPKI
import Testing
import Traces

@testable import Load
@testable import Replay

/// Scores played against good and bad targets, over real sockets.
@Suite(.serialized) struct ReplayRunTests {
    private static let name = "www.bank.example"
    private let root = TestAuthority(name: "Root")

    init() { Signals.ignoreBrokenPipe() }

    /// Says of everybody the same, in the field that a gateway says it in.
    private struct Oracle: WebApplication {
        let outcome: ReportedOutcome?
        var status = 200

        func answer(_ request: WebRequest) -> WebResponse {
            var response = WebResponse.text("hello", status: status)
            if let outcome { response.headers.set(ReportedOutcome.fieldName, outcome.fieldValue) }
            return response
        }
    }

    private func host() -> ServerHost {
        let made = root.issueServer(names: [Self.name])
        return ServerHost(
            names: [Self.name], chainPEM: made.pem, keyPEM: made.keyPEM, clientCertificate: .none,
            isStrictest: true)
    }

    /// Connections without certificates, `gap` apart.
    private func score(_ count: Int, gapMicroseconds: Int = 1000, requests: Int = 1) -> Score {
        var score = Score()
        for number in 0..<count {
            score.add(
                TraceLine(
                    offsetMicroseconds: number * gapMicroseconds, host: Self.name, handshake: .full,
                    version: "1.3", verdict: .absent, requestCount: requests), number + 1)
        }
        score.finish()
        return score
    }

    private func play(
        _ score: Score, port: UInt16, _ change: (inout ReplayPlan) -> Void = { _ in }
    ) throws -> ReplayRun.Outcome {
        var plan = ReplayPlan(endpoint: .tcp(address: "127.0.0.1", port: port), anchors: root.pem)
        plan.loopCount = 2
        plan.patienceSeconds = 1
        change(&plan)
        let shelf = CredentialShelf(emptyFor: score)
        return try ReplayRun(plan, score, shelf).run(on: EventLoop()) { _, _ in }
    }

    private func play(
        _ score: Score, _ oracle: Oracle, _ change: (inout ReplayPlan) -> Void = { _ in }
    ) throws -> RunTally {
        let server = try WebServer(oracle, on: [.tcp(address: "127.0.0.1", port: 0)], tls: [host()])
        defer { server.stop(drainSeconds: 0) }
        return try play(score, port: server.ports[0] ?? 0, change).tally
    }

    // MARK: Good targets

    @Test func `every connection is played once, with its requests, and its outcome matches`() throws {
        let tally = try play(score(200, requests: 3), Oracle(outcome: ReportedOutcome(verdict: .absent)))
        #expect(tally.failures.isEmpty, "\(tally.failures)")
        #expect(tally.started == 200 && tally.full.count == 200 && tally.responses == 600)
        #expect(tally.later.count == 400 && tally.full.response.count == 200)
        #expect(tally.outcomes == ["absent": RunTally.Outcomes(matched: 200)])
        #expect(tally.timeline.intervals.reduce(0) { $0 + $1.finished } == 200)
    }

    @Test func `an outcome that is another is counted, with an example`() throws {
        let tally = try play(
            score(5), Oracle(outcome: ReportedOutcome(verdict: .refused, reason: "expired")))
        #expect(tally.outcomes == ["absent": RunTally.Outcomes(differing: 5)])
        #expect(tally.examples.contains("line 1: expected absent, got refused: expired"))
    }

    @Test func `a target that does not say is told apart, and need not be asked`() throws {
        let silent = try play(score(5), Oracle(outcome: nil))
        #expect(silent.outcomes == ["absent": RunTally.Outcomes(unreported: 5)])
        let unasked = try play(score(5), Oracle(outcome: nil)) { $0.check = .none }
        #expect(unasked.outcomes.isEmpty && unasked.failures.isEmpty)
    }

    /// Lines of certificates that are shown to nobody here: what counts is what the target answers.
    private func expecting(_ verdict: TraceLine.Verdict, reason: String? = nil, count: Int = 5) -> Score {
        var score = Score()
        for number in 0..<count {
            score.add(
                TraceLine(
                    offsetMicroseconds: 0, host: Self.name, handshake: .full, version: "1.3",
                    verdict: verdict, reason: reason, requestCount: 2), number + 1)
        }
        score.finish()
        return score
    }

    @Test func `of a target that says no more it is asked who gets in`() throws {
        let trusted = expecting(.trusted)
        let refused = expecting(.refused, reason: "expired")
        func outcomes(_ score: Score, _ status: Int) throws -> RunTally {
            try play(score, Oracle(outcome: nil, status: status)) { $0.check = .admission }
        }
        for status in [200, 302] {
            #expect(try outcomes(trusted, status).outcomes["trusted"] == RunTally.Outcomes(matched: 5))
            let letIn = try outcomes(refused, status)
            #expect(letIn.outcomes["refused: expired"] == RunTally.Outcomes(differing: 5))
            #expect(
                letIn.examples.contains { $0.hasSuffix("refused: expired, but let in with status \(status)") }
            )
        }
        let keptOut = try outcomes(trusted, 403)
        #expect(keptOut.outcomes["trusted"] == RunTally.Outcomes(differing: 5))
        #expect(keptOut.examples.contains { $0.hasSuffix("trusted, but kept out with status 403") })
        #expect(
            try outcomes(refused, 403).outcomes["refused: expired"] == RunTally.Outcomes(matched: 5))
        let nobody = try outcomes(score(5), 200)
        #expect(nobody.outcomes.isEmpty && nobody.failures.isEmpty)
    }

    @Test func `a target that breaks off keeps out whom it refuses, and fails whom it should trust`() throws {
        func broken(_ score: Score) throws -> RunTally {
            try BadTarget.withListener { socket, port in
                try BadTarget.answering(socket, count: 5, with: nil) {
                    try play(score, port: port) { $0.check = .admission }.tally
                }
            }
        }
        let refused = try broken(expecting(.refused, reason: "expired"))
        // A reset may be seen before the connection is.
        let unseen = refused.failures["connect.reset"]?.count ?? 0
        #expect(refused.failed == unseen)
        #expect(refused.outcomes["refused: expired"]?.matched == 5 - unseen)
        let trusted = try broken(expecting(.trusted))
        #expect(trusted.failed == 5)
        #expect(trusted.outcomes["trusted"] == RunTally.Outcomes(unanswered: 5))
    }

    @Test func `a status of a broken server is a failure by its number`() throws {
        let tally = try play(score(5), Oracle(outcome: nil, status: 503)) { $0.check = .none }
        #expect(tally.failures["http.503"]?.count == 5 && tally.statuses == [503: 5])
    }

    @Test func `latency counts from the intended moment, though connections wait for room`() throws {
        // All are due at once, and one may be open at a time: the last waits for all before it.
        let tally = try play(
            score(100, gapMicroseconds: 0), Oracle(outcome: ReportedOutcome(verdict: .absent))
        ) { plan in
            plan.connectionsMax = 1
            plan.loopCount = 1
        }
        #expect(tally.failures.isEmpty)
        // Who waited longest waited for all others, and that is in the latency.
        #expect(tally.slip.max > tally.full.response.max / 2)
        #expect(tally.full.response.max > tally.slip.max && tally.slip.count == 100)
    }

    @Test func `a short trace is played again until its time is over, at the rate asked for`() throws {
        let oracle = Oracle(outcome: ReportedOutcome(verdict: .absent))
        let tally = try play(score(10), oracle) { plan in
            plan.durationSeconds = 1
            plan.pace = .rate(100)
        }
        #expect(99...102 ~= tally.started, "\(tally.started)")
        #expect(tally.failures.isEmpty)
    }

    // MARK: Bad targets

    @Test func `a target that refuses is counted as such`() throws {
        let port = try BadTarget.withListener { $1 }
        let tally = try play(score(5), port: port).tally
        #expect(tally.failures["connect.refused"]?.count == 5)
        #expect(tally.outcomes == ["absent": RunTally.Outcomes(unanswered: 5)])
    }

    @Test func `a target that says nothing is a stall, and the run ends by itself`() throws {
        let began = Clock.monotonic()
        let tally = try BadTarget.withListener { try play(score(5), port: $1).tally }
        #expect(tally.failures["stall.handshake"]?.count == 5)
        #expect(Clock.monotonic().microseconds(since: began) < 15_000_000)
    }

    @Test func `a target that breaks connections off is a reset`() throws {
        let tally = try BadTarget.withListener { socket, port in
            try BadTarget.answering(socket, count: 5, with: nil) { try play(score(5), port: port).tally }
        }
        let resets = ["connect.reset", "handshake.reset"].compactMap { tally.failures[$0]?.count }
        #expect(resets.reduce(0, +) == 5, "\(tally.failures)")
    }

    @Test func `a target that speaks plain HTTP is named so`() throws {
        let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        let tally = try BadTarget.withListener { socket, port in
            try BadTarget.answering(socket, count: 5, with: answer) { try play(score(5), port: port).tally }
        }
        #expect(tally.failures["handshake.plainHTTP"]?.count == 5, "\(tally.failures)")
    }

    @Test func `a target with the certificate of another is named so`() throws {
        let server = try WebServer(
            Oracle(outcome: nil), on: [.tcp(address: "127.0.0.1", port: 0)], tls: [host()])
        defer { server.stop(drainSeconds: 0) }
        let port = server.ports[0] ?? 0
        let stranger = try play(score(5), port: port) { $0.anchors = TestAuthority(name: "Other").pem }
        #expect(stranger.tally.failures["handshake.wrongCertificate"]?.count == 5)
        var renamed = Score(hosts: ["*": "other.example"])
        renamed.add(TraceLine(offsetMicroseconds: 0, host: Self.name, handshake: .full), 1)
        renamed.finish()
        // A server that knows no such name says so itself; nobody is taken for another.
        let other = try play(renamed, port: port).tally
        #expect(other.handshakes == 0 && other.failed == 1, "\(other.failures)")
    }

    @Test func `a target that speaks without being asked is named so`() throws {
        let target = try TalkingTarget(host())
        defer { target.stop() }
        var silent = Score()
        for number in 0..<3 {
            silent.add(
                TraceLine(
                    offsetMicroseconds: number, host: Self.name, handshake: .full, version: "1.3",
                    requestCount: 0, ending: "timeout.keepAlive"), number + 1)
        }
        silent.finish()
        let tally = try play(silent, port: target.port) { $0.patienceSeconds = 20 }.tally
        #expect(tally.failures["response.unasked"]?.count == 3, "\(tally.failures)")
    }

    @Test func `an interrupt ends a long run at once, with what it came to`() throws {
        let server = try WebServer(
            Oracle(outcome: ReportedOutcome(verdict: .absent)), on: [.tcp(address: "127.0.0.1", port: 0)],
            tls: [host()])
        defer { server.stop(drainSeconds: 0) }
        var plan = ReplayPlan(
            endpoint: .tcp(address: "127.0.0.1", port: server.ports[0] ?? 0), anchors: root.pem)
        plan.pace = .rate(50)
        plan.durationSeconds = 600
        let score = score(10)
        let loop = try EventLoop()
        let run = ReplayRun(plan, score, CredentialShelf(emptyFor: score))
        _ = loop.after(milliseconds: 500) { run.interrupt() }
        let outcome = try run.run(on: loop) { _, _ in }
        #expect(outcome.wasInterrupted && outcome.seconds < 30)
        #expect(outcome.tally.started > 5 && outcome.tally.started < 100)
        #expect(outcome.tally.failures.isEmpty)
    }
}
