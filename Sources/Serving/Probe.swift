import Reactor
import Synchronization

/// Asks something that may block, such as whether a store answers: one at a time and once in a while, however
/// many want to know.
public final class Probe: Sendable {
    private struct State {
        var holds = false
        var answeredAt: MonotonicTime?
        var isAsking = false
    }

    private let state = Mutex(State())
    private let freshMilliseconds: Int
    private let staleMilliseconds: Int
    private let ask: @Sendable () -> Bool

    /// - Parameters:
    ///   - freshMilliseconds: For so long an answer is good.
    ///   - staleMilliseconds: For so long it is good while the next is awaited; then it counts as no.
    public init(
        freshMilliseconds: Int = 1000, staleMilliseconds: Int = 3000, _ ask: @escaping @Sendable () -> Bool
    ) {
        self.freshMilliseconds = freshMilliseconds
        self.staleMilliseconds = staleMilliseconds
        self.ask = ask
    }

    /// The latest answer. Blocks for whoever asks for it, not for those who come meanwhile.
    public func holds() -> Bool {
        let known = state.withLock { state -> Bool? in
            let now = Clock.monotonic()
            if let at = state.answeredAt {
                if now < at.adding(milliseconds: freshMilliseconds) { return state.holds }
                if state.isAsking {
                    return state.holds && now < at.adding(milliseconds: staleMilliseconds)
                }
            } else if state.isAsking {
                return false
            }
            state.isAsking = true
            return nil
        }
        if let known { return known }
        let answer = ask()
        state.withLock { state in
            state = State(holds: answer, answeredAt: Clock.monotonic(), isAsking: false)
        }
        return answer
    }
}
