import Authorization
import Storage
import Text

extension TroubledStore {
    func refresh(
        tokenHash: [UInt8], partner: String, countMax: Int, at now: WallTime,
        issue: (RefreshToken, Grant) throws(TokenError) -> AccessToken
    ) throws(ConsentStoreFault) -> Refreshment {
        try happen()
        return try store.refresh(
            tokenHash: tokenHash, partner: partner, countMax: countMax, at: now, issue: issue)
    }

    func refreshToken(hash: [UInt8]) throws(ConsentStoreFault) -> (token: RefreshToken, grant: Grant)? {
        try store.refreshToken(hash: hash)
    }

    func revoke(tokenHash: [UInt8], partner: String) throws(ConsentStoreFault) -> Revocation {
        try happen()
        return try store.revoke(tokenHash: tokenHash, partner: partner)
    }

    func push(_ request: PushedRequest) throws(ConsentStoreFault) {
        try happen()
        try store.push(request)
    }

    func pushedRequest(hash: [UInt8]) throws(ConsentStoreFault) -> PushedRequest? {
        if isTroubledByLookups { try happen() }
        return try store.pushedRequest(hash: hash)
    }

    func begin(_ flow: ConsentFlow, answering hash: [UInt8]) throws(ConsentStoreFault) -> Bool {
        try happen()
        return try store.begin(flow, answering: hash)
    }

    func remember(assertion hash: [UInt8], until moment: WallTime) throws(ConsentStoreFault) -> Bool {
        try happen()
        return try store.remember(assertion: hash, until: moment)
    }

    func partnerRevision() throws(ConsentStoreFault) -> Int { try store.partnerRevision() }

    func storedPartners() throws(ConsentStoreFault) -> [StoredPartner] { try store.storedPartners() }

    func save(_ partner: StoredPartner) throws(ConsentStoreFault) { try store.save(partner) }

    func partnerChanges(_ id: String?, countMax: Int) throws(ConsentStoreFault) -> [StoredPartner] {
        try store.partnerChanges(id, countMax: countMax)
    }

    func activeGrantCount(of partner: String, at now: WallTime) throws(ConsentStoreFault) -> Int {
        try store.activeGrantCount(of: partner, at: now)
    }

    func secret(_ name: String, orElse fresh: [UInt8]) throws(ConsentStoreFault) -> [UInt8] {
        try store.secret(name, orElse: fresh)
    }
}
