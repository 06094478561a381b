import Identity
import Storage
import TestFolders
import Testing
import Text

@Suite(.everyStore) struct CustomerStoreTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func open() throws -> CustomerStore {
        CustomerStore(try identityDatabase(in: folder))
    }

    @Test func `a duty comes back as saved, and can be lifted`() throws {
        let customers = try open()
        var one = try customer("A")
        for duty in CustomerDuty.allCases + [nil] {
            one.duty = duty
            try customers.save([one])
            #expect(try customers.customer(id("A"))?.duty == duty)
        }
    }

    @Test func `a password hash is replaced unless it was changed meanwhile`() throws {
        let customers = try open()
        try customers.save([customer("A")])
        try customers.replacePasswordHash("other", by: "new", of: id("A"))
        #expect(try customers.customer(id("A"))?.passwordHash == "$scrypt$")
        try customers.replacePasswordHash("$scrypt$", by: "new", of: id("A"))
        #expect(try customers.customer(id("A"))?.passwordHash == "new")
    }

    @Test func `failures of nobody are counted, and make nobody a customer`() throws {
        let customers = try open()
        for _ in 0..<3 { try customers.recordUnknown(bucket: 7) }
        try customers.recordUnknown(bucket: 8)
        #expect(try customers.count() == 0)
    }

    @Test func `nobody is nil`() throws {
        let store = try open()
        #expect(try store.customer(id("TSUSER0001")) == nil)
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1, 2, 3])) == nil)
        #expect(try store.count() == 0)
    }

    @Test func `a customer comes back as saved, also after the file was closed`() throws {
        let saved = Customer(
            id: try id("TSUSER0001"), displayName: "都島 太郎", role: .master, method: .certificate,
            status: .closed, passwordHash: "$scrypt$x",
            failures: FailureCounter(consecutive: 3, pauses: 2, pausedUntil: now))
        try open().save([saved])
        let store = try open()
        #expect(try store.customer(saved.id) == saved)
        #expect(try store.count() == 1)
    }

    @Test(arguments: CustomerRole.allCases)
    func `every role, method and status survives`(_ role: CustomerRole) throws {
        let store = try open()
        for method in AuthenticationMethod.allCases {
            for status in CustomerStatus.allCases {
                var one = try customer("A")
                (one.role, one.method, one.status) = (role, method, status)
                try store.save([one])
                #expect(try store.customer(one.id) == one)
            }
        }
    }

    @Test func `IDs that differ in case are two customers`() throws {
        let store = try open()
        try store.save([try customer("CUST001"), try customer("cust001")])
        #expect(try store.count() == 2)
        #expect(try store.customer(id("Cust001")) == nil)
    }

    @Test func `saving again replaces the customer and keeps the failures`() throws {
        let store = try open()
        try store.save([try customer("A")])
        let counter = try store.recordFailure(id("A"), LockoutPolicy(), at: now)
        var renamed = try customer("A")
        renamed.displayName = "豊洲 花子"
        renamed.method = .either
        try store.save([renamed])
        renamed.failures = counter
        #expect(try store.customer(id("A")) == renamed)
    }

    @Test func `lifting a stop clears the counter that led to it`() throws {
        let store = try open()
        var stopped = try customer("A", .stopped)
        stopped.failures = FailureCounter(pauses: 3, pausedUntil: now)
        try store.save([stopped])
        try store.save([try customer("A", .stopped)])
        #expect(try store.customer(id("A"))?.failures.pauses == 3)
        try store.save([try customer("A")])
        #expect(try store.customer(id("A")) == customer("A"))
    }

    // MARK: Failures

    @Test func `the fifth failure pauses and the third pause stops, across restarts`() throws {
        let policy = LockoutPolicy(failuresMax: 5, pauseSeconds: 60, pausesMax: 3)
        try open().save([try customer("A")])
        for pause in 1...3 {
            let time = now.adding(seconds: Int64(pause) * 60)
            for failure in 1...5 {
                let counter = try open().recordFailure(id("A"), policy, at: time)
                #expect(counter.consecutive == failure % 5)
                #expect(counter.pauses == (failure < 5 ? pause - 1 : pause))
                let status = try open().customer(id("A"))?.status
                #expect(status == (pause == 3 && failure == 5 ? .stopped : .active))
            }
        }
    }

    @Test func `a stopped or closed customer's counter stands still`() throws {
        let store = try open()
        for status in [CustomerStatus.stopped, .closed] {
            try store.save([try customer("A", status)])
            #expect(try store.recordFailure(id("A"), LockoutPolicy(), at: now) == FailureCounter())
            #expect(try store.customer(id("A"))?.status == status)
        }
    }

    @Test func `nobody's failure is a conflict`() throws {
        let store = try open()
        #expect(
            try refusal {
                _ = try store.recordFailure(id("A"), LockoutPolicy(), at: now)
            }.isConflict)
    }

    @Test func `a success forgets failures and pauses`() throws {
        let store = try open()
        var one = try customer("A")
        one.failures = FailureCounter(consecutive: 4, pauses: 2, pausedUntil: now)
        try store.save([one])
        try store.recordSuccess(one.id)
        #expect(try store.customer(one.id) == customer("A"))
        try store.recordSuccess(one.id)
        try store.recordSuccess(id("NOBODY"))
        #expect(try store.count() == 1)
    }

    @Test func `failures from many threads of two programs are counted exactly`() throws {
        let stores = [try open(), try open()]
        let policy = LockoutPolicy(failuresMax: 1_000, pauseSeconds: 60, pausesMax: 3)
        try stores[0].save([try customer("A"), try customer("B")])
        let customer = try id("A")
        let results = concurrently(16) { (thread) -> Result<[Int], StoreFault> in
            do throws(StoreFault) {
                var counts: [Int] = []
                for _ in 0..<12 {
                    counts.append(try stores[thread % 2].recordFailure(customer, policy, at: now).consecutive)
                }
                return .success(counts)
            } catch { return .failure(error) }
        }
        let counts = try results.flatMap { try $0.get() }
        #expect(counts.sorted() == Array(1...192))
        #expect(try stores[1].customer(customer)?.failures.consecutive == 192)
        #expect(try stores[1].customer(id("B"))?.failures == FailureCounter())
    }

    @Test func `failures sent at once pause once and do not stop`() throws {
        let store = try open()
        try store.save([try customer("A")])
        let customer = try id("A")
        let results = concurrently(20) { (_) -> Result<FailureCounter, StoreFault> in
            do throws(StoreFault) {
                return .success(try store.recordFailure(customer, LockoutPolicy(), at: now))
            } catch { return .failure(error) }
        }
        #expect(try results.filter { try $0.get().isPaused(at: now) }.count == 16)
        #expect(try store.customer(customer)?.failures.pauses == 1)
        #expect(try store.customer(customer)?.status == .active)
    }

    // MARK: Enrolment

    @Test func `an enrolled certificate finds its customer, old and new side by side`() throws {
        let store = try open()
        try store.save([try customer("A"), try customer("B")])
        try store.enroll(Enrolment(issuerSerialKey: [1]), for: id("A"))
        try store.enroll(Enrolment(issuerSerialKey: [2]), for: id("A"))
        try store.enroll(Enrolment(issuerSerialKey: [2]), for: id("A"))
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1])) == customer("A"))
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [2])) == customer("A"))
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [3])) == nil)
    }

    @Test func `one certificate is never two customers'`() throws {
        let store = try open()
        try store.save([try customer("A"), try customer("B")])
        try store.enroll(Enrolment(issuerSerialKey: [1]), for: id("A"))
        #expect(try refusal { try store.enroll(Enrolment(issuerSerialKey: [1]), for: id("B")) }.isConflict)
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1])) == customer("A"))
    }

    @Test func `nobody's certificate is not enrolled`() throws {
        let store = try open()
        #expect(try refusal { try store.enroll(Enrolment(issuerSerialKey: [1]), for: id("A")) }.isConflict)
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1])) == nil)
    }

    @Test func `a claim with a fingerprint wants the very certificate`() throws {
        let store = try open()
        try store.save([try customer("A")])
        try store.enroll(Enrolment(issuerSerialKey: [1], fingerprint: [7]), for: id("A"))
        try store.enroll(Enrolment(issuerSerialKey: [2]), for: id("A"))
        func owner(_ key: [UInt8], _ fingerprint: [UInt8]?) throws -> Customer? {
            try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: key, fingerprint: fingerprint))
        }
        #expect(try owner([1], [7]) == customer("A") && owner([1], nil) == customer("A"))
        #expect(try owner([1], [8]) == nil && owner([2], [7]) == nil && owner([2], []) == nil)
    }

    @Test func `what was unenrolled is nobody's, and only its own customer's enrolment ends`() throws {
        let store = try open()
        try store.save([try customer("A"), try customer("B")])
        let first = Enrolment(
            issuerSerialKey: [1], fingerprint: [7], subject: "CN=A", notAfter: now, enrolledAt: now)
        let second = Enrolment(
            issuerSerialKey: [2], fingerprint: [8], subject: "CN=A2", notAfter: now, enrolledAt: now)
        try store.enroll(first, for: id("A"))
        try store.enroll(second, for: id("A"))
        #expect(try store.enrolments(of: id("A")) == [first, second])
        #expect(try store.enrolments(of: id("B")) == [])
        #expect(try !store.unenroll(issuerSerialKey: [1], of: id("B")))
        #expect(try store.unenroll(issuerSerialKey: [1], of: id("A")))
        #expect(try !store.unenroll(issuerSerialKey: [1], of: id("A")))
        #expect(try store.enrolments(of: id("A")) == [second])
        #expect(try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1])) == nil)
    }

    @Test
    func `of certificates that have logged in the one that began last is remembered, from its first login`()
        throws
    {
        let store = try open()
        try store.save([try customer("A"), try customer("B")])
        func certificate(_ key: UInt8, from begin: Int64, at login: Int64) -> NewestCertificate {
            NewestCertificate(
                issuerSerialKey: [key], notBefore: WallTime(seconds: begin),
                firstLoginAt: WallTime(seconds: login))
        }
        let steps = [
            (certificate(1, from: 10, at: 100), certificate(1, from: 10, at: 100)),
            (certificate(1, from: 10, at: 101), certificate(1, from: 10, at: 100)),
            (certificate(2, from: 20, at: 102), certificate(2, from: 20, at: 102)),
            (certificate(1, from: 10, at: 103), certificate(2, from: 20, at: 102)),
            (certificate(3, from: 20, at: 104), certificate(2, from: 20, at: 102)),
        ]
        for (recorded, newest) in steps {
            try store.recordCertificate(recorded, of: id("A"), issuer: [5])
            #expect(try store.newestCertificate(of: id("A"), issuer: [5]) == newest)
        }
        #expect(try store.newestCertificate(of: id("A"), issuer: [6]) == nil)
        #expect(try store.newestCertificate(of: id("B"), issuer: [5]) == nil)
        #expect(
            try refusal { try store.recordCertificate(steps[0].0, of: id("NOBODY"), issuer: [5]) }.isConflict)
    }

    @Test func `the bank's changes reach one customer, and lifting a stop clears the counter`() throws {
        let store = try open()
        let failures = FailureCounter(consecutive: 1, pauses: 2, pausedUntil: now)
        var one = try customer("A")
        one.status = .stopped
        one.failures = failures
        try store.save([one, try customer("B")])
        #expect(try store.change(id("A"), .status(.closed))?.failures == failures)
        #expect(try store.change(id("A"), .status(.active))?.failures == failures)
        let stopped = try store.change(id("A"), .status(.stopped))
        #expect(stopped?.failures == FailureCounter() && stopped?.isLockedOut == false)
        try store.save([one])
        let lifted = try store.change(id("A"), .status(.active))
        #expect(lifted?.failures == FailureCounter() && lifted?.passwordChangedAt == nil)
        let changed = try store.change(id("A"), .passwordHash("other", at: now))
        #expect(changed?.passwordHash == "other" && changed?.passwordChangedAt == now)
        #expect(try store.customer(id("A")) == changed)
        #expect(try store.customer(id("B")) == customer("B"))
        #expect(try store.change(id("NOBODY"), .status(.closed)) == nil)
    }

    // MARK: Damage

    @Test(arguments: ["role = 'emperor'", "method = 'smile'", "status = ''"])
    func `a row that cannot be ours is corrupt, and never guessed`(_ damage: String) throws {
        let database = try identityDatabase(in: folder)
        let store = CustomerStore(database)
        try store.save([try customer("A")])
        try database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("UPDATE customers SET \(damage)")
        }
        #expect(try refusal { _ = try store.customer(id("A")) }.isCorrupt)
        #expect(try refusal { _ = try store.recordFailure(id("A"), LockoutPolicy(), at: now) }.isCorrupt)
    }

    @Test func `a stored ID that is none is corrupt`() throws {
        let database = try identityDatabase(in: folder)
        let store = CustomerStore(database)
        try store.save([try customer("A")])
        try database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("UPDATE customers SET id = 'two words'")
            _ = try connection.run(
                "INSERT INTO enrolments (issuer_serial, customer) VALUES (?1, 'two words')", .bytes([1]))
        }
        #expect(
            try refusal { _ = try store.customer(enrolledAs: EnrolmentClaim(issuerSerialKey: [1])) }.isCorrupt
        )
    }

    @Test func `a store without its tables is unavailable`() throws {
        let store = CustomerStore(try storeDatabase(in: folder, []))
        #expect(try refusal { _ = try store.customer(id("A")) }.isUnavailable)
        #expect(try refusal { try store.save([try customer("A")]) }.isUnavailable)
    }

    @Test func `a batch is saved whole or not at all`() throws {
        let store = try open()
        let bad = Customer(
            id: try id("B"), displayName: "試験", role: .general, method: .password, passwordHash: "",
            failures: FailureCounter(consecutive: -1))
        #expect(try refusal { try store.save([try customer("A"), bad]) }.isConflict)
        #expect(try store.count() == 0)
    }
}
