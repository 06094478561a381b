import Crypto
import Glibc
import Identity
import Logs
import Storage
import Synchronization
import TestFolders
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

@Suite struct LoginDeskTests {
    private let bank: TestBank
    private let desk: LoginDesk
    private let now = WallTime(seconds: 1_800_000_000)
    private let hashing = ScryptParameters(costLog2: 10) ?? .standard
    private let lockout = LockoutPolicy(failuresMax: 2, pauseSeconds: 10, pausesMax: 2)

    init() throws {
        bank = try TestBank()
        desk = LoginDesk(
            customers: bank.customerStore, sessions: SessionStore(bank.database),
            logs: GatewayLogs(log: bank.log, audit: bank.audit))
        try bank.add("PASSWORD", .password)
        try bank.add("CERTIFICATE", .certificate)
        try bank.add("EITHER", .either)
        try bank.add("STOPPED", .either, .stopped)
        try bank.add("CLOSED", .either, .closed)
    }

    private func attempt(
        _ method: LoginDesk.Attempt.Method, _ password: String = "password", after seconds: Int64 = 0,
        offersCertificate: Bool = true, offersPassword: Bool = true
    ) -> LoginDesk.Outcome {
        desk.logIn(
            LoginDesk.Attempt(
                method: method, password: Array(password.utf8), host: TestBank.login, address: "192.0.2.1",
                rules: LoginRules(
                    offersCertificate: offersCertificate, offersPassword: offersPassword, lockout: lockout),
                hashing: hashing, at: now.adding(seconds: seconds)))
    }

    private func certificate(_ mapped: MappingOutcome, of name: TestName = "X") throws
        -> LoginDesk.Attempt.Method
    {
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(5), anchors: [bank.customers.certificate],
            intermediates: [], policy: TrustPolicy())
        guard case .trusted(let identity) = epoch.judge([bank.customers.issue(name).certificate], at: now)
        else {
            throw NotTrusted()
        }
        return .certificate(MappedCertificate(mapped, by: .never, identity.leaf), identity)
    }

    private struct NotTrusted: Error {}

    private func certificate(of customer: String) throws -> LoginDesk.Attempt.Method {
        try certificate(.customer(#require(CustomerID(customer))))
    }

    private func session(_ outcome: LoginDesk.Outcome) throws -> Session? {
        guard case .opened(let token) = outcome else { return nil }
        return try desk.session(
            idHash: LoginDesk.hash(ofCookie: token), use: (now, 30))?.session
    }

    private func counter(_ name: String) throws -> FailureCounter? {
        try bank.customerStore.customer(#require(CustomerID(name)))?.failures
    }

    // MARK: Refused

    @Test(arguments: [
        ("NOBODY", "password", LoginRefusal.unknownCustomer), ("", "password", .unknownCustomer),
        ("no id at all", "password", .unknownCustomer), ("password", "password", .unknownCustomer),
        ("PASSWORD", "wrong", .wrongPassword), ("PASSWORD", "", .wrongPassword),
        ("PASSWORD", "Password", .wrongPassword),
        ("CERTIFICATE", "password", .certificateRequired), ("CERTIFICATE", "wrong", .wrongPassword),
        ("STOPPED", "password", .stopped), ("STOPPED", "wrong", .stopped), ("CLOSED", "password", .closed),
    ])
    func `a password login is refused for its reason`(id: String, password: String, reason: LoginRefusal)
        throws
    {
        #expect(attempt(.password(typedID: id), password).refusal == reason)
    }

    @Test func `a certificate login is refused for its reason`() throws {
        #expect(try attempt(certificate(of: "NOBODY")).refusal == .unknownCustomer)
        #expect(try attempt(certificate(of: "PASSWORD")).refusal == .passwordRequired)
        #expect(try attempt(certificate(of: "CERTIFICATE"), "wrong").refusal == .wrongPassword)
        #expect(try attempt(certificate(.refused(.noRule))).refusal == .unknownCustomer)
        #expect(
            try attempt(
                certificate(.enrolment(EnrolmentClaim(issuerSerialKey: [UInt8](repeating: 1, count: 32))))
            ).refusal
                == .unknownCustomer)
    }

    @Test func `a way to log in that the institution does not offer is refused`() throws {
        #expect(attempt(.password(typedID: "EITHER"), offersPassword: false).refusal == .methodDisabled)
        #expect(try attempt(certificate(of: "EITHER"), offersCertificate: false).refusal == .methodDisabled)
    }

    @Test func `the right password of a customer who must show a certificate looks like a wrong one`() {
        let right = attempt(.password(typedID: "CERTIFICATE")).refusal
        let wrong = attempt(.password(typedID: "PASSWORD"), "wrong").refusal
        let unknown = attempt(.password(typedID: "NOBODY")).refusal
        #expect(right?.publicReason == .badCredentials)
        #expect(wrong?.publicReason == .badCredentials)
        #expect(unknown?.publicReason == .badCredentials)
    }

    @Test func `the right password by the wrong way counts like a wrong one`() throws {
        _ = attempt(.password(typedID: "CERTIFICATE"))
        #expect(try counter("CERTIFICATE")?.consecutive == 1)
    }

    // Threats rows 63 and 64.
    @Test func `every refusal computes one hash, and as much of it for nobody as for somebody`() throws {
        let counted = Counted()
        var desk = self.desk
        desk.verifies = { hash, password in
            counted.hashes.withLock { $0.append(String(hash.encoded.dropFirst(8).prefix(14))) }
            return (try? hash.matches(password)) ?? false
        }
        for (id, password) in [
            ("NOBODY", "password"), ("", "password"), ("no id at all", "x"), ("PASSWORD", "wrong"),
            ("CERTIFICATE", "password"), ("CERTIFICATE", "wrong"), ("STOPPED", "password"),
            ("STOPPED", "wrong"), ("CLOSED", "password"),
        ] {
            counted.hashes.withLock { $0 = [] }
            _ = desk.logIn(
                LoginDesk.Attempt(
                    method: .password(typedID: id), password: Array(password.utf8), host: "h", address: "a",
                    rules: LoginRules(
                        offersCertificate: true, offersPassword: true, lockout: LockoutPolicy()),
                    hashing: hashing, at: now))
            #expect(counted.hashes.withLock { $0 } == ["ln=10,r=8,p=1$"], "\(id) \(password)")
        }
    }

    private final class Counted: Sendable {
        let hashes = Mutex<[String]>([])
    }

    @Test func `a right password is hashed anew when passwords cost more now, a wrong one never`() throws {
        let id = try #require(CustomerID("PASSWORD"))
        let before = try bank.customerStore.customer(id)?.passwordHash
        func logIn(_ password: String, cost: Int) throws -> String? {
            _ = desk.logIn(
                LoginDesk.Attempt(
                    method: .password(typedID: "PASSWORD"), password: Array(password.utf8), host: "h",
                    address: "a",
                    rules: LoginRules(
                        offersCertificate: true, offersPassword: true, lockout: LockoutPolicy()),
                    hashing: try #require(ScryptParameters(costLog2: cost)), at: now))
            return try bank.customerStore.customer(id)?.passwordHash
        }
        #expect(try logIn("password", cost: 10) == before)
        #expect(try logIn("wrong", cost: 11) == before)
        let after = try logIn("password", cost: 11)
        #expect(after?.hasPrefix("$scrypt$ln=11,r=8,p=1$") == true)
        #expect(try logIn("password", cost: 10) == after, "and still fits")
        #expect(try counter("PASSWORD") == FailureCounter())
    }

    /// In time of this thread's processor, so that a busy machine changes nothing. The customers here have
    /// hashes of a thirtieth of the decoy's cost.
    @Test func `an unknown ID costs as much as the decoy`() throws {
        func cost(_ work: () throws -> Void) rethrows -> Int {
            var before = timespec()
            var after = timespec()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
            try work()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
            return (after.tv_sec - before.tv_sec) * 1_000_000_000 + after.tv_nsec - before.tv_nsec
        }
        let decoy = try cost { _ = try PasswordHash.decoy(hashing).matches([1]) }
        for id in ["NOBODY", "", "no id at all"] {
            #expect(cost { _ = attempt(.password(typedID: id)) } > decoy / 2)
        }
    }

    // MARK: Lockout

    @Test func `wrong passwords pause a customer, pauses stop one, and waiting ends only the pause`() throws {
        let id = LoginDesk.Attempt.Method.password(typedID: "PASSWORD")
        #expect(attempt(id, "wrong").refusal == .wrongPassword)
        #expect(try counter("PASSWORD")?.consecutive == 1)
        #expect(attempt(id, "wrong").refusal == .paused)
        #expect(attempt(id).refusal == .paused, "the right password changes nothing")
        #expect(attempt(id, "wrong", after: 9).refusal == .paused)
        #expect(try counter("PASSWORD")?.pauses == 1, "what is tried during a pause does not count")
        #expect(attempt(id, "wrong", after: 10).refusal == .wrongPassword)
        #expect(attempt(id, "wrong", after: 11).refusal == .stopped)
        #expect(attempt(id, after: 1_000_000).refusal == .stopped)
        #expect(try bank.customerStore.customer(#require(CustomerID("PASSWORD")))?.status == .stopped)
    }

    @Test func `a success ends the counting`() throws {
        let id = LoginDesk.Attempt.Method.password(typedID: "PASSWORD")
        _ = attempt(id, "wrong")
        #expect(try session(attempt(id)) != nil)
        #expect(try counter("PASSWORD") == FailureCounter())
    }

    @Test func `an ID that nobody has is never counted`() throws {
        for _ in 0..<5 { #expect(attempt(.password(typedID: "NOBODY"), "wrong").refusal == .unknownCustomer) }
        #expect(try bank.customerStore.count() == 5)
    }

    // MARK: Let in

    @Test func `a password session is bound to no certificate`() throws {
        let session = try #require(try session(attempt(.password(typedID: "EITHER"))))
        #expect(session.method == .password)
        #expect(session.certificateFingerprint == nil)
        #expect(session.customer.text == "EITHER")
        #expect(session.clientAddress == "192.0.2.1")
    }

    @Test func `a certificate session is bound to the certificate and the epoch that let it in`() throws {
        let method = try certificate(of: "CERTIFICATE")
        guard case .certificate(_, let identity) = method else { throw NotTrusted() }
        let session = try #require(try session(attempt(method)))
        #expect(session.method == .certificate)
        #expect(session.certificateFingerprint == identity.leaf.fingerprint.bytes)
        #expect(session.trustEpoch == 5)
    }

    @Test func `an enrolled certificate opens its customer's session`() throws {
        let key = [UInt8](repeating: 9, count: 32)
        try bank.customerStore.enroll(
            Enrolment(issuerSerialKey: key), for: #require(CustomerID("CERTIFICATE")))
        let session = try session(attempt(certificate(.enrolment(EnrolmentClaim(issuerSerialKey: key)))))
        #expect(session?.customer.text == "CERTIFICATE")
    }

    @Test func `the newest session wins`() throws {
        guard case .opened(let first) = attempt(.password(typedID: "EITHER")) else { throw NotTrusted() }
        let second = try session(attempt(certificate(of: "EITHER")))
        #expect(second != nil)
        let hash = LoginDesk.hash(ofCookie: first)
        #expect(try desk.session(idHash: hash, use: (now, 30)) == nil)
        #expect(try desk.isSuperseded(idHash: hash))
    }

    @Test func `the audit log has every outcome and never a password or a cookie`() throws {
        guard case .refused(_, let code, _) = attempt(.password(typedID: "PASSWORD"), "hunter2-wrong") else {
            throw NotTrusted()
        }
        _ = attempt(.password(typedID: "hunter2 typed as ID"))
        guard case .opened(let token) = attempt(.password(typedID: "EITHER")) else { throw NotTrusted() }
        let text = try bank.audited()
        #expect(text.contains(code.text))
        #expect(text.contains("wrongPassword"))
        #expect(text.contains("unknownCustomer"))
        #expect(text.contains("login.accepted"))
        #expect(!text.contains("hunter2"))
        #expect(!text.contains(token))
    }
}

extension LoginDesk.Outcome {
    fileprivate var refusal: LoginRefusal? {
        if case .refused(let refusal, _, _) = self { return refusal }
        return nil
    }
}
