import COpenSSL
import TestPKI
import Testing
import Text
import X509

@testable import TLS

/// What a server learns of a client's certificate: all of it, once possession is proved, and no verdict.
struct PresentedChainTests {
    private func present(_ version: TLSVersion, _ leaf: TestCertificate, _ rest: [UInt8] = []) throws
        -> Conversation
    {
        let identity = ClientIdentity(chainPEM: leaf.pem + rest, keyPEM: leaf.keyPEM)
        return try TestWorld.talk(version, identity: identity)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client with another key than the certificate's fails the handshake`(version: TLSVersion) throws {
        let identity = ClientIdentity(
            chainPEM: TestWorld.customer.pem,
            keyPEM: ForgedKey.pem(publicHalfOf: TestWorld.customer.certificate))
        let talk = try TestWorld.talk(version, identity: identity)
        #expect(talk.serverFault?.code == "peer.badSignature")
        #expect(talk.server.presentedChain.isEmpty)
        #expect(talk.clientFault?.code == "peer.alert(decrypt_error)")
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client without a certificate is let in`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        #expect(talk.isOpen)
        #expect(talk.server.presentedChain.isEmpty)
        #expect(talk.server.presentedProblem == nil)
    }

    @Test(arguments: TLSVersion.allCases)
    func `the chain is there as it was sent, leaf first`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version, identity: TestWorld.identity)
        #expect(talk.isOpen)
        let expected = [TestWorld.customer.certificate, TestWorld.clientIssuer.certificate]
        #expect(talk.server.presentedChain.map(\.der) == expected.map(\.der))
        #expect(talk.server.presentedProblem == nil)
    }

    @Test(arguments: TLSVersion.allCases, [TestKeyKind.p384, .rsa2048])
    func `other kinds of key prove possession too`(version: TLSVersion, kind: TestKeyKind) throws {
        let leaf = TestWorld.clientIssuer.issue("TSUSER0002", key: kind)
        let talk = try present(version, leaf)
        #expect(talk.isOpen)
        #expect(talk.server.presentedChain.map(\.der) == [leaf.certificate.der])
    }

    @Test(arguments: TLSVersion.allCases)
    func `certificates that nobody should trust reach the judge`(version: TLSVersion) throws {
        let issuer = TestWorld.clientIssuer
        let stranger = TestAuthority(name: "Stranger")
        let odd = [
            stranger.issue("TSUSER0001"),
            issuer.issue("TSUSER0001", extendedKeyUsage: ["serverAuth"]),
            issuer.issue("TSUSER0001", keyUsage: "critical,keyEncipherment"),
            issuer.issue("TSUSER0001", isCA: true),
            issuer.issue("TSUSER0001", extensions: [TestExtension("2.5.29.17", "DER:0500")]),
            issuer.issue("TSUSER0001", extensions: [TestExtension("2.5.29.30", "critical,DER:0101FF")]),
            issuer.issue("TSUSER0001", extensions: [TestExtension("1.2.3.4.5", "critical,DER:DEADBEEF")]),
            issuer.issue("TSUSER0001", keyUsage: nil, extensions: [TestExtension("2.5.29.15", "DER:3000")]),
        ]
        for (index, leaf) in odd.enumerated() {
            let talk = try present(version, leaf)
            #expect(talk.isOpen, "certificate \(index)")
            #expect(talk.server.presentedChain.map(\.der) == [leaf.certificate.der], "certificate \(index)")
        }
    }

    /// `ClientContext` refuses to show these itself, so libssl does.
    @Test(arguments: TLSVersion.allCases)
    func `expired and weak certificates reach the judge`(version: TLSVersion) throws {
        let issuer = TestWorld.clientIssuer
        let odd = [
            issuer.issue("TSUSER0001", notAfter: WallTime(seconds: 1_600_000_000)),
            issuer.issue("TSUSER0001", notBefore: WallTime(seconds: 2_200_000_000)),
            issuer.issue("TSUSER0001", key: .rsa1024),
            issuer.issue("TSUSER0001", digest: .sha1),
        ]
        for (index, leaf) in odd.enumerated() {
            let client = try RawClient(TestWorld.server(), version, name: "cert.example") { context in
                unsafe SSL_CTX_set_security_level(context.handle, 0)
                unsafe leaf.certificate.withHandle { _ = unsafe SSL_CTX_use_certificate(context.handle, $0) }
                unsafe leaf.keyPEM.withUnsafeBytes { pem in
                    let input = unsafe BIO_new_mem_buf(pem.baseAddress, Int32(pem.count))
                    let key = unsafe PEM_read_bio_PrivateKey(input, nil, nil, nil)
                    unsafe SSL_CTX_use_PrivateKey(context.handle, key)
                    unsafe EVP_PKEY_free(key)
                    unsafe BIO_free_all(input)
                }
            }
            client.shakeHands()
            #expect(client.isOpen, "certificate \(index): \(client.serverStep)")
            #expect(client.server.presentedChain.map(\.der) == [leaf.certificate.der])
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `ten certificates are judged, eleven are a problem`(version: TLSVersion) throws {
        var issuers = [TestAuthority(name: "Long Root")]
        for depth in 1...10 {
            issuers.append(issuers[depth - 1].intermediate(name: [.utf8("CN", "Depth \(depth)")]))
        }
        for count in [10, 11] {
            let above = issuers[1..<count]
            let leaf = issuers[count - 1].issue("TSUSER0001")
            let talk = try present(version, leaf, above.reversed().flatMap(\.pem))
            #expect(talk.isOpen)
            #expect(talk.server.presentedProblem == (count == 10 ? nil : .chainTooLong))
            #expect(talk.server.presentedChain.count == (count == 10 ? 10 : 1))
            #expect(talk.server.presentedChain.first?.der == leaf.certificate.der)
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `a chain is read up to 64 KiB and ends the handshake beyond`(version: TLSVersion) throws {
        func leaf(padding: Int) -> TestCertificate {
            let bytes = String(repeating: "00", count: padding - 4)
            let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: padding >> $0) }
            let header = length.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return TestWorld.clientIssuer.issue(
                "TSUSER0001", extensions: [TestExtension("1.2.3.4.5", "DER:0484\(header)\(bytes)00000000")])
        }
        let fitting = try present(version, leaf(padding: 64_000))
        #expect(fitting.isOpen)
        #expect(fitting.server.presentedChain.count == 1)
        let talk = try present(version, leaf(padding: 65_600))
        #expect(talk.serverFault?.code == "peer.messageTooLarge")
        #expect(talk.serverFault?.blame == .peer)
    }

    @Test(arguments: TLSVersion.allCases)
    func `row 33: very large certificates are neither kept nor stored with sessions`(version: TLSVersion)
        throws
    {
        let store = TLSSessionStore()
        let server = try TestWorld.server(store)
        func visit(_ identity: ClientIdentity) throws {
            let client = try TestWorld.client(version, identity: identity, keepsSessions: true)
            let talk = try Conversation(server, client, name: "cert.example").shakeHands()
            #expect(talk.isOpen && talk.server.send("answer") == .bytes(6))
            #expect(talk.client.received().bytes.count == 6)
        }
        let padding = String(repeating: "AB", count: 30_000)
        for number in 0..<20 {
            let leaf = TestWorld.clientIssuer.issue(
                TestName(stringLiteral: "TSUSER\(number)"),
                extensions: [TestExtension("1.2.3.4.5", "DER:04827530\(padding)")])
            try visit(ClientIdentity(chainPEM: leaf.pem, keyPEM: leaf.keyPEM))
        }
        #expect(server.certificateCount == 0)
        #expect(store.count == 0)
        try visit(TestWorld.identity)
        #expect(server.certificateCount == 2)
        #expect(store.count == 1)
    }

    @Test func `row 33: of many certificates no more are kept than are allowed`() throws {
        let server = try TestWorld.server()
        let stranger = TestAuthority(name: "Stranger")
        for number in 0..<3000 {
            // Of one key, which takes no time to make.
            let leaf = stranger.certify(stranger, as: TestName(stringLiteral: "U\(number)"))
            let read = unsafe leaf.certificate.withHandle { unsafe server.peerCertificates.certificate($0) }
            #expect(read == leaf.certificate)
            #expect(server.certificateCount <= 2048)
        }
        #expect(server.certificateCount >= 1024)
    }
}
