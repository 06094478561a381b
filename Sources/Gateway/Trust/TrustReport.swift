import Crypto
import Text
import Trust
import X509

/// What the admin socket says of trust stores, as JSON.
enum TrustReport {
    static func write(_ review: TrustReview, lockoutsMax: Int, to json: inout JSONWriter) {
        json.member("store", review.candidate.name)
        json.member("replacing", Int64(clamping: review.replacing.number.value))
        json.member("content", review.candidate.contentHash.hex)
        write(review.findings, to: &json)
        write(review.anchors, as: "anchors", to: &json)
        write(review.intermediates, as: "intermediates", to: &json)
        write(review.revocationLists, as: "crls", to: &json)
        json.member("judged", Int64(review.judged))
        json.member("lockoutsMax", Int64(lockoutsMax))
        write(review.lockouts, as: "lockouts", to: &json)
        write(review.admissions, as: "admissions", to: &json)
    }

    static func write(_ summary: EpochSummary, to json: inout JSONWriter) {
        json.member("epoch", Int64(clamping: summary.number))
        json.member("content", Hex.encode(summary.contentHash))
        json.member("origin", summary.origin.rawValue)
        if let source = summary.source { json.member("source", Int64(clamping: source)) }
        json.member("author", summary.author)
        json.member("at", summary.recordedAt.rfc3339)
        json.member("kept", summary.isKept)
    }

    static func write(
        _ view: TrustRegistry.View, _ summary: EpochSummary?, uses: [AnchorUse], expiring: [TrustExpiry],
        findings: [TrustFinding], to json: inout JSONWriter
    ) {
        json.member("store", view.epoch.name)
        json.member("epoch", Int64(clamping: view.epoch.number.value))
        json.member("content", view.epoch.contentHash.hex)
        json.member("policy", view.epoch.policy.summary)
        json.member("lockoutsMax", Int64(view.terms.lockoutsMax))
        json.member("ledgerDays", Int64(view.terms.ledgerDays))
        if let summary {
            json.member("origin", summary.origin.rawValue)
            if let source = summary.source { json.member("source", Int64(clamping: source)) }
            json.member("author", summary.author)
            json.member("at", summary.recordedAt.rfc3339)
        }
        write(findings, to: &json)
        let byAnchor = Dictionary(uses.map { ($0.anchor, $0) }, uniquingKeysWith: { first, _ in first })
        json.key("anchors")
        json.beginArray()
        for anchor in view.epoch.anchors {
            json.beginObject()
            anchor.report(to: &json)
            if let use = byAnchor[anchor.fingerprint.bytes] {
                json.member("lastSeen", use.lastSeen.rfc3339)
                json.member("certificates", Int64(use.certificateCount))
                json.member("customers", Int64(use.customerCount))
            }
            json.endObject()
        }
        json.endArray()
        list(view.epoch.intermediates, as: "intermediates", to: &json)
        list(view.epoch.revocationListsInUse, as: "crls", to: &json)
        json.key("expiring")
        json.beginArray()
        for expiry in expiring where expiry.store == view.epoch.name {
            json.beginObject()
            json.member("what", expiry.kind.rawValue)
            json.member("name", expiry.name)
            json.member("until", expiry.until.rfc3339)
            json.endObject()
        }
        json.endArray()
        guard let staged = view.staged else { return }
        json.key("staged")
        json.beginObject()
        json.member("content", staged.epoch.contentHash.hex)
        json.member("author", staged.author)
        json.member("at", staged.at.rfc3339)
        json.member("anchors", Int64(staged.epoch.anchors.count))
        json.member("intermediates", Int64(staged.epoch.intermediates.count))
        json.member("crls", Int64(staged.epoch.revocationLists.count))
        json.endObject()
    }

    /// What was given, as it was read: counts and digests, to be compared with what was sent.
    static func write(_ parts: [EpochPart], to json: inout JSONWriter) {
        json.key("parts")
        json.beginArray()
        for part in parts {
            json.beginObject()
            json.member("kind", part.role.rawValue)
            json.member("name", part.name)
            json.member("bytes", Int64(part.bytes.count))
            json.member("sha256", Hex.encode(part.hash))
            if part.role != .crl {
                json.member("certificates", Int64((try? Certificate.parse(pem: part.bytes))?.count ?? 0))
            }
            json.endObject()
        }
        json.endArray()
    }

    // MARK: Parts

    private static func write(_ findings: [TrustFinding], to json: inout JSONWriter) {
        json.key("findings")
        json.beginArray()
        for finding in findings {
            json.beginObject()
            json.member("kind", finding.kind.rawValue)
            json.member("what", finding.member.role.rawValue)
            json.member("ordinal", Int64(finding.member.ordinal))
            json.member("name", finding.member.subject)
            json.endObject()
        }
        json.endArray()
    }

    private static func write(
        _ difference: TrustReview.Difference<some Reported>, as key: String, to json: inout JSONWriter
    ) {
        json.key(key)
        json.beginObject()
        list(difference.added, as: "added", to: &json)
        list(difference.removed, as: "removed", to: &json)
        json.member("kept", Int64(difference.keptCount))
        json.endObject()
    }

    private static func write(_ outcome: TrustReview.Outcome, as key: String, to json: inout JSONWriter) {
        json.key(key)
        json.beginObject()
        json.member("count", Int64(outcome.count))
        json.member("customers", Int64(outcome.customerCount))
        json.key("groups")
        json.beginArray()
        for (group, count) in outcome.groups.sorted(by: { $0.value > $1.value }) {
            json.beginObject()
            write(group, to: &json)
            json.member("count", Int64(count))
            json.endObject()
        }
        json.endArray()
        json.key("certificates")
        json.beginArray()
        for (group, certificate) in outcome.listed {
            json.beginObject()
            json.member("fingerprint", Hex.encode(certificate.fingerprint))
            json.member("serial", certificate.serial)
            json.member("subject", certificate.subject)
            json.member("issuer", certificate.issuer)
            if let customer = certificate.customer { json.member("customer", customer) }
            json.member("lastSeen", certificate.lastSeen.rfc3339)
            write(group, to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func write(_ group: TrustReview.Outcome.Group, to json: inout JSONWriter) {
        json.member("anchor", group.anchor.subject.rfc4514)
        json.member("anchorFingerprint", group.anchor.fingerprint.hex)
        json.member("reason", group.reason.rawValue)
    }

    private static func list(_ members: [some Reported], as key: String, to json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for member in members {
            json.beginObject()
            member.report(to: &json)
            json.endObject()
        }
        json.endArray()
    }
}

/// What is listed, member by member.
protocol Reported: Fingerprinted {
    func report(to json: inout JSONWriter)
}

extension Certificate: Reported {
    func report(to json: inout JSONWriter) {
        json.member("fingerprint", fingerprint.hex)
        json.member("subject", subject.rfc4514)
        json.member("key", keySummary)
        json.member("notAfter", notAfter.rfc3339)
    }
}

extension RevocationList: Reported {
    func report(to json: inout JSONWriter) {
        json.member("fingerprint", fingerprint.hex)
        json.member("subject", issuer.rfc4514)
        if let number { json.member("number", number.description) }
        if isDelta { json.member("delta", true) }
        json.member("entries", Int64(entryCount))
        json.member("thisUpdate", thisUpdate.rfc3339)
        if let nextUpdate { json.member("notAfter", nextUpdate.rfc3339) }
    }
}
