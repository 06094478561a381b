import Authorization
import Storage
import TestFolders
import Testing
import Text

@Suite(.everyStore) struct ConsentStoreTests {
    let folder: TestFolder
    let store: ConsentStore

    init() throws {
        folder = try TestFolder()
        store = try Self.open(folder)
    }

    private static func open(_ folder: TestFolder) throws -> ConsentStore {
        ConsentStore(try storeDatabase(in: folder, Schema.ofConsentBackend))
    }

    private let noon = WallTime(seconds: 1_795_400_000)
    private let actor = FlowActor(session: "S1", customer: "C1")

    private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private func flow(_ id: String, customer: String = "C1", partner: String = "sample") throws -> ConsentFlow
    {
        ConsentFlow(
            id: FlowID(id), session: "S1", customer: customer,
            request: AuthorizationRequest(
                partner: partner, redirectURI: "https://p.example/cb", state: "s", scopes: Scopes([.balance]),
                challenge: try #require(CodeChallenge(digest: hash(9)))),
            plan: try #require(FlowPlan([.consent])), scopes: Scopes([.balance]),
            period: ConsentPeriod(startingAt: noon, days: 10), formToken: "t0", at: noon)
    }

    private func grant(_ id: String, customer: String = "C1", certificate: [UInt8]? = nil) -> Grant {
        Grant(
            id: GrantID(id), customer: customer, partner: "sample", scopes: Scopes([.balance, .transfers]),
            period: ConsentPeriod(startingAt: noon, days: 10), grantedAt: noon,
            evidence: Evidence(
                session: "S1", context: "urn:x", certificateFingerprint: certificate, authenticatedAt: noon))
    }

    private func allow(_ flow: ConsentFlow) -> ConsentFlow {
        var flow = flow
        _ = flow.receive(
            .answer(.allow(isConfirmed: true), formToken: "t0"), from: actor, at: noon,
            lifetimes: Lifetimes(),
            nextFormToken: "t1")
        return flow
    }

    /// Stores a granted flow with its grant and a code of the hash `codeByte`.
    private func concluded(_ id: String, codeByte: UInt8) throws {
        let begun = try flow("flow-\(id)")
        try store.begin(begun)
        let grant = grant(id)
        let code = AuthorizationCode(
            hash: hash(codeByte), request: begun.request, grant: grant.id, at: noon, lifetimes: Lifetimes())
        #expect(try store.conclude(allow(begun), replacing: 0, grant: grant, code: code))
    }

    private func redeem(
        _ codeByte: UInt8, tokenByte: UInt8 = 50, partner: String = "sample", after seconds: Int64 = 1
    ) throws -> Redemption {
        let now = noon.adding(seconds: seconds)
        return try store.redeem(codeHash: hash(codeByte), partner: partner, at: now) { _, grant in
            IssuedTokens(
                access: AccessToken(
                    hash: hash(tokenByte), grant: grant,
                    certificate: PartnerCertificate(fingerprint: hash(1), subject: nil), at: now,
                    lifetimes: Lifetimes()),
                refresh: RefreshToken(
                    hash: hash(tokenByte + 100), grant: grant.id, partner: partner, scopes: grant.scopes,
                    usedAt: now))
        }
    }

    // MARK: Flows

    @Test func `an unknown flow is nil`() throws {
        #expect(try store.flow(FlowID("x")) == nil)
    }

    @Test func `a flow comes back as it was stored, before and after an event`() throws {
        var flow = try flow("f")
        try store.begin(flow)
        #expect(try store.flow(flow.id) == flow)
        _ = flow.receive(
            .answer(.deny, formToken: "t0"), from: actor, at: noon.adding(seconds: 5), lifetimes: Lifetimes(),
            nextFormToken: "t1")
        #expect(try store.save(flow, replacing: 0))
        #expect(try store.flow(flow.id) == flow)
    }

    @Test func `of two events on one revision only one is stored`() throws {
        let begun = try flow("f")
        try store.begin(begun)
        let granted = allow(begun)
        let results = concurrently(8) { [store] _ in (try? store.save(granted, replacing: 0)) == true }
        #expect(results.count { $0 } == 1)
    }

    @Test func `a new flow supersedes the customer's waiting one and nobody else's`() throws {
        try store.begin(flow("old"))
        try store.begin(flow("other", customer: "C2"))
        let denied = try flow("denied", customer: "C3")
        try store.begin(denied)
        try store.begin(flow("new"))
        #expect(try store.flow(FlowID("old"))?.state == .ended(.superseded))
        #expect(try store.flow(FlowID("old"))?.revision == 1)
        #expect(try store.flow(FlowID("other"))?.state == .waiting(.consent))
        #expect(try store.flow(FlowID("new"))?.state == .waiting(.consent))
    }

    @Test func `a flow that was granted stays granted when another begins`() throws {
        try concluded("g1", codeByte: 1)
        try store.begin(flow("new"))
        #expect(try store.flow(FlowID("flow-g1"))?.state == .ended(.granted))
    }

    // MARK: Grants

    @Test func `a late conclusion stores neither flow nor grant nor code`() throws {
        let begun = try flow("f")
        try store.begin(begun)
        try store.begin(flow("newer"))
        let code = AuthorizationCode(
            hash: hash(1), request: begun.request, grant: GrantID("g"), at: noon, lifetimes: Lifetimes())
        #expect(try !store.conclude(allow(begun), replacing: 0, grant: grant("g"), code: code))
        #expect(try store.flow(begun.id)?.state == .ended(.superseded))
        #expect(try store.grant(GrantID("g")) == nil)
        #expect(try redeem(1) == .unknown)
    }

    @Test func `a conclusion that fails in its middle leaves nothing`() throws {
        try concluded("g1", codeByte: 1)
        let begun = try flow("f")
        try store.begin(begun)
        let code = AuthorizationCode(
            hash: hash(1), request: begun.request, grant: GrantID("g2"), at: noon, lifetimes: Lifetimes())
        #expect(throws: ConsentStoreFault.self) {
            try store.conclude(allow(begun), replacing: 0, grant: grant("g2"), code: code)
        }
        #expect(try store.flow(begun.id) == begun)
        #expect(try store.grant(GrantID("g1"))?.status == .active)
        #expect(try store.grant(GrantID("g2")) == nil)
    }

    @Test(arguments: [nil, [UInt8](repeating: 3, count: 32)])
    func `a grant comes back as it was stored`(certificate: [UInt8]?) throws {
        let begun = try flow("f")
        try store.begin(begun)
        let grant = grant("g", certificate: certificate)
        let code = AuthorizationCode(
            hash: hash(1), request: begun.request, grant: grant.id, at: noon, lifetimes: Lifetimes())
        #expect(try store.conclude(allow(begun), replacing: 0, grant: grant, code: code))
        #expect(try store.grant(grant.id) == grant)
        #expect(try store.grants(of: "C1") == [grant])
        #expect(try store.grants(of: "C2") == [])
    }

    @Test func `a new grant supersedes the one before and ends its tokens`() throws {
        try concluded("g1", codeByte: 1)
        guard case .issued(let issued, _) = try redeem(1) else {
            Issue.record("not issued")
            return
        }
        try concluded("g2", codeByte: 2)
        #expect(try store.grant(GrantID("g1"))?.status == .superseded)
        #expect(try store.grant(GrantID("g2"))?.status == .active)
        #expect(try store.token(hash: issued.access.hash) == nil)
    }

    @Test func `a grant ends once, with its tokens`() throws {
        try concluded("g1", codeByte: 1)
        _ = try redeem(1)
        #expect(try store.end(GrantID("g1"), as: .revokedByCustomer))
        #expect(try !store.end(GrantID("g1"), as: .revokedByReuse))
        #expect(try store.grant(GrantID("g1"))?.status == .revokedByCustomer)
        #expect(try store.token(hash: hash(50)) == nil)
    }

    // MARK: Codes and tokens

    @Test func `an unknown code, or one of another partner, is unknown and left alone`() throws {
        try concluded("g1", codeByte: 1)
        #expect(try redeem(2) == .unknown)
        #expect(try redeem(1, partner: "other") == .unknown)
        guard case .issued = try redeem(1) else {
            Issue.record("not issued")
            return
        }
    }

    @Test func `row 9, a code is good for sixty seconds`() throws {
        try concluded("g1", codeByte: 1)
        #expect(try redeem(1, after: 60) == .expired(GrantID("g1")))
        #expect(try redeem(1, after: 61) == .expired(GrantID("g1")))
        guard case .issued(let issued, let grant) = try redeem(1, after: 59) else {
            Issue.record("not issued")
            return
        }
        #expect(try store.token(hash: issued.access.hash)?.token == issued.access)
        #expect(try store.token(hash: issued.access.hash)?.grant == grant)
    }

    @Test func `row 9, a code used twice ends its grant and tokens, however late`() throws {
        try concluded("g1", codeByte: 1)
        guard case .issued(let issued, _) = try redeem(1) else {
            Issue.record("not issued")
            return
        }
        #expect(try redeem(1, tokenByte: 51, after: 3600) == .usedBefore(GrantID("g1")))
        #expect(try store.token(hash: issued.access.hash) == nil)
        #expect(try store.token(hash: hash(51)) == nil)
        #expect(try store.grant(GrantID("g1"))?.status == .revokedByReuse)
    }

    @Test func `of many flows begun by one customer at once one is waiting`() throws {
        let flows = try (0..<8).map { try flow("f\($0)") }
        let begun = concurrently(8) { [store] number in (try? store.begin(flows[number])) != nil }
        #expect(begun.allSatisfy { $0 })
        let states = try flows.map { try store.flow($0.id)?.state }
        #expect(states.count { $0 == .waiting(.consent) } == 1)
        #expect(states.count { $0 == .ended(.superseded) } == 7)
    }

    @Test func `of two grants made for one partner at once both are made, and one is active`() throws {
        // Two customers' flows that lead to one customer's grants: no two of one customer wait at once.
        let conclusions = try (0..<6).map { number in
            let begun = try flow("f\(number)", customer: "C\(number + 1)")
            try store.begin(begun)
            var allowed = begun
            _ = allowed.receive(
                .answer(.allow(isConfirmed: true), formToken: "t0"),
                from: FlowActor(session: "S1", customer: "C\(number + 1)"), at: noon, lifetimes: Lifetimes(),
                nextFormToken: "t1")
            let grant = grant("g\(number)")
            let code = AuthorizationCode(
                hash: hash(UInt8(10 + number)), request: begun.request, grant: grant.id, at: noon,
                lifetimes: Lifetimes())
            return (allowed, grant, code)
        }
        let outcomes = concurrently(6) { [store] number in
            let (flow, grant, code) = conclusions[number]
            return (try? store.conclude(flow, replacing: 0, grant: grant, code: code)) == true
        }
        #expect(outcomes.allSatisfy { $0 })
        let grants = try store.grants(of: "C1")
        #expect(grants.count { $0.status == .active } == 1)
        #expect(grants.count { $0.status == .superseded } == 5)
    }

    @Test func `row 9, of many uses at once one at most gets a token, and then loses it`() throws {
        try concluded("g1", codeByte: 1)
        let moment = noon.adding(seconds: 1)
        let results = concurrently(8) { [store] number in
            try? store.redeem(codeHash: [UInt8](repeating: 1, count: 32), partner: "sample", at: moment) {
                _, grant in
                let access = AccessToken(
                    hash: [UInt8](repeating: UInt8(100 + number), count: 32), grant: grant,
                    certificate: PartnerCertificate(
                        fingerprint: [UInt8](repeating: 1, count: 32), subject: nil),
                    at: moment, lifetimes: Lifetimes())
                return IssuedTokens(access: access, refresh: nil)
            }
        }
        #expect(results.count { if case .issued = $0 { true } else { false } } == 1)
        for number in 0..<8 { #expect(try store.token(hash: hash(UInt8(100 + number))) == nil) }
    }

    @Test func `a request that proves nothing spends the code`() throws {
        try concluded("g1", codeByte: 1)
        let refused = try store.redeem(codeHash: hash(1), partner: "sample", at: noon) { _, _ in nil }
        #expect(refused == .refused(GrantID("g1")))
        #expect(try redeem(1) == .usedBefore(GrantID("g1")))
    }

    @Test func `a code of a grant that was ended gives nothing`() throws {
        try concluded("g1", codeByte: 1)
        _ = try store.end(GrantID("g1"), as: .revokedByCustomer)
        #expect(try redeem(1) == .refused(GrantID("g1")))
    }

    // MARK: The file

    @Test func `remains go, a few at a time, and grants stay`() throws {
        try concluded("g1", codeByte: 1)
        _ = try redeem(1)
        try store.begin(flow("f2", customer: "C2"))
        try store.removeRemains(before: noon, countMax: 10)
        #expect(try store.flow(FlowID("f2")) != nil)
        try store.removeRemains(before: noon.adding(seconds: 700), countMax: 1)
        let left = try ["flow-g1", "f2"].count { try store.flow(FlowID($0)) != nil }
        #expect(left == 1)
        try store.removeRemains(before: noon.adding(seconds: 700), countMax: 10)
        #expect(try store.flow(FlowID("f2")) == nil)
        #expect(try store.token(hash: hash(50)) == nil)
        #expect(try redeem(1) == .unknown)
        #expect(try store.grant(GrantID("g1"))?.status == .active)
    }

    @Test func `everything is there after the file was opened anew`() throws {
        try concluded("g1", codeByte: 1)
        let again = try Self.open(folder)
        #expect(try again.grant(GrantID("g1")) == grant("g1"))
    }
}
