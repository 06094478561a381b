import Text
import X509

/// What is thought of a connection's certificate, and until when: judged again when the epoch changes, when
/// anything in the chain expires, and, while refused, at every request.
struct PeerTrust {
    private let presented: [Certificate]
    private let problem: RefusalReason?
    /// The epoch itself: two stores, or one that was dropped and came back, may give out the same number.
    private var judgedUnder: TrustEpoch?
    private var validUntil = WallTime(seconds: 0)
    private(set) var verdict = PeerVerdict.absent

    init(presented: [Certificate], problem: RefusalReason?) {
        self.presented = presented
        self.problem = problem
    }

    /// - Parameter verdicts: knows what the epoch has said of the same certificates on other connections.
    mutating func verdict(
        under epoch: TrustEpoch, at now: WallTime, from verdicts: inout VerdictCache
    ) -> PeerVerdict {
        if case .trusted = verdict, judgedUnder === epoch, now < validUntil { return verdict }
        if let problem {
            verdict = .refused(problem, leaf: presented.first)
        } else {
            verdict = verdicts.verdict(on: presented, under: epoch, at: now)
        }
        judgedUnder = epoch
        if case .trusted(let identity) = verdict {
            validUntil = identity.validUntil
        }
        return verdict
    }
}
