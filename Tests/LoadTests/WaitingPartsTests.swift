import Testing
import Traces

@testable import Load
@testable import Replay

/// Who waits for whose session.
struct WaitingPartsTests {
    private static func place(_ customer: String) -> ReplayStage.SessionPlace {
        var score = Score()
        for name in ["a", "b"] {
            score.add(
                TraceLine(
                    offsetMicroseconds: 0, host: "a.example", handshake: .full, chainCount: 1,
                    verdict: .trusted, customer: name), 1)
        }
        return ReplayStage.SessionPlace(score.parts[customer == "a" ? 0 : 1])
    }

    private let (a, b) = (place("a"), place("b"))

    @Test func `nobody waits where nothing is under way that could bring a session`() {
        var waiting = WaitingParts()
        #expect(!waiting.add(1, at: a))
        waiting.begun(at: b)
        #expect(!waiting.add(1, at: a) && waiting.add(2, at: b))
        #expect(!waiting.isEmpty && waiting.popReady() == nil)
    }

    @Test func `each session lets one go on, first come first served, and of nobody else`() {
        var waiting = WaitingParts()
        waiting.begun(at: a)
        waiting.begun(at: b)
        for part in 1...3 { #expect(waiting.add(Int32(part), at: a)) }
        waiting.release(at: b)
        #expect(!waiting.hasReady)
        waiting.release(at: a)
        #expect(waiting.popReady() == 1 && waiting.popReady() == nil)
        // The first connection ends: the one that was let go on is under way, and brings the next session.
        waiting.ended(at: a)
        #expect(waiting.popReady() == nil)
        waiting.ended(at: a)
        #expect(waiting.popReady() == 2)
        waiting.ended(at: a)
        #expect(waiting.popReady() == 3 && waiting.isEmpty)
        waiting.ended(at: a)
        #expect(!waiting.add(4, at: a))
    }

    @Test func `as many wait as there is room for`() {
        var waiting = WaitingParts()
        waiting.begun(at: a)
        for part in 0..<1023 { _ = waiting.add(Int32(part), at: a) }
        #expect(!waiting.isFull)
        _ = waiting.add(1023, at: a)
        #expect(waiting.isFull)
        waiting.release(at: a)
        #expect(!waiting.isFull)
    }
}
