import Authorization
import HTTP
import Logs
import Serving
import Text

/// What is logged about partners and their tokens. No code, token, reference or assertion is handed in here.
extension ConsentJournal {
    // MARK: Operators

    /// A registered partner that nobody can be for now.
    func partnerUnusable(_ reason: String) {
        var record = LogRecord(.error, "partner.unusable")
        record.add("reason", reason)
        log.write(record)
    }

    func partnersChanged(revision: Int, count: Int) {
        var record = LogRecord(.notice, "partners.changed")
        record.add("revision", revision)
        record.add("stored", count)
        log.write(record)
    }

    // MARK: Auditors

    /// An endpoint for programs refuses: `error` is what the partner is told, `reason` what it is not.
    func endpointRefused(
        _ call: Call, _ error: String, _ detail: String?, reason: String?, partner: String?
    ) {
        var record = self.record(.notice, "token.refused", call.assertion)
        record.add("path", call.request.head.path)
        record.add("error", error)
        if let detail { record.add("detail", detail) }
        if let reason { record.add("reason", reason) }
        if let partner { record.add("partner", String(partner.prefix(64))) }
        note(record)
    }

    func pushed(_ request: AuthorizationRequest, expiresAt: WallTime, _ assertion: Assertion) {
        var record = self.record(.notice, "request.pushed", assertion)
        record.add("partner", request.partner)
        record.add("scope", request.scopes.text)
        record.add("expires_at", expiresAt.rfc3339)
        note(record)
    }

    func redeemed(_ redemption: Redemption, partner: String, _ assertion: Assertion) {
        let (level, event, grant): (LogLevel, String, GrantID?) =
            switch redemption {
            case .issued(_, let grant): (.notice, "token.issued", grant.id)
            case .refused(let grant): (.warning, "code.refused", grant)
            case .usedBefore(let grant): (.warning, "code.reused", grant)
            case .expired(let grant): (.notice, "code.expired", grant)
            case .unknown: (.warning, "code.unknown", nil)
            }
        var record = self.record(level, event, partner, grant, assertion)
        if case .issued(let tokens, let grant) = redemption {
            metrics.tokensIssued("access")
            if tokens.refresh != nil { metrics.tokensIssued("refresh") }
            add(tokens.access, grant, to: &record)
            record.add("refresh", tokens.refresh != nil)
        }
        note(record)
    }

    func refreshed(_ refreshment: Refreshment, partner: String, _ assertion: Assertion) {
        switch refreshment {
        case .issued(let token, let grant):
            var record = self.record(.notice, "token.refreshed", partner, grant.id, assertion)
            metrics.tokensIssued("access")
            add(token, grant, to: &record)
            note(record)
        case .refused(let error, let grant):
            var record = self.record(.notice, "refreshToken.refused", partner, grant, assertion)
            record.add("error", error.code.rawValue)
            note(record)
        case .unknown:
            note(record(.warning, "refreshToken.unknown", partner, nil, assertion))
        }
    }

    func revoked(_ revocation: Revocation, partner: String, _ assertion: Assertion) {
        let (event, grant): (String, GrantID?) =
            switch revocation {
            case .accessToken(let grant): ("token.revoked", grant)
            case .refreshToken(let grant): ("grant.revokedByPartner", grant)
            case .unknown: ("token.unknown", nil)
            }
        note(record(.notice, event, partner, grant, assertion))
    }

    private func record(
        _ level: LogLevel, _ event: String, _ partner: String, _ grant: GrantID?, _ assertion: Assertion
    ) -> LogRecord {
        var record = self.record(level, event, assertion)
        record.add("partner", partner)
        if let grant { record.add("grant", grant.text) }
        return record
    }

    private func add(_ token: AccessToken, _ grant: Grant, to record: inout LogRecord) {
        record.add("customer", grant.customer)
        record.add("scope", token.scopes.text)
        record.add("expires_at", token.expiresAt.rfc3339)
    }
}
