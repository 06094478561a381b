import COpenSSL
import Crypto
import TestPKI
import Testing
import Text
import X509

@testable import TLS

/// A context with few decoders sees, and says, what one with all of them does.
struct LibraryContextTests {
    private static let noon = WallTime(seconds: 1_800_000_000)

    /// What came of a handshake, and what is thought of the client.
    private struct Outcome: Equatable {
        var fault: String?
        var chain: [[UInt8]] = []
        var keys: [String] = []
        var verdict = ""
    }

    private func outcome(
        _ server: ServerContext, _ version: TLSVersion, _ identity: ClientIdentity, _ epoch: TrustEpoch
    ) throws -> Outcome {
        let client = try RawClient(server, version, name: "cert.example") { context in
            unsafe SSL_CTX_set_security_level(context.handle, 0)
            TestWorld.present(identity, on: context)
        }
        client.shakeHands()
        var outcome = Outcome(fault: client.serverFault?.code)
        let chain = client.server.presentedChain
        outcome.chain = chain.map(\.der)
        outcome.keys = chain.map(\.keySummary)
        outcome.verdict =
            switch epoch.judge(chain, at: Self.noon) {
            case .absent: "absent"
            case .trusted(let identity): "trusted \(identity.chain.map(\.fingerprint.hex))"
            case .refused(let reason, let leaf): "\(reason) \(leaf?.fingerprint.hex ?? "")"
            }
        return outcome
    }

    @Test(arguments: TLSVersion.allCases, TestKeyKind.allCases)
    func `verdicts are the same with all decoders and with few`(version: TLSVersion, kind: TestKeyKind) throws
    {
        let lean = try #require(LibraryContext.lean())
        let root = TestWorld.clientRoot
        let issuing = root.intermediate(name: TestName(stringLiteral: "Issuing \(kind)"), key: kind)
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1), anchors: [root.certificate], intermediates: [],
            policy: TrustPolicy())
        let leafs = [
            issuing.issue("TSUSER0001"), root.issue("TSUSER0002", key: kind),
            TestAuthority(name: "Stranger", key: kind).issue("TSUSER0003"),
        ]
        func server(_ library: LibraryContext) throws -> ServerContext {
            try ServerContext(hosts: [TestWorld.plain, TestWorld.certificate], library: library)
        }
        let known = try server(lean)
        for leaf in leafs {
            let identity = ClientIdentity(chainPEM: leaf.pem + issuing.pem, keyPEM: leaf.keyPEM)
            let full = try outcome(server(.processWide), version, identity, epoch)
            // The second time keys are known already, and the third time certificates.
            for context in [try server(lean), known, known] {
                #expect(try outcome(context, version, identity, epoch) == full)
            }
        }
        let good = ClientIdentity(chainPEM: leafs[0].pem + issuing.pem, keyPEM: leafs[0].keyPEM)
        #expect(try outcome(known, version, good, epoch).chain.count == 2)
    }

    @Test(arguments: TLSVersion.allCases, [TestKeyKind.p256, .p384, .rsa2048, .ed25519])
    func `a lean host serves with each kind of key`(version: TLSVersion, kind: TestKeyKind) throws {
        let lean = try #require(LibraryContext.lean())
        let made = TestWorld.serverRoot.issueServer(names: ["a.example"], key: kind)
        let host = ServerHost(
            names: ["a.example"], chainPEM: made.pem, keyPEM: made.keyPEM,
            clientCertificate: .requested(advertising: []), isStrictest: true)
        let server = try ServerContext(hosts: [host], sessions: TLSSessionStore(), library: lean)
        let context = try TestWorld.client(version, identity: TestWorld.identity, keepsSessions: true)
        let talk = try Conversation(server, context, name: "a.example").shakeHands()
        #expect(talk.isOpen)
        #expect(talk.server.send("hello") == .bytes(5))
        #expect(talk.client.received().bytes == Array("hello".utf8))
        let again = try Conversation(
            server, context, name: "a.example", resuming: talk.client.clientSession
        ).shakeHands()
        #expect(again.isOpen && again.server.isResumed)
    }

    @Test func `what the configuration needs and is not there is told at the start`() throws {
        let lean = try #require(LibraryContext.lean())
        for kind in TestKeyKind.allCases {
            let der = TestWorld.clientRoot.issue("A", key: kind).certificate.der
            #expect(LibraryContext.processWide.canRead(certificate: der))
            #expect(lean.canRead(certificate: der) == (kind != .dsa1024))
        }
        #expect(!lean.canRead(certificate: [0x30, 0]))
        #expect(!lean.canRead(certificate: []))
    }

    @Test func `a lean host offers the cipher suites that any other one does`() throws {
        func suites(_ library: LibraryContext) throws -> [String] {
            let context = try unsafe SSLContext(
                TLS_server_method(), from: .tls12, to: .tls13, library: library)
            guard let list = unsafe SSL_CTX_get_ciphers(context.handle) else { return [] }
            return unsafe (0..<shim_sk_SSL_CIPHER_num(list)).map { index in
                unsafe String(cString: SSL_CIPHER_get_name(shim_sk_SSL_CIPHER_value(list, index)))
            }
        }
        let lean = try #require(LibraryContext.lean())
        #expect(try suites(lean) == suites(.processWide))
        #expect(try suites(lean).count == 9)
    }

    @Test(arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
    func `a lean host agrees on each suite and group`(suite: String) throws {
        let lean = try #require(LibraryContext.lean())
        for group in ["X25519", "P-256", "P-384"] {
            let server = try ServerContext(
                hosts: [TestWorld.plain, TestWorld.certificate], library: lean)
            let client = try RawClient(server, .tls13, name: "cert.example") { context in
                #expect(unsafe SSL_CTX_set_ciphersuites(context.handle, suite) == 1)
                #expect(unsafe shim_SSL_CTX_set1_groups_list(context.handle, group) == 1)
                TestWorld.present(TestWorld.identity, on: context)
            }
            client.shakeHands()
            #expect(client.isOpen, "\(group): \(client.serverFault?.code ?? "")")
            #expect(client.server.cipher == suite)
            #expect(client.server.presentedChain.count == 2)
        }
    }

    @Test func `a loop keeps its context, and has it for itself`() throws {
        let first = try LibraryContext.ofLoop(0)
        #expect(try LibraryContext.ofLoop(0) === first)
        #expect(try LibraryContext.ofLoop(1) !== first)
        #expect(first.isLean == (OpenSSL_version_num() < 0x3020_0000))
    }

    @Test func `the same certificate is read once, and another one of the same name by itself`() throws {
        let server = try ServerContext(hosts: [TestWorld.certificate])
        func chain(_ identity: ClientIdentity) throws -> [Certificate] {
            try Conversation(
                server, TestWorld.client(.tls13, identity: identity), name: "cert.example"
            ).shakeHands().server.presentedChain
        }
        let first = try chain(TestWorld.identity)
        let second = try chain(TestWorld.identity)
        #expect(first.count == 2 && zip(first, second).allSatisfy { $0 === $1 })
        let namesake = TestWorld.clientIssuer.issue("TSUSER0001")
        let third = try chain(
            ClientIdentity(chainPEM: namesake.pem + TestWorld.clientIssuer.pem, keyPEM: namesake.keyPEM))
        #expect(third[0].der == namesake.certificate.der && third[0] !== first[0])
        #expect(third[1] === first[1])
    }
}
