import Identity
import Reactor
import Settings
import Text
import Trust

/// What one loop does for the trust stores of all, now and then: looks for what other gateways have
/// committed, writes the ledger and keeps it within its bounds, warns of what expires or is amiss.
final class TrustUpkeep {
    private let loop: EventLoop
    private let pools: GatewayPools
    private let registry: TrustRegistry
    private let state: GatewayState
    private var turn = 0

    init(
        on loop: EventLoop, pools: GatewayPools, registry: TrustRegistry, state: GatewayState
    ) {
        self.loop = loop
        self.pools = pools
        self.registry = registry
        self.state = state
    }

    /// Goes on for as long as the loop runs.
    func start() {
        let isMinute = turn % (Self.turnsAnHour / 60) == 0
        let isHour = turn % Self.turnsAnHour == 0
        let isDay = turn % (24 * Self.turnsAnHour) == 0
        turn += 1
        // A pool that is still busy with the last turn's work gets no more of the same.
        _ = pools.trust.submit { [registry] in
            registry.takeUpOthers()
            let now = WallTime(seconds: Clock.wall())
            if isDay { registry.warnOfExpiry(at: now) }
            if isMinute || isDay { registry.tellFindings(at: now, again: isDay) }
            if isMinute { registry.settleLedgers(at: now) }
        }
        let settings = state.settings.ledger
        if registry.ledger.depth > 0 || isHour {
            _ = pools.store.submit { [registry] in
                registry.writeSightings()
                guard isHour else { return }
                let limit = WallTime(seconds: Clock.wall() - Int64(settings.days) * 86_400)
                for store in registry.names {
                    do throws(StoreFault) {
                        _ = try registry.seen.forget(
                            in: store, before: limit, trustedMax: settings.certificatesMax,
                            refusedMax: max(1, settings.certificatesMax / 100))
                    } catch {
                        registry.logs.storeFailed(error)
                    }
                }
            }
        }
        _ = loop.after(milliseconds: Self.intervalMilliseconds) { [self] in start() }
    }

    /// Another gateway's epoch is taken up within a second.
    private static let intervalMilliseconds = 900
    private static let turnsAnHour = 3_600_000 / intervalMilliseconds
}
