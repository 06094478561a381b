import Authorization
import Identity
import Storage
import TestFolders
import Testing
import Text
import Trust

/// What the steps before 情報アクセス許可 keep: customers, questions, PINs, traces and notices.
@Suite(.everyStore) struct ConsentStepStoreTests {
    let database: Database
    let store: ConsentStore
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        database = try storeDatabase(in: folder, Schema.ofConsentBackend)
        store = ConsentStore(database)
    }

    private let noon = WallTime(seconds: 1_795_400_000)
    private let first = "001-1-2000002"
    private let second = "202-4-1111111"

    private func key(_ text: String) throws -> AccountKey { try #require(AccountKey(text)) }

    private func sealed(_ byte: UInt8) -> SealedPIN { SealedPIN([UInt8](repeating: byte, count: 40)) }

    private func customer(_ id: String = "C1", pin: AccountPIN = AccountPIN()) throws -> CustomerRecord {
        CustomerRecord(
            id: id, permitted: Scopes([.balance, .transfers]),
            questions: [
                ChallengeQuestion(text: "初めて飼ったペットの名前は？", answerHash: "$a"),
                ChallengeQuestion(text: "母の旧姓は？", answerHash: "$b"),
            ],
            accounts: [
                InquiryAccount(key: try key(second), branchName: "都島支店", memo: "口座メモ５６７８", pin: pin),
                InquiryAccount(key: try key(first), branchName: "インターネット支店"),
            ])
    }

    private func begin(_ id: String = "f", customer: String = "C1") throws -> ConsentFlow {
        let flow = ConsentFlow(
            id: FlowID(id), session: "S1", customer: customer,
            request: AuthorizationRequest(
                partner: "sample", redirectURI: "https://p.example/cb", state: nil,
                scopes: Scopes([.balance]),
                challenge: try #require(CodeChallenge(digest: [UInt8](repeating: 9, count: 32)))),
            plan: try #require(FlowPlan([.challenge, .scopes, .pins, .pinResult, .consent])),
            scopes: Scopes([.balance]), question: 1, period: ConsentPeriod(startingAt: noon, days: 10),
            formToken: "t0", at: noon)
        try store.begin(flow)
        return flow
    }

    /// The flow after an answer.
    private func after(_ flow: ConsentFlow, _ answer: FlowAnswer) -> ConsentFlow {
        var flow = flow
        _ = flow.receive(
            .answer(answer, formToken: flow.formToken),
            from: FlowActor(session: "S1", customer: flow.customer),
            at: noon, lifetimes: Lifetimes(), nextFormToken: "t\(flow.revision + 1)")
        return flow
    }

    private var traces: CustomerTraces {
        CustomerTraces(address: "192.0.2.7", certificate: [UInt8](repeating: 5, count: 32))
    }

    // MARK: Flows and steps

    @Test func `a flow comes back as it was stored after every step`() throws {
        try store.replace([customer()])
        var flow = try begin()
        #expect(try store.flow(flow.id) == flow)
        let complaints = PINComplaints(
            selectsAll: true, ticked: [try key(first), try key(second)], byAccount: [try key(first): .blank])
        let answers: [FlowAnswer] = [
            .challenge(.wrong), .challenge(.right), .deny, .scopes(Scopes([Scope]())),
            .scopes(Scopes([.balance])), .rejectPINs(complaints),
            .registerPINs([try key(first), try key(second)]), .confirmPINs, .allow(isConfirmed: false),
        ]
        for answer in answers {
            let next = after(flow, answer)
            #expect(try store.save(next, replacing: flow.revision))
            #expect(try store.flow(flow.id) == next)
            flow = next
        }
        #expect(flow.state == .waiting(.consent) && flow.progress.wrongAnswers == 1)
    }

    @Test func `what an answer brought is stored with the step or not at all`() throws {
        try store.replace([customer()])
        let flow = try begin()
        let right = after(flow, .challenge(.right))
        #expect(try !store.save(right, replacing: flow.revision + 1, recording: .wrongAnswer(isLast: true)))
        #expect(try store.customer("C1") == customer())
        // The second account of the two is none of the customer's: the first stays as it was, and the step.
        let pins = [try key(first): sealed(1), try key("999-1-0000000"): sealed(2)]
        #expect(throws: ConsentStoreFault.self) {
            try store.save(right, replacing: flow.revision, recording: .pins(pins))
        }
        #expect(try store.customer("C1") == customer())
        #expect(try store.flow(flow.id) == flow)
    }

    // MARK: Customers

    @Test func `a customer comes back as stored, and one of whom nothing is kept may do everything`() throws {
        try store.replace([customer(), customer("C2")])
        #expect(try store.customer("C1") == customer())
        #expect(try store.customer("nobody") == CustomerRecord(id: "nobody"))
    }

    @Test func `replacing a customer keeps the PINs of accounts that stay`() throws {
        try store.replace([customer(pin: AccountPIN(active: sealed(1), pending: sealed(2)))])
        var changed = try customer()
        changed.accounts.removeLast()
        changed.questions = []
        try store.replace([changed])
        let stored = try store.customer("C1")
        #expect(stored.accounts.map(\.pin) == [AccountPIN(active: sealed(1), pending: sealed(2))])
        #expect(stored.questions.isEmpty)
        // One that comes with a PIN has that one.
        try store.replace([customer(pin: AccountPIN(active: sealed(3)))])
        #expect(try store.customer("C1").accounts[0].pin == AccountPIN(active: sealed(3)))
    }

    @Test func `wrong answers are counted, the last one stops, and a right one or the operator clears`()
        throws
    {
        try store.replace([customer()])
        let flow = try begin()
        let wrong = after(flow, .challenge(.wrong))
        #expect(try store.save(wrong, replacing: flow.revision, recording: .wrongAnswer(isLast: false)))
        #expect(try store.customer("C1").wrongAnswers == 1)
        let right = after(wrong, .challenge(.right))
        #expect(try store.save(right, replacing: wrong.revision, recording: .rightAnswer(traces)))
        #expect(try store.customer("C1").wrongAnswers == 0)
        #expect(try store.novelties(of: traces, of: "C1").isEmpty)
        let stopped = after(try begin("g"), .challenge(.wrongAndStopped))
        #expect(try store.save(stopped, replacing: 0, recording: .wrongAnswer(isLast: true)))
        #expect(try store.customer("C1").isChallengeStopped)
        #expect(try store.allowAnswers(of: "C1"))
        #expect(try !store.customer("C1").isChallengeStopped)
        #expect(try !store.allowAnswers(of: "nobody"))
    }

    @Test func `the fiftieth network is remembered beside 49 others, of 51 the oldest is forgotten`() throws {
        func traces(_ number: Int) -> CustomerTraces {
            CustomerTraces(address: "10.0.\(number).1", certificate: nil)
        }
        for number in 1...50 {
            try store.remember(traces(number), of: "C1", at: noon.adding(seconds: Int64(number)))
        }
        #expect(try store.novelties(of: traces(1), of: "C1").isEmpty)
        try store.remember(traces(51), of: "C1", at: noon.adding(seconds: 51))
        #expect(try store.novelties(of: traces(1), of: "C1") == [.newAddress])
        #expect(try store.novelties(of: traces(2), of: "C1").isEmpty)
        #expect(try store.novelties(of: traces(2), of: "C2") == [.newAddress])
        #expect(try store.novelties(of: self.traces, of: "C1") == [.newAddress, .newCertificate])
    }

    // MARK: PINs

    @Test func `a PIN is registered, promoted, replaced and withdrawn`() throws {
        try store.replace([customer()])
        #expect(try store.anyPIN() == nil)
        let account = try key(second)
        func register(_ pin: SealedPIN, in id: String) throws {
            let flow = try begin(id)
            #expect(try store.save(flow, replacing: 0, recording: .pins([account: pin])))
        }
        func pin() throws -> AccountPIN { try store.customer("C1").accounts[0].pin }
        try register(sealed(1), in: "f")
        #expect(try pin() == AccountPIN(pending: sealed(1)))
        #expect(try store.anyPIN() == StoredPIN(customer: "C1", account: account, pin: sealed(1)))
        #expect(try store.learn(.accepted, of: sealed(1), for: account, of: "C1") == .promoted)
        #expect(try pin() == AccountPIN(active: sealed(1)))
        try register(sealed(2), in: "g")
        #expect(try pin() == AccountPIN(active: sealed(1), pending: sealed(2)))
        #expect(try store.learn(.refused, of: sealed(3), for: account, of: "C1") == nil)
        #expect(try store.learn(.refused, of: sealed(2), for: account, of: "C2") == nil)
        #expect(try store.learn(.refused, of: sealed(2), for: account, of: "C1") == .withdrawn)
        #expect(try pin() == AccountPIN(active: sealed(1)))
    }

    @Test func `one of many tries a pending PIN, and another after it, a new PIN or the deadline`() throws {
        let account = try key(second)
        try store.replace([customer(pin: AccountPIN(active: sealed(1), pending: sealed(2)))])
        let (moment, deadline) = (noon, noon.adding(seconds: 60))
        func claim(_ pin: SealedPIN, after seconds: Int64 = 0) throws -> Bool {
            try store.claim(
                pin, for: account, of: "C1", at: noon.adding(seconds: seconds),
                until: deadline.adding(seconds: seconds))
        }
        #expect(try !claim(sealed(1)), "an active PIN needs none")
        let pending = sealed(2)
        let claims = concurrently(8) { [store] _ in
            (try? store.claim(pending, for: account, of: "C1", at: moment, until: deadline)) == true
        }
        #expect(claims.count { $0 } == 1)
        #expect(try !claim(sealed(2), after: 59))
        #expect(try claim(sealed(2), after: 60))
        #expect(try store.save(begin(), replacing: 0, recording: .pins([account: sealed(3)])))
        #expect(try !claim(sealed(2), after: 61))
        #expect(try claim(sealed(3), after: 61))
        #expect(try store.learn(.refused, of: sealed(3), for: account, of: "C1") == .withdrawn)
        #expect(try !claim(sealed(3), after: 200))
    }

    // MARK: Notices

    private func notices() throws -> Int {
        try database.read { (connection) throws(DatabaseFault) in
            try connection.first("SELECT count(*) FROM consent_notice") { (row) throws(DatabaseFault) in
                try row.count(0)
            }
        } ?? 0
    }

    @Test func `each 許可 leaves one notice, which goes after a year`() throws {
        let flow = try begin()
        let grant = Grant(
            id: GrantID("g"), customer: "C1", partner: "sample", scopes: Scopes([.balance]),
            accounts: [try key(first)], period: flow.period, grantedAt: noon,
            evidence: Evidence(
                session: "S1", context: "urn:x", certificateFingerprint: nil, authenticatedAt: noon,
                address: "192.0.2.7", isChallenged: true))
        let code = AuthorizationCode(
            hash: [UInt8](repeating: 1, count: 32), request: flow.request, grant: grant.id, at: noon,
            lifetimes: Lifetimes())
        #expect(try store.conclude(flow, replacing: 0, grant: grant, code: code))
        #expect(try store.grant(grant.id) == grant)
        #expect(try notices() == 1)
        #expect(
            try store.novelties(of: CustomerTraces(address: "192.0.2.99", certificate: nil), of: "C1").isEmpty
        )
        let year: Int64 = 365 * 86_400
        try store.removeRemains(before: noon.adding(seconds: year), countMax: 10)
        #expect(try notices() == 1)
        try store.removeRemains(before: noon.adding(seconds: year + 1), countMax: 10)
        #expect(try notices() == 0)
    }
}

/// The gateway's store, as the consent backend reads it.
@Suite(.everyStore) struct GatewayRecordsTests {
    let customers: CustomerStore
    let seen: SeenCertificateStore
    let records: GatewayRecords
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        let database = try storeDatabase(in: folder, [.identity, .trust])
        customers = CustomerStore(database)
        seen = SeenCertificateStore(database)
        // As the backend opens it: a connection of its own.
        records = GatewayRecords(try storeDatabase(in: folder, [.identity, .trust]))
        try database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("INSERT INTO trust_stores (name, epoch) VALUES ('customers', 1)")
        }
    }

    private let fingerprint = [UInt8](repeating: 7, count: 32)

    private func present(_ verdict: String, at seconds: Int64, in store: String = "customers") throws {
        try seen.note(
            [
                SeenCertificate(
                    fingerprint: fingerprint, issuer: "CN=CA", serial: "01", subject: "CN=A", customer: "A",
                    anchor: verdict == "trusted" ? [1] : nil, verdict: verdict, epoch: 1,
                    lastSeen: WallTime(seconds: seconds), der: [0x30], chain: [])
            ], in: store)
    }

    private func endings(_ id: String = "A", _ certificate: [UInt8]? = nil) throws -> Set<GrantEnding> {
        try records.endings(of: id, certificate: certificate, authenticatedAt: now)
    }

    @Test(arguments: CustomerStatus.allCases)
    func `a customer whom the bank keeps out is suspended`(status: CustomerStatus) throws {
        try customers.save([customer("A", .active)])
        #expect(try endings().isEmpty)
        _ = try customers.change(id("A"), .status(status))
        #expect(try endings() == (status == .active ? [] : [.userSuspended]))
        #expect(throws: ConsentStoreFault.self) { try endings("a") }
    }

    @Test func `a customer whom wrong passwords keep out is not suspended, until the bank says so`() throws {
        try customers.save([customer("A", .active)])
        let policy = LockoutPolicy(failuresMax: 1, pauseSeconds: 1, pausesMax: 2)
        _ = try customers.recordFailure(id("A"), policy, at: now)
        #expect(try endings().isEmpty, "a pause alone is nothing")
        _ = try customers.recordFailure(id("A"), policy, at: now.adding(seconds: 2))
        #expect(try customers.customer(id("A"))?.status == .stopped)
        #expect(try endings() == [.passwordLockout])
        // A list that was made from what is stored says the same.
        var known = try #require(try customers.customer(id("A")))
        known.failures = FailureCounter()
        try customers.save([known])
        #expect(try endings() == [.passwordLockout])
        _ = try customers.change(id("A"), .status(.stopped))
        #expect(try endings() == [.userSuspended])
        _ = try customers.change(id("A"), .status(.active))
        #expect(try endings().isEmpty)
    }

    @Test func `who has typed wrong passwords and is stopped by a list is suspended`() throws {
        try customers.save([customer("A", .active)])
        let policy = LockoutPolicy(failuresMax: 1, pauseSeconds: 1, pausesMax: 2)
        _ = try customers.recordFailure(id("A"), policy, at: now)
        try customers.save([customer("A", .stopped)])
        #expect(try endings() == [.userSuspended])
    }

    @Test func `a password is changed by the bank, and not by a new hash of the same one`() throws {
        try customers.save([customer("A", .active)])
        try customers.replacePasswordHash("$scrypt$", by: "$new$", of: id("A"))
        #expect(try endings().isEmpty)
        _ = try customers.change(id("A"), .passwordHash("$other$", at: now))
        #expect(try endings().isEmpty, "the login came afterwards")
        _ = try customers.change(id("A"), .passwordHash("$other$", at: now.adding(seconds: 1)))
        #expect(try endings() == [.passwordChange])
        try customers.save([customer("A", .active)])
        #expect(try endings() == [.passwordChange], "a list that says nothing of it changes nothing")
        var listed = try customer("A", .active)
        listed.passwordChangedAt = now
        try customers.save([listed])
        #expect(try endings().isEmpty)
    }

    @Test func `a certificate is revoked by the verdict on it when it was presented last`() throws {
        try customers.save([customer("A")])
        func endings() throws -> Set<GrantEnding> { try self.endings("A", fingerprint) }
        #expect(try endings().isEmpty)
        for (second, verdict) in ["trusted", "revoked", "expired", "revoked"].enumerated() {
            try present(verdict, at: Int64(second))
            #expect(try endings() == (verdict == "revoked" ? [.certRevoked] : []))
        }
        #expect(try self.endings("A", [UInt8](repeating: 8, count: 32)).isEmpty)
        #expect(try self.endings().isEmpty)
    }
}
