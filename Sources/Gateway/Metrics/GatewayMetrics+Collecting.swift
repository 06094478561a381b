import Crypto
import Logs
import Metrics
import Reactor
import TLS
import Text
import X509

extension GatewayMetrics {
    /// Asks at each scrape for what nobody writes down.
    func collect(pools: GatewayPools, logs: GatewayLogs, state: GatewayState, posts: RecentPosts) {
        registry.collect { samples in
            samples.add(
                Self.buildInfo, [Release.version, Release.swift, OpenSSLVersion.currentText], 1)
            for (name, pool) in [
                ("store", pools.store), ("passwords", pools.passwords), ("trust", pools.trust),
            ] {
                samples.add(Self.poolQueue, [name], pool.queueDepth)
                samples.add(Self.poolQueueLimit, [name], pool.queueMax)
            }
            if let sessions = state.tlsSessions {
                samples.add(Self.cacheEntries, ["tls_sessions"], sessions.count)
                samples.add(Self.cacheLimit, ["tls_sessions"], sessions.sessionsMax)
            }
            samples.add(Self.cacheEntries, ["recent_posts"], posts.count)
            samples.add(Self.cacheLimit, ["recent_posts"], posts.countMax)
            for (name, sink) in logs.sinks {
                samples.add(Self.logDropped, [name], .count(UInt64(clamping: sink.droppedCount)))
                samples.add(Self.logFailing, [name], sink.failure == nil ? 0 : 1)
                samples.add(Self.logQueue, [name], sink.bytesWaiting)
                samples.add(Self.logQueueLimit, [name], sink.bytesWaitingMax)
            }
        }
    }

    /// What trust stores hold, and when it ends.
    func collect(_ registry: TrustRegistry) {
        self.registry.collect { samples in
            let expiring = registry.expiring(at: WallTime(seconds: Clock.wall()))
            for (store, epoch) in registry.inForce {
                samples.add(Self.epochs, [store], Int(clamping: epoch.number.value))
                samples.add(Self.trustExpiring, [store], expiring.count { $0.store == store })
                // Who ends first is shown first; two of one name are one series, of the earlier end.
                var shown: Set<String> = []
                for expiry in epoch.expiries.prefix(Self.expiriesMax) {
                    let values = [store, expiry.kind.rawValue, expiry.name]
                    guard shown.insert(values.joined(separator: "\u{0}")).inserted else { continue }
                    samples.add(Self.trustNotAfter, values, .integer(expiry.until.seconds))
                    samples.add(
                        Self.trustNotBefore, values, .integer(expiry.until.seconds - expiry.validSeconds))
                }
            }
        }
    }

    private static let expiriesMax = 200
}
