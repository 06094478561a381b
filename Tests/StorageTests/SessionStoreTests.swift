import Identity
import Storage
import TestFolders
import Testing
import Text

@Suite(.everyStore) struct SessionStoreTests {
    let folder: TestFolder
    let customers: CustomerStore
    let sessions: SessionStore

    init() throws {
        folder = try TestFolder()
        let database = try identityDatabase(in: folder)
        customers = CustomerStore(database)
        sessions = SessionStore(database)
        try customers.save([try customer("A"), try customer("B")])
    }

    private func session(
        _ hash: UInt8, of customer: String = "A", certificate: [UInt8]? = nil, epoch: UInt64? = nil,
        at time: WallTime = now
    ) throws -> Session {
        Session(
            idHash: [hash], publicID: "public-\(hash)", customer: try id(customer),
            method: certificate == nil ? .password : .certificate, certificateFingerprint: certificate,
            trustEpoch: epoch, authenticatedAt: time, lastSeenAt: time, clientAddress: "192.0.2.1")
    }

    @Test func `an unknown session is nil`() throws {
        #expect(try sessions.session(idHash: [1]) == nil)
        #expect(try sessions.session(idHash: []) == nil)
        #expect(try !sessions.isSuperseded(idHash: [1]))
        try sessions.touch(idHash: [1], at: now)
        try sessions.end(idHash: [1])
        #expect(try sessions.endAll(of: id("A")) == 0)
        #expect(try sessions.endAll(of: nil) == 0)
        #expect(try sessions.end(publicID: "public-1") == nil)
        #expect(try sessions.list(of: nil, after: nil, countMax: 9).isEmpty)
    }

    @Test func `sessions are listed part by part, the oldest first, without those that a newer one ended`()
        throws
    {
        _ = try sessions.open(session(1, at: now))
        _ = try sessions.open(session(2, of: "B", at: now.adding(seconds: 1)))
        try customers.save(["C", "D"].map { try customer($0) })
        _ = try sessions.open(session(3, of: "C", at: now))
        _ = try sessions.open(session(4, of: "D", at: now.adding(seconds: -5)))
        _ = try sessions.open(session(5, of: "B", at: now.adding(seconds: 2)))
        var listed: [Session] = []
        while true {
            let part = try sessions.list(of: nil, after: listed.last, countMax: 2)
            if part.isEmpty { break }
            #expect(part.count <= 2)
            listed += part
        }
        #expect(listed.map(\.idHash) == [[4], [1], [3], [5]])
        #expect(try sessions.list(of: id("B"), after: nil, countMax: 9).map(\.idHash) == [[5]])
        #expect(try sessions.list(of: id("B"), after: listed.last, countMax: 9).isEmpty)
    }

    @Test func `a session is ended by its public name, and only that one`() throws {
        _ = try sessions.open(session(1))
        _ = try sessions.open(session(2, of: "B"))
        #expect(try sessions.end(publicID: "public-1")?.customer.text == "A")
        #expect(try sessions.end(publicID: "public-1") == nil)
        #expect(try sessions.session(idHash: [1]) == nil)
        #expect(try sessions.session(idHash: [2]) != nil)
        #expect(try sessions.endAll(of: nil) == 1)
        #expect(try sessions.session(idHash: [2]) == nil)
    }

    @Test func `a session comes back as opened, also after the file was closed`() throws {
        let opened = try session(1, certificate: Array(0..<32), epoch: .max)
        #expect(try sessions.open(opened) == 0)
        let plain = try session(2, of: "B")
        #expect(try sessions.open(plain) == 0)
        let reopened = SessionStore(try identityDatabase(in: folder))
        #expect(try reopened.session(idHash: [1]) == opened)
        #expect(try reopened.session(idHash: [2]) == plain)
    }

    @Test func `the newest login wins, and the older browser can be told`() throws {
        #expect(try sessions.open(session(1)) == 0)
        #expect(try sessions.open(session(2, of: "B")) == 0)
        #expect(try sessions.open(session(3)) == 1)
        #expect(try sessions.open(session(4)) == 1)
        for hash: UInt8 in [1, 3] {
            #expect(try sessions.session(idHash: [hash]) == nil)
            #expect(try sessions.isSuperseded(idHash: [hash]))
        }
        for hash: UInt8 in [2, 4] {
            #expect(try sessions.session(idHash: [hash]) != nil)
            #expect(try !sessions.isSuperseded(idHash: [hash]))
        }
    }

    @Test func `logins at once leave one session`() throws {
        let opened = try (1...16).map { try session(UInt8($0)) }
        let store = sessions
        let results = concurrently(16) { (thread) -> Result<Int, StoreFault> in
            do throws(StoreFault) { return .success(try store.open(opened[thread])) } catch {
                return .failure(error)
            }
        }
        #expect(try results.reduce(0) { try $0 + $1.get() } == 15)
        #expect(try opened.filter { try sessions.session(idHash: $0.idHash) != nil }.count == 1)
    }

    @Test func `a session is not opened twice, nor with somebody else's names`() throws {
        _ = try sessions.open(session(1))
        #expect(try refusal { _ = try sessions.open(session(1)) }.isConflict)
        var sameName = try session(2, of: "B")
        sameName.publicID = "public-1"
        #expect(try refusal { _ = try sessions.open(sameName) }.isConflict)
        #expect(try sessions.session(idHash: [1]) != nil)
    }

    @Test func `a certificate session without a certificate is never stored`() throws {
        var unbound = try session(1)
        unbound.method = .certificate
        #expect(try refusal { _ = try sessions.open(unbound) }.isConflict)
        #expect(try sessions.session(idHash: [1]) == nil)
    }

    @Test(arguments: [CustomerStatus.stopped, .closed])
    func `a customer stopped while the password was verified gets no session`(_ status: CustomerStatus) throws
    {
        _ = try sessions.open(session(1))
        try customers.save([try customer("A", status)])
        #expect(try refusal { _ = try sessions.open(session(2)) }.isConflict)
        #expect(try sessions.session(idHash: [2]) == nil)
        #expect(try sessions.session(idHash: [1]) != nil)
    }

    @Test func `a customer paused while the password was verified gets no session before the pause is over`()
        throws
    {
        let policy = LockoutPolicy(failuresMax: 1, pauseSeconds: 60, pausesMax: 3)
        _ = try customers.recordFailure(id("A"), policy, at: now)
        let during = try session(1, at: now.adding(seconds: 59))
        #expect(try refusal { _ = try sessions.open(during) }.isConflict)
        #expect(try sessions.open(session(1, at: now.adding(seconds: 60))) == 0)
    }

    @Test func `nobody gets no session`() throws {
        #expect(try refusal { _ = try sessions.open(session(1, of: "C")) }.isConflict)
    }

    @Test func `a touch moves the time forward only, and of that session only`() throws {
        _ = try sessions.open(session(1))
        _ = try sessions.open(session(2, of: "B"))
        let later = now.adding(seconds: 40)
        try sessions.touch(idHash: [1], at: later)
        #expect(try sessions.session(idHash: [1])?.lastSeenAt == later)
        #expect(try sessions.session(idHash: [1])?.authenticatedAt == now)
        try sessions.touch(idHash: [1], at: now)
        #expect(try sessions.session(idHash: [1])?.lastSeenAt == later)
        #expect(try sessions.session(idHash: [2])?.lastSeenAt == now)
    }

    @Test func `ended is ended, one or all of a customer`() throws {
        _ = try sessions.open(session(1))
        _ = try sessions.open(session(2, of: "B"))
        try sessions.end(idHash: [1])
        #expect(try sessions.session(idHash: [1]) == nil)
        #expect(try !sessions.isSuperseded(idHash: [1]))
        #expect(try sessions.open(session(3)) == 0)
        _ = try sessions.endAll(of: id("A"))
        #expect(try sessions.session(idHash: [3]) == nil)
        #expect(try sessions.session(idHash: [2]) != nil)
    }

    @Test func `a purge removes what is older, however much, and nothing else`() throws {
        let database = try identityDatabase(in: folder)
        try database.write { (connection) throws(DatabaseFault) in
            for number in 0..<1_001 {
                try connection.run(
                    """
                    INSERT INTO sessions VALUES (?1, ?2, 'A', 'password', NULL, NULL, ?3, ?3, '192.0.2.1', 1)
                    """,
                    .bytes([0, UInt8(number / 256), UInt8(number % 256)]), DatabaseValue("old-\(number)"),
                    DatabaseValue(now.seconds - 1))
            }
        }
        _ = try sessions.open(session(1))
        #expect(try sessions.purge(authenticatedBefore: now) == 1_001)
        #expect(try sessions.purge(authenticatedBefore: now) == 0)
        #expect(try sessions.session(idHash: [1]) != nil)
    }
}
