import Crypto
import Text
import X509

/// What is thought of a connection's certificate, and until when: judged again when the epoch changes, when
/// anything in the chain expires, and, while refused, at every request.
struct PeerTrust {
    /// Leaf first.
    let presented: [Certificate]
    private let problem: RefusalReason?
    private var judgedUnder: Mark?
    private var judgedAt = WallTime(seconds: 0)
    private var validUntil = WallTime(seconds: 0)
    private(set) var verdict = PeerVerdict.absent

    /// Two stores, or one that was dropped and came back, may give out the same number. The epoch itself is
    /// not held: an idle connection would keep it, and all its CRLs, for as long as it stands.
    private struct Mark: Equatable {
        let number: TrustEpochNumber
        let contentHash: SHA256Digest
    }

    init(presented: [Certificate], problem: RefusalReason?) {
        self.presented = presented
        self.problem = problem
    }

    /// - Parameter verdicts: knows what the epoch has said of the same certificates on other connections.
    mutating func verdict(
        under epoch: TrustEpoch, at now: WallTime, from verdicts: LoopVerdicts
    ) -> PeerVerdict {
        let mark = Mark(number: epoch.number, contentHash: epoch.contentHash)
        if case .trusted = verdict, judgedUnder == mark, judgedAt <= now, now < validUntil { return verdict }
        if let problem {
            verdict = .refused(problem, leaf: presented.first)
        } else {
            verdict = verdicts.cache.verdict(on: presented, under: epoch, at: now)
        }
        judgedUnder = mark
        judgedAt = now
        if case .trusted(let identity) = verdict {
            validUntil = identity.validUntil
        }
        return verdict
    }
}
