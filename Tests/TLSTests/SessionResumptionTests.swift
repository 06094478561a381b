import COpenSSL
import Synchronization
import TestPKI
import Testing
import X509

@testable import TLS

/// Sessions that are taken up again: where, by whom, for how long, and what they bring back.
struct SessionResumptionTests {
    private final class TestClock: Sendable {
        private let seconds = Mutex<Int64>(1000)
        var now: Int64 { seconds.withLock { $0 } }
        func advance(_ step: Int64) { seconds.withLock { $0 += step } }
    }

    private let clock = TestClock()
    private let store: TLSSessionStore

    init() {
        store = TLSSessionStore(clock: { [clock] in clock.now })
    }

    /// A handshake, and one message each way: with TLS 1.3 the session comes behind the handshake.
    private func visit(
        _ context: ServerContext, _ client: ClientContext, _ name: String = "cert.example",
        with session: ClientSession? = nil
    ) throws -> Conversation {
        let talk = try Conversation(context, client, name: name, resuming: session).shakeHands()
        try #require(talk.isOpen, "\(String(describing: talk.serverFault))")
        #expect(talk.client.send("in") == .bytes(2))
        #expect(talk.server.received().bytes == Array("in".utf8))
        #expect(talk.server.send("out") == .bytes(3))
        #expect(talk.client.received().bytes == Array("out".utf8))
        #expect(talk.server.isResumed == talk.client.isResumed)
        return talk
    }

    private func client(_ version: TLSVersion, identity: ClientIdentity? = TestWorld.identity) throws
        -> ClientContext
    {
        try TestWorld.client(version, identity: identity, keepsSessions: true)
    }

    private func session(
        _ context: ServerContext, _ client: ClientContext, _ name: String = "cert.example"
    ) throws -> ClientSession {
        try #require(try visit(context, client, name).client.clientSession)
    }

    // Threats row 7.
    @Test(arguments: TLSVersion.allCases)
    func `a client is known again on another loop, by the whole chain it presented`(version: TLSVersion)
        throws
    {
        let client = try client(version)
        let first = try visit(TestWorld.server(store), client)
        #expect(!first.server.isResumed)
        let session = try #require(first.client.clientSession)
        let other = try TestWorld.server(store)
        let second = try visit(other, client, with: session)
        #expect(second.server.isResumed)
        #expect(second.server.version == first.server.version)
        #expect(second.server.presentedChain.map(\.der) == first.server.presentedChain.map(\.der))
        #expect(second.server.presentedChain.count == 2)
        #expect(second.server.hostIndex == first.server.hostIndex)
        #expect(second.server.serverName == first.server.serverName)
        #expect(second.server.applicationProtocol == "http/1.1")
        // And again, with what the second visit brought.
        let third = try visit(other, client, with: second.client.clientSession ?? session)
        #expect(third.server.isResumed)
        #expect(third.server.presentedChain.map(\.der) == first.server.presentedChain.map(\.der))
    }

    @Test(arguments: TLSVersion.allCases)
    func `a chain too long to judge is so again when resumed`(version: TLSVersion) throws {
        let many = Array(repeating: TestWorld.clientIssuer.pem, count: 10).flatMap { $0 }
        let long = ClientIdentity(
            chainPEM: TestWorld.customer.pem, keyPEM: TestWorld.customer.keyPEM)
        let context = try TestWorld.server(store)
        let client = try RawClient(context, version, name: "cert.example") { context in
            TestWorld.present(long, more: many, on: context)
        }
        client.shakeHands()
        #expect(client.server.presentedProblem == .chainTooLong)
        _ = client.server.send("ticket")
        _ = client.received()
        let session = try #require(RawSession(of: client))
        let again = try RawClient(context, version, name: "cert.example", session: session).shakeHands()
        #expect(again.server.isResumed)
        #expect(again.server.presentedProblem == .chainTooLong)
        #expect(again.server.presentedChain.count == 1)
    }

    // Threats row 1.
    @Test(arguments: TLSVersion.allCases)
    func `a session of one host is worth nothing under another name`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let anonymous = try client(version, identity: nil)
        let plain = try session(context, anonymous, "plain.example")
        let crossing = try visit(context, anonymous, "cert.example", with: plain)
        #expect(!crossing.server.isResumed)
        #expect(crossing.server.hostIndex == 1)
        #expect(crossing.server.presentedChain.isEmpty)

        let customer = try client(version)
        for name in ["plain.example", "b.cert.example"] {
            let session = try session(context, customer, "a.cert.example")
            let crossing = try visit(context, customer, name, with: session)
            #expect(!crossing.server.isResumed, "\(name)")
            #expect(crossing.server.presentedChain.count == (name == "plain.example" ? 0 : 2))
        }
    }

    // Threats row 1, without a server name.
    @Test(arguments: TLSVersion.allCases)
    func `a session is worth nothing where its server name is left out`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        func first(_ name: String?, _ session: RawSession?) throws -> RawClient {
            let client = try RawClient(context, version, name: name, session: session) { context in
                TestWorld.present(TestWorld.identity, on: context)
            }
            client.shakeHands()
            _ = client.server.send("ticket")
            _ = client.received()
            return client
        }
        let named = try #require(RawSession(of: try first("cert.example", nil)))
        // OpenSSL's client would send the name that it keeps with the session.
        #expect(unsafe SSL_SESSION_set1_hostname(named.handle, nil) == 1)
        let nameless = try first(nil, named)
        #expect(nameless.isOpen && !nameless.server.isResumed)
        let again = try first(nil, RawSession(of: nameless))
        #expect(again.server.isResumed)
        #expect(again.server.hostIndex == 1)
    }

    // Threats rows 2, 4 and 8: neither TLS 1.2 ids nor TLS 1.3 tickets cross a change of policy.
    @Test(arguments: TLSVersion.allCases)
    func `a session does not cross to a host that asks or trusts otherwise`(version: TLSVersion) throws {
        func context(_ request: ClientCertificateRequest, _ scope: [UInt8]) throws -> ServerContext {
            let host = TestWorld.certificate
            return try ServerContext(
                hosts: [
                    ServerHost(
                        names: ["cert.example"], chainPEM: host.chainPEM, keyPEM: host.keyPEM,
                        clientCertificate: request, isStrictest: true, sessionScope: scope)
                ], sessions: store)
        }
        let name = TestWorld.clientIssuer.certificate.subject.der
        let customer = try client(version)
        let base = try context(.requested(advertising: []), [1])
        #expect(
            try visit(base, customer, with: session(base, customer)).server.isResumed)
        let others = [
            try context(.requested(advertising: []), [2]), try context(.requested(advertising: []), []),
            try context(.requested(advertising: [name]), [1]), try context(.none, [1]),
        ]
        for other in others {
            let there = try visit(other, customer, with: session(base, customer))
            #expect(!there.server.isResumed)
            let back = try visit(base, customer, with: session(other, customer))
            #expect(!back.server.isResumed)
            #expect(back.server.presentedChain.count == 2)
        }
    }

    // Threats row 3.
    @Test(arguments: TLSVersion.allCases)
    func `a session ends 300 seconds after its first handshake, however often it is taken up`(
        version: TLSVersion
    ) throws {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        var session = try session(context, customer)
        for second in stride(from: 60, through: 299, by: 60) + [299] {
            clock.advance(Int64(second) - (clock.now - 1000))
            let talk = try visit(context, customer, with: session)
            #expect(talk.server.isResumed, "after \(second) seconds")
            session = talk.client.clientSession ?? session
        }
        clock.advance(1)
        let late = try visit(context, customer, with: session)
        #expect(!late.server.isResumed)
        #expect(late.server.presentedChain.count == 2)
    }

    // Threats row 8.
    @Test(arguments: TLSVersion.allCases)
    func `what the store has not, no cache of OpenSSL's own answers`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        let talk = try visit(context, customer)
        #expect(store.count == 1)
        talk.server.forgetSession()
        #expect(store.count == 0)
        let session = try #require(talk.client.clientSession)
        #expect(try !visit(context, customer, with: session).server.isResumed)
    }

    // Threats row 9.
    @Test func `early data is never taken`() throws {
        let context = try TestWorld.server(store)
        let first = try RawClient(context, .tls13, name: "plain.example").shakeHands()
        _ = first.server.send("ticket")
        _ = first.received()
        let session = try #require(RawSession(of: first))
        #expect(unsafe SSL_SESSION_is_resumable(session.handle) == 1)
        #expect(unsafe SSL_SESSION_get_max_early_data(session.handle) == 0)
        // A client that will not hear of it.
        unsafe SSL_SESSION_set_max_early_data(session.handle, 16384)
        let eager = try RawClient(context, .tls13, name: "plain.example", session: session)
        var written = 0
        ERR_clear_error()
        _ = unsafe SSL_write_early_data(eager.ssl, "POST /pay", 9, &written)
        #expect(written == 9)
        eager.shakeHands()
        #expect(eager.isOpen && eager.server.isResumed)
        #expect(unsafe SSL_get_early_data_status(eager.ssl) == SSL_EARLY_DATA_REJECTED)
        #expect(eager.server.received().bytes.isEmpty)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a TLS 1 3 session is used up by taking it, a TLS 1 2 session is not`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        let session = try session(context, customer)
        #expect(try visit(context, customer, with: session).server.isResumed)
        #expect(try visit(context, customer, with: session).server.isResumed == (version == .tls12))
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client that showed no certificate is asked again next time`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let anonymous = try client(version, identity: nil)
        let talk = try visit(context, anonymous)
        #expect(store.count == 0)
        let customer = try client(version)
        let again = try visit(context, customer, with: talk.client.clientSession)
        #expect(!again.server.isResumed)
        #expect(again.server.presentedChain.count == 2)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a connection that fails takes its session with it, one that ends does not`(version: TLSVersion)
        throws
    {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        let broken = try visit(context, customer)
        SocketPair.send([0x17, 3, 3, 0, 17] + Array(repeating: 9, count: 17), to: broken.sockets.far)
        guard case .failed = broken.server.received().end else {
            Issue.record("no fault")
            return
        }
        let session = try #require(broken.client.clientSession)
        #expect(try !visit(context, customer, with: session).server.isResumed)

        let closed = try visit(context, customer)
        #expect(closed.client.sendCloseNotify() == .done)
        #expect(closed.server.received().end == .closed)
        closed.sockets.closeFar()
        let other = try #require(closed.client.clientSession)
        let cut = try visit(context, customer, with: other)
        #expect(cut.server.isResumed)
        cut.sockets.closeFar()
        #expect(try cut.server.received().end == .failed(.truncatedForTests))
        let last = cut.client.clientSession ?? other
        #expect(try visit(context, customer, with: last).server.isResumed)
    }

    // Threats row 12.
    @Test(arguments: TLSVersion.allCases)
    func `the case of a server name makes no difference`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let client = try RawClient(context, version, name: "CERT.example") { context in
            TestWorld.present(TestWorld.identity, on: context)
        }
        client.shakeHands()
        _ = client.server.send("ticket")
        _ = client.received()
        let session = try #require(RawSession(of: client))
        let again = try RawClient(context, version, name: "cert.EXAMPLE", session: session).shakeHands()
        #expect(again.server.isResumed)
        #expect(again.server.presentedChain.count == 2)
    }

    // Threats row 11.
    @Test(arguments: TLSVersion.allCases)
    func `a ClientHello in pieces resumes as a whole one does`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        let relay = try FragmentingRelay(
            context, customer, name: "cert.example", resuming: session(context, customer))
        relay.shakeHands()
        #expect(relay.fragmentCount > 100)
        #expect(relay.serverStep == .done && relay.server.isResumed)
        #expect(relay.server.presentedChain.count == 2)
    }

    // Threats row 55.
    @Test func `key updates are counted on resumed connections too`() throws {
        let context = try TestWorld.server(store)
        let first = try RawClient(context, .tls13, name: "plain.example").shakeHands()
        _ = first.server.send("ticket")
        _ = first.received()
        let client = try RawClient(
            context, .tls13, name: "plain.example", session: RawSession(of: first)
        ).shakeHands()
        #expect(client.server.isResumed)
        for _ in 0...TLSFault.keyUpdatesMax {
            #expect(unsafe SSL_key_update(client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
            unsafe SSL_do_handshake(client.ssl)
        }
        client.send("unheard")
        guard case .failed(let fault) = client.server.received().end else {
            Issue.record("no fault")
            return
        }
        #expect(fault == .keyUpdateFlood)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a made-up session is not found, and a full handshake follows`(version: TLSVersion) throws {
        let context = try TestWorld.server(store)
        let customer = try client(version)
        let session = try session(context, customer)
        let empty = try TestWorld.server(TLSSessionStore())
        let talk = try visit(empty, customer, with: session)
        #expect(!talk.server.isResumed)
        #expect(talk.server.presentedChain.count == 2)
    }

    @Test(arguments: TLSVersion.allCases, [1, 3, 65])
    func `a full store loses its oldest session first`(version: TLSVersion, sessionsMax: Int) throws {
        let small = TLSSessionStore(sessionsMax: sessionsMax)
        let context = try TestWorld.server(small)
        let client = try client(version, identity: nil)
        for _ in 0..<(4 * sessionsMax) { _ = try session(context, client, "plain.example") }
        #expect(small.count <= sessionsMax)
        #expect(small.count >= sessionsMax / 2)
        let last = try session(context, client, "plain.example")
        #expect(try visit(context, client, "plain.example", with: last).server.isResumed)
    }
}

/// The store by itself, over sessions with no handshake behind them.
struct TLSSessionStoreTests {
    private func id(_ number: UInt64) throws -> SessionID {
        let words: [UInt64] = [number, 0, 0, 0]
        return try #require(unsafe words.withUnsafeBytes { unsafe SessionID($0) })
    }

    private func session(_ version: TLSVersion, deadline: Int64 = .max) throws -> StoredSession {
        guard let blank = unsafe SSL_SESSION_new() else { preconditionFailure("no memory") }
        defer { unsafe SSL_SESSION_free(blank) }
        unsafe SSL_SESSION_set_protocol_version(blank, version.rawValue)
        unsafe SSL_SESSION_set_cipher(blank, Self.cipher(version))
        return try #require(
            unsafe StoredSession(
                copying: blank,
                from: SessionOrigin(
                    hostIndex: 0, serverName: nil, presentedChain: [], presentedProblem: nil,
                    deadline: deadline)))
    }

    private static func cipher(_ version: TLSVersion) -> OpaquePointer? {
        let context = unsafe SSL_CTX_new(TLS_method())
        let ssl = unsafe SSL_new(context)
        defer {
            unsafe SSL_free(ssl)
            unsafe SSL_CTX_free(context)
        }
        // Ciphers are constants of OpenSSL.
        return unsafe SSL_CIPHER_find(ssl, version == .tls13 ? [0x13, 0x01] : [0xC0, 0x2B])
    }

    // What a session weighs is what a full store takes of a machine's memory.
    @Test(arguments: TLSVersion.allCases)
    func `a stored session has its keys, and of the peer's certificate the digest alone`(version: TLSVersion)
        throws
    {
        let store = TLSSessionStore()
        let client = try RawClient(TestWorld.server(store), version, name: "plain.example").shakeHands()
        _ = client.server.send("ticket")
        _ = client.received()
        let raw = try #require(RawSession(of: client))
        // A client keeps its server's certificate, as a server keeps its client's.
        #expect(unsafe SSL_SESSION_get0_peer(raw.handle) != nil)
        func origin(_ certificate: TestCertificate) -> SessionOrigin {
            SessionOrigin(
                hostIndex: 0, serverName: nil, presentedChain: [certificate.certificate],
                presentedProblem: nil, deadline: .max)
        }
        let mine = origin(TestWorld.customer)
        let stored = try #require(unsafe StoredSession(copying: raw.handle, from: mine))
        #expect(stored.byteCount < 400)
        guard let again = unsafe stored.handOut() else {
            Issue.record("the session does not come back")
            return
        }
        defer { unsafe SSL_SESSION_free(again) }
        #expect(unsafe SSL_SESSION_get0_peer(again) == nil)
        func key(_ session: OpaquePointer) -> [UInt8] {
            unsafe [UInt8](unsafeUninitializedCapacity: 64) { bytes, count in
                unsafe count = SSL_SESSION_get_master_key(session, bytes.baseAddress, bytes.count)
            }
        }
        #expect(unsafe key(again) == key(raw.handle))
        #expect(unsafe !key(again).isEmpty)
        #expect(unsafe SSL_SESSION_get_protocol_version(again) == version.rawValue)
        // Both parts belong together, and are taken for nobody else's.
        #expect(unsafe StoredSession.isSession(again, of: mine))
        #expect(unsafe !StoredSession.isSession(again, of: origin(TestWorld.clientIssuer.issue("other"))))
        #expect(unsafe !StoredSession.isSession(nil, of: mine))
    }

    @Test func `a shard holds as many as it may, and then the newest`() throws {
        let store = TLSSessionStore(sessionsMax: 64)
        // Ids that are equal modulo 64 share a shard, and each of the 64 has room for one.
        try store.insert(session(.tls12), as: id(64))
        try store.insert(session(.tls12), as: id(65))
        #expect(store.count == 2)
        try store.insert(session(.tls12), as: id(128))
        #expect(store.count == 2)
        #expect(try store.session(id(64), ofHost: 0, serverName: nil) == nil)
        #expect(try store.session(id(128), ofHost: 0, serverName: nil) != nil)
    }

    @Test func `sessions taken out leave room, however many come and go`() throws {
        let store = TLSSessionStore(sessionsMax: 4)
        try store.insert(session(.tls12), as: id(4))
        for number in 1...1000 as ClosedRange<UInt64> {
            try store.insert(session(.tls13), as: id(4 * number + 1))
            #expect(try store.session(id(4 * number + 1), ofHost: 0, serverName: nil) != nil)
            #expect(store.count == 1)
        }
        #expect(try store.session(id(4), ofHost: 0, serverName: nil) != nil)
    }

    @Test func `only ids of 32 bytes are ids`() {
        for count in [0, 1, 31, 33, 64] {
            let bytes = [UInt8](repeating: 7, count: count)
            #expect(unsafe bytes.withUnsafeBytes { unsafe SessionID($0) } == nil)
        }
    }

    @Test func `threads that store, find and remove at once do not disturb each other`() async throws {
        let store = TLSSessionStore(sessionsMax: 100)
        await withTaskGroup(of: Int.self) { group in
            for thread in 0..<4 as Range<UInt64> {
                group.addTask { [self] in
                    var found = 0
                    for number in 0..<2000 as Range<UInt64> {
                        guard let mine = try? id(number << 8 | thread << 4),
                            let shared = try? id(number % 50),
                            let one = try? session(.tls13), let many = try? session(.tls12)
                        else { return -1 }
                        store.insert(one, as: mine)
                        store.insert(many, as: shared)
                        if let stored = store.session(mine, ofHost: 0, serverName: nil),
                            let handle = unsafe stored.handOut()
                        {
                            unsafe SSL_SESSION_free(handle)
                            found += 1
                        }
                        if let stored = store.session(shared, ofHost: 0, serverName: nil),
                            let handle = unsafe stored.handOut()
                        {
                            unsafe SSL_SESSION_free(handle)
                        }
                        if number % 3 == 0 { store.remove(shared) }
                    }
                    return found
                }
            }
            for await found in group { #expect(found > 0) }
        }
        #expect(store.count <= 100)
    }
}

private func + (steps: StrideThrough<Int>, more: [Int]) -> [Int] { Array(steps) + more }

extension TestWorld {
    /// Lets a raw client show a certificate, and whatever else behind it.
    static func present(_ identity: ClientIdentity, more: [UInt8] = [], on context: RawContext) {
        guard let chain = try? PEMFile.certificates(identity.chainPEM + more),
            let key = try? PEMFile.privateKey(identity.keyPEM)
        else { return }
        for (index, certificate) in chain.enumerated() {
            unsafe certificate.withHandle { handle in
                _ =
                    index == 0
                    ? unsafe SSL_CTX_use_certificate(context.handle, handle)
                    : unsafe shim_SSL_CTX_add1_chain_cert(context.handle, handle)
            }
        }
        unsafe SSL_CTX_use_PrivateKey(context.handle, key.key)
    }
}
