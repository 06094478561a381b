import Crypto
import Identity
import Logs
import Text
import Trust
import X509

/// What becomes of trust stores. Another epoch in force is for auditors, trouble with one for operators.
extension GatewayLogs {
    func epochInForce(_ epoch: TrustEpoch, _ origin: EpochOrigin, _ review: TrustReview, by author: String) {
        var record = LogRecord(.notice, "trust.epochInForce", kind: .audit)
        add(epoch, to: &record)
        record.add("origin", origin.rawValue)
        record.add("author", author)
        record.add("replaced", Int(clamping: review.replacing.number.value))
        record.add("locked_out", review.lockouts.count)
        record.add("let_in", review.admissions.count)
        audit.write(record)
    }

    func epochTakenUp(_ epoch: TrustEpoch) {
        var record = LogRecord(.notice, "trust.epochTakenUp", kind: .audit)
        add(epoch, to: &record)
        audit.write(record)
    }

    func trustFailed(_ store: String, _ what: String, _ failure: TrustFailure) {
        var record = LogRecord(.error, "trust.failed")
        record.add("store", store)
        record.add("during", what)
        record.add("reason", failure.complaints(about: store).joined(separator: "; "))
        log.write(record)
    }

    func trustFilesDiffer(_ store: String, inForce number: UInt64) {
        var record = LogRecord(.warning, "trust.filesDiffer")
        record.add("store", store)
        record.add("epoch", Int(clamping: number))
        record.add(
            "reason",
            "the configured files are not what is in force; `sekisho trust reload` takes them up")
        log.write(record)
    }

    func expiring(_ expiry: TrustExpiry, at now: WallTime) {
        var record = LogRecord(expiry.until < now ? .error : .warning, "trust.expiring")
        record.add("store", expiry.store)
        record.add("what", expiry.kind.rawValue)
        record.add("name", expiry.name)
        record.add("until", expiry.until.rfc3339)
        record.add("days", Int(clamping: (expiry.until.seconds - now.seconds) / 86400))
        log.write(record)
    }

    /// An alarm where revocations are not known: tolerated or not, that is no state to stay in.
    func found(_ finding: TrustFinding, in epoch: TrustEpoch) {
        var record = LogRecord(finding.leavesRevocationUnknown ? .error : .warning, "trust.finding")
        record.add("store", epoch.name)
        record.add("epoch", Int(clamping: epoch.number.value))
        record.add("finding", finding.kind.rawValue)
        record.add("what", finding.member.role.rawValue)
        record.add("ordinal", finding.member.ordinal)
        record.add("name", finding.member.subject)
        log.write(record)
    }

    /// Findings that are not told one by one.
    func foundMore(_ findings: [TrustFinding], in epoch: TrustEpoch) {
        let isGrave = findings.contains(where: \.leavesRevocationUnknown)
        var record = LogRecord(isGrave ? .error : .warning, "trust.findingsLeftOut")
        record.add("store", epoch.name)
        record.add("epoch", Int(clamping: epoch.number.value))
        record.add("count", findings.count)
        record.add("findings", Set(findings.map(\.kind.rawValue)).sorted().joined(separator: " "))
        log.write(record)
    }

    private func add(_ epoch: TrustEpoch, to record: inout LogRecord) {
        record.add("store", epoch.name)
        record.add("epoch", Int(clamping: epoch.number.value))
        record.add("content", epoch.contentHash.hex)
        record.add("anchors", epoch.anchors.count)
    }
}
