import Identity
import Text
import Trust
import X509

/// How one epoch takes the place of another.
extension TrustRegistry {
    /// Review, record, in force; whatever goes wrong before the record leaves the old epoch in force.
    func carryOut(
        _ change: TrustChange, _ bundle: TrustBundle, _ candidate: TrustEpoch, of store: String,
        origin: EpochOrigin, by author: String, at time: WallTime
    ) throws(TrustFailure) -> TrustReview {
        do throws(TrustFailure) {
            var candidate = candidate
            if candidate.number.value != change.replacing + 1 {
                candidate = try epoch(bundle, of: store, number: change.replacing + 1)
            }
            let view = try view(store)
            var review = TrustReview(of: candidate, replacing: view.epoch, at: time)
            // A rollback is for undoing a bad CRL, too: it may bring an older one back, and says so.
            if change.kind == .commit { try Self.refuse(for: review.objections) }
            try replay(&review, view.terms)
            try entry(store) { (entry) throws(TrustFailure) in
                do throws(TrustRefusal) {
                    try entry.cycle.reviewed(change, lockouts: review.lockouts.count)
                } catch { throw .refusedAfter(error, review) }
            }
            try record(change, bundle, candidate, of: store, origin, author, time, view.terms)
            let epoch = candidate
            try entry(store) { (entry) throws(TrustFailure) in
                entry.cycle.recorded(change, as: epoch.number.value)
                if change.kind == .commit { entry.staged = nil }
                if entry.cycle.inForce.number == epoch.number.value { entry.epoch = epoch }
            }
            logs.epochInForce(epoch, origin, review, by: author)
            let isSettled = noteRevocations(review) && noteLateRevocations(under: epoch, at: time)
            if !isSettled { setLedgerSettled(false, of: store) }
            tellFindings(of: epoch, at: time)
            return review
        } catch {
            try? entry(store) { (entry) throws(TrustFailure) in entry.cycle.failed(change) }
            if case .refused(.epochMoved) = error { takeUpOthers() }
            throw error
        }
    }

    private func record(
        _ change: TrustChange, _ bundle: TrustBundle, _ epoch: TrustEpoch, of store: String,
        _ origin: EpochOrigin, _ author: String, _ time: WallTime, _ terms: Terms
    ) throws(TrustFailure) {
        var source: UInt64?
        if case .rollBack(let number) = change.kind { source = number }
        let draft = EpochDraft(
            store: store, contentHash: change.contentHash, digest: bundle.digest,
            policy: bundle.policy.recordText, parts: bundle.parts, origin: origin, source: source,
            author: author, at: time)
        let number = try stored { () throws(StoreFault) in
            try epochs.record(draft, replacing: change.replacing, keptMax: terms.epochsKept)
        }
        guard number == epoch.number.value else {
            throw .refused(.epochMoved(inForce: try view(store).epoch.number.value))
        }
    }
}
