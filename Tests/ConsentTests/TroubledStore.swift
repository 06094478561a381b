import Authorization
import Storage
import Synchronization
import Text

/// A store in which something happens just before a change: another request's change, or a fault.
final class TroubledStore: FlowRepository, GrantRepository, TokenRepository, PushedRequestRepository,
    ClientAssertionRepository, PartnerRepository, SecretRepository
{
    let store: ConsentStore
    private let trouble: Mutex<(@Sendable () throws(ConsentStoreFault) -> Void)?>

    /// `trouble` happens once, before the first change.
    init(_ store: ConsentStore, _ trouble: @escaping @Sendable () throws(ConsentStoreFault) -> Void) {
        self.store = store
        self.trouble = Mutex(trouble)
    }

    func happen() throws(ConsentStoreFault) {
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
}
