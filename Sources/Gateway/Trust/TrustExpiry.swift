import Text
import X509

/// When something of a trust store ends: for warnings, `sekisho trust show`, and metrics.
struct TrustExpiry: Sendable, Hashable {
    enum Kind: String, Sendable {
        case anchor, intermediate, crl
    }

    let store: String
    let kind: Kind
    /// RFC 4514.
    let name: String
    let until: WallTime
    /// From its beginning to its end.
    let validSeconds: Int64

    /// How long before the end a warning is due: so many days, or, for what does not live much longer than
    /// that, as a CRL, the last quarter of its time.
    func warningSeconds(days: Int) -> Int64 { min(Int64(days) * 86400, validSeconds / 4) }
}

extension TrustEpoch {
    /// Of everything that ends, the earliest first.
    var expiries: [TrustExpiry] {
        func list(_ certificates: [Certificate], _ kind: TrustExpiry.Kind) -> [TrustExpiry] {
            certificates.map {
                TrustExpiry(
                    store: name, kind: kind, name: $0.subject.rfc4514, until: $0.notAfter,
                    validSeconds: $0.notAfter.seconds - $0.notBefore.seconds)
            }
        }
        let lists = revocationListsInUse.compactMap { list in
            list.nextUpdate.map {
                TrustExpiry(
                    store: name, kind: .crl, name: list.issuer.rfc4514, until: $0,
                    validSeconds: $0.seconds - list.thisUpdate.seconds)
            }
        }
        return (list(anchors, .anchor) + list(intermediates, .intermediate) + lists)
            .sorted { $0.until < $1.until }
    }
}

extension TrustRegistry {
    /// What ends within each store's time for warnings, or has ended.
    func expiring(at now: WallTime) -> [TrustExpiry] {
        names.compactMap { try? view($0) }.flatMap { view in
            view.epoch.expiries.filter { expiry in
                let days = view.terms.expiryWarningDays
                return expiry.until < now.adding(seconds: expiry.warningSeconds(days: days))
            }
        }
    }

    func warnOfExpiry(at now: WallTime) {
        for expiry in expiring(at: now) { logs.expiring(expiry, at: now) }
    }
}
