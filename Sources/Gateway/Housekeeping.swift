import Identity
import Reactor
import Text

/// What one loop does for all, now and then: removes sessions that nobody can use any more.
final class Housekeeping {
    private let loop: EventLoop
    private let pool: BlockingPool
    private let desk: LoginDesk
    private let snapshots: Published<GatewaySnapshot>

    init(on loop: EventLoop, pool: BlockingPool, desk: LoginDesk, snapshots: Published<GatewaySnapshot>) {
        self.loop = loop
        self.pool = pool
        self.desk = desk
        self.snapshots = snapshots
    }

    /// Goes on for as long as the loop runs.
    func start() {
        _ = loop.after(milliseconds: Self.intervalMilliseconds) { [self] in
            let desk = self.desk
            // Kept for another lifetime, so that a browser that comes back late is told why.
            let lifetime = Int64(snapshots.current.sessionPolicy.absoluteSeconds)
            let limit = WallTime(seconds: Clock.wall() - 2 * lifetime)
            _ = pool.submit {
                do throws(StoreFault) {
                    _ = try desk.sessions.purge(authenticatedBefore: limit)
                } catch {
                    desk.logs.storeFailed(error)
                }
            }
            start()
        }
    }

    private static let intervalMilliseconds = 60_000
}
