import Text
import X509

/// What an operator should look at in the epochs in force.
extension TrustRegistry {
    /// Logs what has not been told of yet: a CRL that went stale a moment ago. With `again`, all of it.
    func tellFindings(at now: WallTime, again: Bool) {
        for epoch in inForce.values { tellFindings(of: epoch, at: now, again: again) }
    }

    /// Of many at once the first few, the gravest before the others, and how many more there are:
    /// `sekisho trust show` lists them. Five hundred authorities without a list are one thing to know.
    func tellFindings(of epoch: TrustEpoch, at now: WallTime, again: Bool = false) {
        let news = news(of: epoch.findings(at: now), in: epoch, again: again)
        let grave = news.filter(\.leavesRevocationUnknown)
        let sorted = grave + news.filter { !$0.leavesRevocationUnknown }
        for finding in sorted.prefix(Self.findingsToldMax) { logs.found(finding, in: epoch) }
        let left = sorted.dropFirst(Self.findingsToldMax)
        if !left.isEmpty { logs.foundMore(Array(left), in: epoch) }
    }

    static let findingsToldMax = 20
}
