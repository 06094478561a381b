import Testing
import Traces

@testable import Replay

struct ScoreTests {
    private func line(_ offset: Int, _ change: (inout TraceLine) -> Void = { _ in }) -> TraceLine {
        var line = TraceLine(
            offsetMicroseconds: offset, host: "cert.fb.example", handshake: .full, version: "1.3",
            chainCount: 2, key: "EC P-256", verdict: .trusted, customer: "a", requestCount: 1)
        change(&line)
        return line
    }

    private func score(_ lines: [TraceLine], hosts: [String: String] = [:]) -> Score {
        var score = Score(hosts: hosts)
        for (index, line) in lines.enumerated() { score.add(line, index + 2) }
        score.finish()
        return score
    }

    @Test func `connections are played in the order of time, the first one at once`() {
        let score = score([line(5000), line(3000), line(9000)])
        #expect(score.parts.map(\.offsetMicroseconds) == [0, 2000, 6000])
        #expect(score.parts.map(\.line) == [3, 2, 4])
        #expect(score.spanMicroseconds == 6000)
    }

    @Test func `one customer's good and expired certificates are two, and each is minted once`() {
        let expired = line(2) { line in
            line.verdict = .refused
            line.reason = "expired"
        }
        let score = score([line(1), expired, line(3)])
        #expect(score.credentials.map(\.defect) == [.sound, .expired])
        #expect(score.parts.map(\.credential) == [0, 1, 0])
        #expect(score.expectations.map(\.name) == ["trusted", "refused: expired"])
    }

    @Test func `what cannot be played is left out and counted by reason`() {
        let strange = line(1) { line in
            line.verdict = .refused
            line.reason = "malformed"
        }
        let score = score([strange, line(2) { $0.host = nil }, line(3) { $0.key = "DSA 1024" }, line(4)])
        #expect(score.parts.count == 1)
        #expect(score.leftOut.values.reduce(0, +) == 3 && score.leftOut["no host"] == 1)
    }

    @Test func `hosts are called otherwise at the target, one by one or all`() {
        #expect(score([line(1)], hosts: ["cert.fb.example": "a", "*": "b"]).profiles.map(\.host) == ["a"])
        #expect(score([line(1)], hosts: ["*": "b"]).profiles.map(\.host) == ["b"])
        #expect(score([line(1) { $0.host = nil }], hosts: ["*": "b"]).parts.count == 1)
    }

    @Test func `clients leave as they left`() {
        let endings = ["closed", "peer.truncated", "timeout.header", "socket.104"]
        let score = score(
            endings.enumerated().map { index, ending in line(index) { $0.ending = ending } }
                + [line(9) { $0.handshake = .failed }])
        #expect(score.parts.map(\.departure) == [.properly, .abruptly, .never, .abruptly, .early])
        #expect(score.parts.last?.credential == nil)
    }

    @Test func `a pace says when each connection is to begin`() {
        let score = score([line(0), line(1000), line(4000)])
        #expect(Pace.recorded(speed: 2).intendedMicroseconds(2, of: score, round: 0) == 2000)
        #expect(Pace.recorded(speed: 1).intendedMicroseconds(0, of: score, round: 1) == 5333)
        #expect(Pace.rate(100).intendedMicroseconds(2, of: score, round: 1) == 50_000)
        #expect(Pace.unpaced.intendedMicroseconds(1, of: score, round: 0) == nil)
    }

    @Test func `pauses are a connection's time, shared out over its requests, at the speed of the run`() {
        let long = line(0) { line in
            line.lastedMicroseconds = 9_000_000
            line.requestCount = 3
        }
        let part = score([long]).parts[0]
        #expect(Pace.recorded(speed: 1).pauseMilliseconds(part, requestCount: 3) == 3000)
        #expect(Pace.recorded(speed: 3).pauseMilliseconds(part, requestCount: 3) == 1000)
        #expect(Pace.recorded(speed: 1).pauseMilliseconds(part, requestCount: 0) == 9000)
        for pace in [Pace.rate(100), .unpaced] {
            #expect(pace.pauseMilliseconds(part, requestCount: 3) == 0)
        }
        let endless = line(0) { $0.lastedMicroseconds = .max }
        #expect(score([endless]).parts[0].lastedMilliseconds == .max)
    }

    @Test(arguments: ["127.0.0.1", "127.255.0.9", "::1"]) func `this machine may be loaded`(address: String) {
        #expect(TargetPermission().permits(address: address, port: 443))
    }

    @Test func `another machine may be loaded only when the list names it`() {
        let list = TargetPermission(list: "# ours\n10.0.0.7\n10.0.0.8:8443   # test\r\n[fd00::1]:443\n")
        #expect(list.permits(address: "10.0.0.7", port: 1) && list.permits(address: "10.0.0.8", port: 8443))
        #expect(list.permits(address: "fd00::1", port: 443))
        for (address, port) in [
            ("10.0.0.8", 443), ("10.0.0.70", 1), ("fd00::1", 444), ("127.0.0.1.5", 1), ("12.7.0.1", 1),
        ] {
            #expect(!list.permits(address: address, port: UInt16(port)), "\(address)")
            #expect(!TargetPermission().permits(address: address, port: UInt16(port)))
        }
    }

    @Test func `an outcome is right only if verdict, reason, certificate and customer are`() {
        let trusted = Score.Expectation(verdict: .trusted, reason: nil)
        func compare(_ reported: ReportedOutcome?) -> OutcomeCheck.Finding {
            OutcomeCheck.compare(trusted, customer: "a", certificate: "01", reported)
        }
        #expect(compare(ReportedOutcome(verdict: .trusted, customer: "a", certificate: "01")) == .matches)
        #expect(compare(ReportedOutcome(verdict: .trusted, certificate: "01")) == .matches)
        #expect(compare(nil) == .unreported)
        for wrong in [
            ReportedOutcome(verdict: .trusted, customer: "b", certificate: "01"),
            ReportedOutcome(verdict: .trusted, customer: "a", certificate: "02"),
            ReportedOutcome(verdict: .trusted, reason: "mapping.noRule", certificate: "01"),
            ReportedOutcome(verdict: .refused, reason: "expired", certificate: "01"),
            ReportedOutcome(verdict: .absent),
        ] {
            guard case .differs = compare(wrong) else {
                Issue.record("passed: \(wrong)")
                continue
            }
        }
    }
}
