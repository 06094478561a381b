import COpenSSL
import TestPKI
import Testing
import X509

@testable import TLS

/// Connections share the certificates that are known, and nobody can tell.
struct PeerCertificatesTests {
    /// A chain as OpenSSL has just received it.
    @safe private final class Received {
        let stack = unsafe shim_sk_X509_new_null()

        init(_ ders: [[UInt8]], in library: LibraryContext) {
            for der in ders {
                var certificate = unsafe X509_new_ex(library.handle, nil)
                unsafe der.withUnsafeBufferPointer { bytes in
                    var cursor = bytes.baseAddress
                    _ = unsafe d2i_X509(&certificate, &cursor, bytes.count)
                }
                _ = unsafe shim_sk_X509_push(stack, certificate)
            }
        }

        deinit { unsafe shim_sk_X509_pop_free(stack) }

        /// Nil when memory has run out.
        subscript(place: Int32) -> OpaquePointer! { unsafe shim_sk_X509_value(stack, place) }

        /// Where what is there has moved to.
        var addresses: [UInt] {
            let count = unsafe shim_sk_X509_num(stack)
            return (0..<count).map { unsafe UInt(bitPattern: self[$0]) }
        }
    }

    private let lean: LibraryContext
    private let peers: PeerCertificates
    private let chain = [TestWorld.customer.certificate.der, TestWorld.clientIssuer.certificate.der]

    init() throws {
        lean = try #require(LibraryContext.lean())
        peers = PeerCertificates(library: lean, halfMax: 2)
    }

    private func share(_ received: Received) -> [Certificate?] {
        guard let stack = unsafe received.stack else { return [] }
        return unsafe peers.share(stack, atMost: 10)
    }

    @Test func `what is known takes the place of the same bytes, and nothing is kept before its time`() {
        let first = Received(chain, in: lean)
        let before = first.addresses
        #expect(share(first) == [nil, nil] && peers.count == 0)
        #expect(first.addresses == before)
        let issuer = unsafe peers.certificate(first[1])
        let second = Received(chain, in: lean)
        let own = second.addresses[0]
        let known = share(second)
        #expect(known[0] == nil && known[1] === issuer)
        #expect(second.addresses == [own, before[1]])
        #expect(peers.count == 1)
    }

    @Test func `one byte more or less is another certificate`() {
        let first = Received(chain, in: lean)
        _ = unsafe (peers.certificate(first[0]), peers.certificate(first[1]))
        // The last byte is one of the signature's.
        let last = chain[0].indices.last ?? 0
        let changed = chain[0][..<last] + [chain[0][last] ^ 1]
        let other = Received([Array(changed), chain[1]], in: lean)
        let own = other.addresses[0]
        #expect(share(other)[0] == nil)
        #expect(other.addresses == [own, first.addresses[1]])
    }

    @Test func `what was pushed out stays good for the connections that share it`() {
        var first: Received? = Received(chain, in: lean)
        if let first { for place in 0..<2 { _ = unsafe peers.certificate(first[Int32(place)]) } }
        let second = Received(chain, in: lean)
        #expect(share(second).allSatisfy { $0 != nil })
        #expect(second.addresses == first?.addresses)
        first = nil
        for number in 0..<4 {
            let other = TestWorld.clientIssuer.issue(TestName(stringLiteral: "TSUSER\(number)"))
            _ = unsafe other.certificate.withHandle { unsafe peers.certificate($0) }
        }
        #expect(share(Received(chain, in: lean)) == [nil, nil])
        #expect(unsafe Certificate.der(of: second[0]) == chain[0])
        #expect(unsafe X509_verify(second[0], X509_get0_pubkey(second[1])) == 1)
    }

    /// It is read again, with a key that OpenSSL would then take for one that a handshake may use.
    @Test func `a certificate whose key TLS has no use for is not shared`() {
        let old = TestAuthority(name: "Old", key: .dsa1024).certificate.der
        let first = Received([old], in: lean)
        #expect(unsafe peers.certificate(first[0]).key.algorithm == .dsa)
        let second = Received([old], in: lean)
        let own = second.addresses
        #expect(share(second) == [nil] && second.addresses == own)
        #expect(unsafe X509_get0_pubkey(second[0]) == nil)
        ERR_clear_error()
    }

    @Test func `only so many places are looked at`() throws {
        let first = Received(chain, in: lean)
        for place in 0..<2 { _ = unsafe peers.certificate(first[Int32(place)]) }
        let second = Received(chain + chain, in: lean)
        let own = second.addresses
        let stack = try unsafe #require(second.stack)
        #expect(unsafe peers.share(stack, atMost: 3).count == 3)
        #expect(second.addresses == first.addresses + [first.addresses[0], own[3]])
    }

    @Test(arguments: TLSVersion.allCases)
    func `connections with the same certificate have one object of each`(version: TLSVersion) throws {
        let server = try TestWorld.server()
        func talk() throws -> Conversation {
            let client = try TestWorld.client(version, identity: TestWorld.identity)
            return try Conversation(server, client, name: "cert.example").shakeHands()
        }
        func objects(_ talk: Conversation) -> [OpaquePointer?] {
            let ssl = unsafe talk.server.ssl
            let issuer = unsafe shim_sk_X509_value(SSL_get_peer_cert_chain(ssl), 0)
            return unsafe [SSL_get0_peer_certificate(ssl), issuer]
        }
        var first: Conversation? = try talk()
        let known = first?.server.presentedChain ?? []
        let second = try talk()
        #expect(second.isOpen && known.map(\.der) == chain)
        #expect(zip(second.server.presentedChain, known).allSatisfy { $0 === $1 })
        let isShared = first.map { unsafe objects($0) == objects(second) }
        #expect(isShared == true)
        first = nil
        // The connection that is left goes on, and whoever comes next finds the same.
        #expect(second.server.send("hello") == .bytes(5))
        #expect(second.client.received().bytes == Array("hello".utf8))
        let third = try talk()
        #expect(unsafe objects(second) == objects(third))
    }

    @Test(arguments: TLSVersion.allCases)
    func `possession is proved each time, however well the certificate is known`(version: TLSVersion) throws {
        let server = try TestWorld.server()
        func talk(_ keyPEM: [UInt8]) throws -> Conversation {
            let identity = ClientIdentity(chainPEM: TestWorld.customer.pem, keyPEM: keyPEM)
            let client = try TestWorld.client(version, identity: identity)
            return try Conversation(server, client, name: "cert.example").shakeHands()
        }
        let forged = ForgedKey.pem(publicHalfOf: TestWorld.customer.certificate)
        for _ in 0..<2 {
            #expect(try talk(TestWorld.customer.keyPEM).isOpen)
            let refused = try talk(forged)
            #expect(refused.serverFault?.code == "peer.badSignature")
            #expect(refused.server.presentedChain.isEmpty)
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `a chain that is too long stays so when it is known`(version: TLSVersion) throws {
        var issuers = [TestAuthority(name: "Long Root")]
        for depth in 1...10 {
            issuers.append(issuers[depth - 1].intermediate(name: [.utf8("CN", "Depth \(depth)")]))
        }
        let server = try TestWorld.server()
        func talk(_ count: Int) throws -> Conversation {
            let leaf = issuers[count - 1].issue("TSUSER0001")
            let pem = leaf.pem + issuers[1..<count].reversed().flatMap(\.pem)
            let identity = ClientIdentity(chainPEM: pem, keyPEM: leaf.keyPEM)
            let client = try TestWorld.client(version, identity: identity)
            return try Conversation(server, client, name: "cert.example").shakeHands()
        }
        for count in [10, 10, 11, 11] {
            let chain = try talk(count).server
            #expect(chain.presentedProblem == (count == 10 ? nil : .chainTooLong))
            #expect(chain.presentedChain.count == (count == 10 ? 10 : 1))
        }
    }
}
