import Crypto
import Identity
import Text
import Trust
import X509

/// What the ledger of certificates seen has to do with the epochs.
extension TrustRegistry {
    /// Judges the certificates of the ledger, those among them that were presented a moment ago.
    func replay(_ review: inout TrustReview, _ terms: Terms) throws(TrustFailure) {
        writeSightings()
        let since = review.at.adding(seconds: -Int64(terms.ledgerDays) * 86400)
        do throws(StoreFault) { try review.replay(seen, since: since) } catch { throw .store(error) }
    }

    /// A revoked certificate may never come again; whoever asks the ledger is to know all the same.
    ///
    /// The epoch is in force already and refuses the certificate, whether this can be written or not.
    /// Returns whether it was; `settleLedgers` tries again.
    func noteRevocations(_ review: TrustReview) -> Bool {
        let store = review.candidate.name
        let epoch = review.candidate.number.value
        do throws(StoreFault) {
            try seen.rejudge(review.revoked, as: SeenCertificate.revoked, under: epoch, in: store)
            try seen.rejudge(review.reinstated, as: SeenCertificate.trusted, under: epoch, in: store)
            return true
        } catch {
            logs.storeFailed(error)
            return false
        }
    }

    /// The same for certificates that any gateway has noted while the review went on, or a little before it:
    /// what it wrote after the review had gone by carries a verdict of the old epoch. What it writes from now
    /// on, `writeSightings` judges.
    func noteLateRevocations(under epoch: TrustEpoch, at time: WallTime) -> Bool {
        writeSightings()
        return noteRevocations(under: epoch, seenSince: time.adding(seconds: -Self.lateSeconds), at: time)
    }

    /// Does what changes of trust have left undone in the ledger: the store failed, or the gateway that made
    /// the change ended.
    func settleLedgers(at time: WallTime) {
        for store in unsettled {
            guard let view = try? view(store) else { continue }
            let since = time.adding(seconds: -Int64(view.terms.ledgerDays) * 86_400)
            guard noteRevocations(under: view.epoch, seenSince: since, at: time) else { continue }
            setLedgerSettled(true, of: store)
        }
    }

    private func noteRevocations(
        under epoch: TrustEpoch, seenSince since: WallTime, at time: WallTime
    ) -> Bool {
        var review = TrustReview(of: epoch, replacing: epoch, at: time)
        do throws(StoreFault) { try review.replay(seen, since: since) } catch {
            logs.storeFailed(error)
            return false
        }
        return noteRevocations(review)
    }

    /// Takes the sightings that wait to the store. Blocks.
    ///
    /// A certificate that was judged by an epoch which another has replaced may be revoked since.
    func writeSightings() {
        let written = ledger.flush()
        for (store, epoch) in inForce {
            let revoked = written.filter {
                guard $0.store == store, $0.epoch < epoch.number.value,
                    case .refused(.revoked, _) = epoch.judge($0.presented, at: $0.at)
                else { return false }
                return true
            }.map(\.presented[0].fingerprint.bytes)
            do throws(StoreFault) {
                try seen.rejudge(revoked, as: SeenCertificate.revoked, under: epoch.number.value, in: store)
            } catch {
                logs.storeFailed(error)
            }
        }
    }

    /// Longer than sightings wait to be written, by far.
    private static let lateSeconds: Int64 = 300
    /// Longer than a gateway that ended in the middle of a change is down, as a rule.
    static let settlingSeconds: Int64 = 3600
}
