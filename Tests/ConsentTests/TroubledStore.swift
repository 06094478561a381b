import Authorization
import Storage
import Synchronization
import Text

/// A store in which something happens just before a change: another request's change, or a fault.
final class TroubledStore: FlowRepository, GrantRepository, TokenRepository, PushedRequestRepository,
    ClientAssertionRepository, PartnerRepository, SecretRepository, CustomerRepository
{
    let store: ConsentStore
    private let isForLearning: Bool
    /// Whether looking up a pushed request counts as a change.
    let isTroubledByLookups: Bool
    private let trouble: Mutex<(@Sendable () throws(ConsentStoreFault) -> Void)?>

    /// `trouble` happens once, before the first change; or, before the first answer of the host about a PIN is
    /// stored.
    init(
        _ store: ConsentStore, beforeLearning: Bool = false, isTroubledByLookups: Bool = false,
        _ trouble: @escaping @Sendable () throws(ConsentStoreFault) -> Void
    ) {
        self.store = store
        isForLearning = beforeLearning
        self.isTroubledByLookups = isTroubledByLookups
        self.trouble = Mutex(trouble)
    }

    func happen(isLearning: Bool = false) throws(ConsentStoreFault) {
        guard isLearning == isForLearning else { return }
        let trouble = self.trouble.withLock { trouble in
            defer { trouble = nil }
            return trouble
        }
        try trouble?()
    }

    func begin(_ flow: ConsentFlow) throws(ConsentStoreFault) {
        try happen()
        try store.begin(flow)
    }

    func flow(_ id: FlowID) throws(ConsentStoreFault) -> ConsentFlow? { try store.flow(id) }

    func save(_ flow: ConsentFlow, replacing revision: Int) throws(ConsentStoreFault) -> Bool {
        try happen()
        return try store.save(flow, replacing: revision)
    }

    func conclude(
        _ flow: ConsentFlow, replacing revision: Int, grant: Grant, code: AuthorizationCode
    ) throws(ConsentStoreFault) -> Bool {
        try happen()
        return try store.conclude(flow, replacing: revision, grant: grant, code: code)
    }

    func removeRemains(before moment: WallTime, countMax: Int) throws(ConsentStoreFault) {
        try store.removeRemains(before: moment, countMax: countMax)
    }

    func grant(_ id: GrantID) throws(ConsentStoreFault) -> Grant? { try store.grant(id) }

    func grants(of customer: String) throws(ConsentStoreFault) -> [Grant] { try store.grants(of: customer) }

    func end(_ id: GrantID, as status: GrantStatus) throws(ConsentStoreFault) -> Bool {
        try store.end(id, as: status)
    }

    func redeem(
        codeHash: [UInt8], partner: String, at now: WallTime,
        issue: (AuthorizationCode, Grant) -> IssuedTokens?
    ) throws(ConsentStoreFault) -> Redemption {
        try happen()
        return try store.redeem(codeHash: codeHash, partner: partner, at: now, issue: issue)
    }

    func token(hash: [UInt8]) throws(ConsentStoreFault) -> (token: AccessToken, grant: Grant)? {
        try happen()
        return try store.token(hash: hash)
    }

    func customer(_ id: String) throws(ConsentStoreFault) -> CustomerRecord { try store.customer(id) }

    func replace(_ customers: [CustomerRecord]) throws(ConsentStoreFault) { try store.replace(customers) }

    func allowAnswers(of customer: String) throws(ConsentStoreFault) -> Bool {
        try store.allowAnswers(of: customer)
    }

    func novelties(
        of traces: CustomerTraces, of customer: String
    ) throws(ConsentStoreFault) -> Set<RiskFact> {
        try store.novelties(of: traces, of: customer)
    }

    func remember(
        _ traces: CustomerTraces, of customer: String, at now: WallTime
    ) throws(ConsentStoreFault) {
        try store.remember(traces, of: customer, at: now)
    }

    func save(
        _ flow: ConsentFlow, replacing revision: Int, recording record: FlowRecord
    ) throws(ConsentStoreFault) -> Bool {
        try happen()
        return try store.save(flow, replacing: revision, recording: record)
    }

    func anyPIN() throws(ConsentStoreFault) -> StoredPIN? { try store.anyPIN() }

    func claim(
        _ pin: SealedPIN, for account: AccountKey, of customer: String, at now: WallTime,
        until deadline: WallTime
    ) throws(ConsentStoreFault) -> Bool {
        try store.claim(pin, for: account, of: customer, at: now, until: deadline)
    }

    func learn(
        _ outcome: PINOutcome, of pin: SealedPIN, for account: AccountKey, of customer: String
    ) throws(ConsentStoreFault) -> PINChange? {
        try happen(isLearning: true)
        return try store.learn(outcome, of: pin, for: account, of: customer)
    }
}
