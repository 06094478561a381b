import Crypto
public import Text

/// The trusted verdicts of one loop under one epoch, by exactly what the peer sent.
///
/// What it answers is what the epoch would: a verdict counts under the epoch object that gave it, from the
/// moment it was given until the first of the path's certificates ends. Refusals are not kept.
public struct VerdictCache {
    private var epoch: TrustEpoch?
    private var verdicts: RecentCache<[SHA256Digest], Entry>
    private let halfMax: Int

    private struct Entry {
        let identity: PeerIdentity
        let judgedAt: WallTime
    }

    /// Verdicts that are kept now.
    public var count: Int { verdicts.count }

    /// At most so many are.
    public var countMax: Int { 2 * halfMax }

    /// - Parameter countMax: how many verdicts are kept at most.
    public init(countMax: Int = 8192) {
        halfMax = max(1, countMax / 2)
        verdicts = RecentCache(halfMax: halfMax)
    }

    public mutating func verdict(
        on presented: [Certificate], under epoch: TrustEpoch, at time: WallTime
    ) -> PeerVerdict {
        if epoch !== self.epoch {
            self.epoch = epoch
            verdicts = RecentCache(halfMax: halfMax)
        }
        let key = presented.map(\.fingerprint)
        if let known = verdicts.value(for: key), known.judgedAt <= time, time < known.identity.validUntil {
            return .trusted(known.identity)
        }
        let verdict = epoch.judge(presented, at: time)
        if case .trusted(let identity) = verdict {
            verdicts.insert(Entry(identity: identity, judgedAt: time), for: key)
        } else {
            verdicts.removeValue(for: key)
        }
        return verdict
    }
}
