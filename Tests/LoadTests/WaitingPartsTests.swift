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

    private let a = place("a")
    private let b = place("b")

    /// Who goes on, one after the other.
    private func ready(_ waiting: inout WaitingParts) -> [Int32] {
        var parts: [Int32] = []
        while let part = waiting.popReady() { parts.append(part) }
        return parts
    }

    @Test func `nobody waits where nothing is under way that could bring a session`() {
        var waiting = WaitingParts()
        let inVain = waiting.add(1, at: a)
        waiting.begun(at: b)
        let elsewhere = waiting.add(1, at: a)
        let inTurn = waiting.add(2, at: b)
        #expect(!inVain && !elsewhere && inTurn)
        #expect(!waiting.isEmpty && !waiting.hasReady)
    }

    @Test func `each session lets one go on, first come first served, and of nobody else`() {
        var waiting = WaitingParts()
        waiting.begun(at: a)
        waiting.begun(at: b)
        for part in 1...3 { _ = waiting.add(Int32(part), at: a) }
        waiting.release(at: b)
        #expect(!waiting.hasReady)
        waiting.release(at: a)
        let first = ready(&waiting)
        #expect(first == [1])
        // The first connection ends: the one that was let go on is under way, and brings the next session.
        waiting.ended(at: a)
        #expect(!waiting.hasReady)
        for part in 2...3 {
            waiting.ended(at: a)
            let gone = ready(&waiting)
            #expect(gone == [Int32(part)])
        }
        waiting.ended(at: a)
        let late = waiting.add(4, at: a)
        #expect(!late && waiting.isEmpty)
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
