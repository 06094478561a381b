import Authorization
import Storage
import TestFolders
import Testing
import Text

/// Pushed requests, refresh tokens, used assertions, partners and secrets, on every store.
@Suite(.everyStore) struct OAuthStoreTests {
    let folder: TestFolder
    let store: ConsentStore
    private let noon = WallTime(seconds: 1_795_400_000)

    init() throws {
        folder = try TestFolder()
        store = ConsentStore(try storeDatabase(in: folder, Schema.ofConsentBackend))
    }

    private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private func request() throws -> AuthorizationRequest {
        AuthorizationRequest(
            partner: "sample", redirectURI: "https://p.example/cb", state: "s", scopes: Scopes([.balance]),
            challenge: try #require(CodeChallenge(digest: hash(9))))
    }

    private func flow(_ id: String) throws -> ConsentFlow {
        ConsentFlow(
            id: FlowID(id), session: "S1", customer: "C-\(id)", request: try request(),
            plan: try #require(FlowPlan([.consent])), scopes: Scopes([.balance]),
            period: ConsentPeriod(startingAt: noon, days: 10), formToken: "t0", at: noon)
    }

    private func grant(_ id: String) throws -> Grant {
        Grant(
            id: GrantID(id), customer: "C-\(id)", partner: "sample", scopes: Scopes([.balance]),
            period: ConsentPeriod(startingAt: noon, days: 10), grantedAt: noon,
            evidence: Evidence(
                session: "S1", context: "urn:x", certificateFingerprint: nil, authenticatedAt: noon))
    }

    /// A flow that ends in a grant of the same name, with a code.
    private func conclusion(
        of flow: ConsentFlow, codeByte: UInt8
    ) throws -> (ConsentFlow, Grant, AuthorizationCode) {
        var answered = flow
        _ = answered.receive(
            .answer(.allow(isConfirmed: true), formToken: "t0"),
            from: FlowActor(session: "S1", customer: flow.customer), at: noon, lifetimes: Lifetimes(),
            nextFormToken: "t1")
        let grant = try grant(flow.id.text)
        let code = AuthorizationCode(
            hash: hash(codeByte), request: flow.request, grant: grant.id, at: noon, lifetimes: Lifetimes())
        return (answered, grant, code)
    }

    private func conclude(_ flow: ConsentFlow, codeByte: UInt8) throws -> Bool {
        let (answered, grant, code) = try conclusion(of: flow, codeByte: codeByte)
        return try store.conclude(answered, replacing: flow.revision, grant: grant, code: code)
    }

    private func access(_ byte: UInt8, of grant: Grant, after seconds: Int64 = 0) -> AccessToken {
        AccessToken(
            hash: hash(byte), grant: grant,
            certificate: PartnerCertificate(fingerprint: hash(1), subject: nil),
            at: noon.adding(seconds: seconds), lifetimes: Lifetimes())
    }

    /// A grant with the access token 50 and the refresh token 60.
    private func issued(_ id: String) throws -> Grant {
        let flow = try flow(id)
        try store.begin(flow)
        #expect(try conclude(flow, codeByte: 1))
        let redemption = try store.redeem(codeHash: hash(1), partner: "sample", at: noon) { _, grant in
            IssuedTokens(
                access: access(50, of: grant),
                refresh: RefreshToken(
                    hash: hash(60), grant: grant.id, partner: "sample", scopes: grant.scopes, usedAt: noon))
        }
        guard case .issued(_, let grant) = redemption else { throw ConsentStoreFault("not issued") }
        return grant
    }

    @Test func `a pushed request comes back as it was, until it is answered through one of its flows`() throws
    {
        let pushed = PushedRequest(
            hash: hash(7), request: try request(), expiresAt: noon.adding(seconds: 90))
        #expect(try store.pushedRequest(hash: hash(7)) == nil)
        try store.push(pushed)
        #expect(try store.pushedRequest(hash: hash(7)) == pushed)
        let (first, second) = (try flow("a"), try flow("b"))
        #expect(try store.begin(first, answering: hash(7)))
        #expect(try store.begin(second, answering: hash(7)))
        #expect(try conclude(second, codeByte: 2))
        #expect(try store.pushedRequest(hash: hash(7))?.isAnswered == true)
        #expect(try store.flow(first.id)?.state == .ended(.superseded))
        #expect(try !conclude(first, codeByte: 3))
        #expect(try !store.begin(flow("c"), answering: hash(7)))
        #expect(try store.flow(FlowID("c")) == nil)
        #expect(try !store.begin(flow("c"), answering: hash(8)))
    }

    @Test func `of many flows for one pushed request one is concluded`() throws {
        try store.push(
            PushedRequest(hash: hash(7), request: try request(), expiresAt: noon.adding(seconds: 90)))
        let flows = try (0..<6).map { try flow("f\($0)") }
        for flow in flows { #expect(try store.begin(flow, answering: hash(7))) }
        let conclusions = try flows.enumerated().map { number, flow in
            try conclusion(of: flow, codeByte: UInt8(10 + number))
        }
        let outcomes = concurrently(6) { [store] number in
            let (flow, grant, code) = conclusions[number]
            return (try? store.conclude(flow, replacing: 0, grant: grant, code: code)) == true
        }
        #expect(outcomes.count { $0 } == 1)
    }

    @Test func `a refresh token gives access tokens and stays, and the grant keeps the latest few`() throws {
        let grant = try issued("g")
        #expect(try store.refreshToken(hash: hash(60))?.grant == grant)
        for number in 0..<4 {
            let now = noon.adding(seconds: Int64(number + 1))
            let outcome = try store.refresh(
                tokenHash: hash(60), partner: "sample", countMax: 3, at: now
            ) { (_, grant) throws(TokenError) in
                access(UInt8(51 + number), of: grant, after: Int64(number + 1))
            }
            #expect(
                outcome == .issued(access(UInt8(51 + number), of: grant, after: Int64(number + 1)), grant))
        }
        #expect(
            try [50, 51, 52, 53, 54].map { try store.token(hash: hash($0)) != nil }
                == [false, false, true, true, true])
        #expect(try store.refreshToken(hash: hash(60))?.token.usedAt == noon.adding(seconds: 4))
    }

    @Test func `a refresh that is refused, unknown or another partner's changes nothing`() throws {
        let grant = try issued("g")
        let refused = try store.refresh(
            tokenHash: hash(60), partner: "sample", countMax: 3, at: noon.adding(seconds: 9)
        ) { (_, _) throws(TokenError) in throw TokenError(.invalidScope) }
        #expect(refused == .refused(TokenError(.invalidScope), grant.id))
        for (byte, partner) in [(UInt8(60), "other"), (61, "sample"), (50, "sample")] {
            let outcome = try store.refresh(
                tokenHash: hash(byte), partner: partner, countMax: 3, at: noon
            ) { (_, grant) throws(TokenError) in access(70, of: grant) }
            #expect(outcome == .unknown)
        }
        #expect(try store.refreshToken(hash: hash(60))?.token.usedAt == noon)
        #expect(try store.token(hash: hash(70)) == nil)
    }

    @Test func `revoking an access token removes it, a refresh token all, and a stranger's nothing`() throws {
        let grant = try issued("g")
        #expect(try store.revoke(tokenHash: hash(50), partner: "other") == .unknown)
        #expect(try store.revoke(tokenHash: hash(60), partner: "other") == .unknown)
        #expect(try store.revoke(tokenHash: hash(99), partner: "sample") == .unknown)
        #expect(try store.revoke(tokenHash: hash(50), partner: "sample") == .accessToken(grant.id))
        #expect(try store.token(hash: hash(50)) == nil)
        #expect(try store.grant(grant.id)?.status == .active)
        #expect(try store.revoke(tokenHash: hash(60), partner: "sample") == .refreshToken(grant.id))
        #expect(try store.refreshToken(hash: hash(60)) == nil)
        #expect(try store.grant(grant.id)?.status == .revokedByPartner)
    }

    @Test func `an assertion is remembered once, however many come at once, and forgotten after its end`()
        throws
    {
        let outcomes = concurrently(6) { [store, noon] _ in
            (try? store.remember(assertion: [UInt8](repeating: 3, count: 32), until: noon)) == true
        }
        #expect(outcomes.count { $0 } == 1)
        try store.removeRemains(before: noon, countMax: 10)
        #expect(try !store.remember(assertion: hash(3), until: noon))
        try store.removeRemains(before: noon.adding(seconds: 1), countMax: 10)
        #expect(try store.remember(assertion: hash(3), until: noon))
    }

    @Test func `partners are their latest change, and every change is counted and kept`() throws {
        #expect(try store.partnerRevision() == 0)
        let changes = [("a", "1"), ("b", "2"), ("a", "3"), ("b", nil)].map { id, document in
            StoredPartner(id: id, document: document, changedAt: noon, changedBy: "operator")
        }
        for change in changes { try store.save(change) }
        #expect(try store.partnerRevision() == 4)
        #expect(try store.storedPartners() == [changes[2], changes[3]])
        #expect(try store.partnerChanges("a", countMax: 9) == [changes[2], changes[0]])
        #expect(try store.partnerChanges(nil, countMax: 3) == [changes[3], changes[2], changes[1]])
        _ = try issued("g")
        #expect(try store.activeGrantCount(of: "sample", at: noon) == 1)
        #expect(try store.activeGrantCount(of: "sample", at: noon.adding(seconds: 864_000)) == 0)
        #expect(try store.activeGrantCount(of: "other", at: noon) == 0)
    }

    @Test func `a secret is the first one that was offered`() throws {
        let secrets = concurrently(6) { [store] number in
            try? store.secret("s", orElse: [UInt8](repeating: UInt8(number), count: 32))
        }
        #expect(Set(secrets).count == 1)
        #expect(try store.secret("s", orElse: hash(99)) == secrets[0])
    }
}
