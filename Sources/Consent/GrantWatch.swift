import Authorization
import Text

/// Asks the gateway's store, whenever a grant is made or used, whether something has befallen its customer
/// that ends it (`grant.revokeOn`).
struct GrantWatch: Sendable {
    private let endings: Set<GrantEnding>
    private let gateway: (any StandingRepository)?
    private let grants: any GrantRepository
    private let journal: ConsentJournal

    /// - Parameter gateway: Nil when its store is not known here; then nothing is asked.
    init(
        _ endings: Set<GrantEnding>, gateway: (any StandingRepository)?, grants: any GrantRepository,
        journal: ConsentJournal
    ) {
        self.endings = endings
        self.gateway = gateway
        self.grants = grants
        self.journal = journal
    }

    /// Why a session can allow nothing: what has befallen the customer, whether or not it ends grants.
    func objection(to session: CustomerSession) throws(ConsentStoreFault) -> GrantEnding? {
        try first(of: session.customer, session.evidence) { $0.forbidsConsent || endings.contains($0) }
    }

    /// False when the grant is over; it is ended then.
    func keeps(_ grant: Grant, _ assertion: Assertion) throws(ConsentStoreFault) -> Bool {
        guard !endings.isEmpty,
            let ending = try first(of: grant.customer, grant.evidence, where: endings.contains)
        else { return true }
        if try grants.end(grant.id, as: .endedByInstitution) {
            journal.grantEnded(grant, as: .endedByInstitution, because: ending, assertion)
        }
        return false
    }

    private func first(
        of customer: String, _ evidence: Evidence, where counts: (GrantEnding) -> Bool
    ) throws(ConsentStoreFault) -> GrantEnding? {
        guard let gateway else { return nil }
        let found = try gateway.endings(
            of: customer, certificate: evidence.certificateFingerprint,
            authenticatedAt: evidence.authenticatedAt)
        return GrantEnding.allCases.first { found.contains($0) && counts($0) }
    }
}
