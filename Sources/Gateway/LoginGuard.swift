import Identity
import Reactor
import Synchronization
import Text

/// Stands before the passwords: what each client network has used up of its failures, and whether logins fail
/// everywhere at once. One for all loops.
final class LoginGuard: Sendable {
    private struct State {
        var budget = SourceBudget()
        var alarm = FailureAlarm()
    }

    private let state = Mutex(State())

    /// Nil when the try may be made; otherwise how many seconds to wait.
    func take(for address: String, _ limit: SourceBudget.Limit) -> Int? {
        let source = ClientNetwork(address)
        return state.withLock { $0.budget.take(for: source, limit, at: Self.now) }
    }

    /// For a try that was no failure.
    func giveBack(_ address: String, _ limit: SourceBudget.Limit) {
        let source = ClientNetwork(address)
        state.withLock { $0.budget.giveBack(source, limit, at: Self.now) }
    }

    /// True when there are so many failures now that somebody should know.
    func recordFailure(_ failuresMax: Int) -> Bool {
        state.withLock { $0.alarm.record(failuresMax, at: Self.now) }
    }

    private static var now: Int64 {
        Int64(Clock.monotonic().nanoseconds / 1_000_000)
    }
}
