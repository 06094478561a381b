import COpenSSL
import TLS
import TestPKI
import Testing
import X509

/// Which host a connection gets by its server name, and that the host's whole policy comes with it.
struct HostChoiceTests {
    @Test func `names are found exactly or over one label, whatever their case and with a dot or without`()
        throws
    {
        let context = try ServerContext(hosts: [
            TestWorld.host(["plain.example"]),
            TestWorld.host(["*.cert.example", "cert.example"], isStrictest: true),
            TestWorld.host(["special.cert.example", "a_b.example"]),
        ])
        let expected: [(String, Int?)] = [
            ("plain.example", 0), ("cert.example", 1), ("1.cert.example", 1), ("special.cert.example", 2),
            ("a_b.example", 2), ("example", nil), ("x.plain.example", nil), ("a.1.cert.example", nil),
            (".cert.example", nil), ("*.cert.example", nil), ("1cert.example", nil), ("", nil), (".", nil),
            ("plain.example..", nil), ("plain.example\u{0}", nil), ("plain.example ", nil),
            ("pl ain.example", nil),
            ("127.0.0.1", nil), ("pla\u{131}n.example", nil),
        ]
        for (name, index) in expected {
            #expect(context.hostIndex(forServerName: name) == index)
            #expect(context.hostIndex(forServerName: name.uppercased()) == index || name.contains("\u{131}"))
            if !name.hasSuffix(".") { #expect(context.hostIndex(forServerName: name + ".") == index) }
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `only the host that asks for certificates is shown one, whichever the strictest is`(
        version: TLSVersion
    ) throws {
        for certificateIsStrictest in [true, false] {
            let context = try ServerContext(hosts: [
                TestWorld.host(["plain.example"], isStrictest: !certificateIsStrictest),
                TestWorld.host(
                    ["cert.example"], .requested(advertising: []), isStrictest: certificateIsStrictest),
            ])
            for (name, index) in [("plain.example", 0), ("cert.example", 1)] {
                let talk = try Conversation(
                    context, TestWorld.client(version, identity: TestWorld.identity), name: name
                ).shakeHands()
                #expect(talk.isOpen)
                #expect(talk.server.hostIndex == index)
                #expect(talk.server.serverName == name)
                #expect(talk.server.presentedChain.count == index * 2)
            }
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `each host shows its own certificate`(version: TLSVersion) throws {
        let context = try TestWorld.server()
        for (index, name) in ["plain.example", "any.cert.example"].enumerated() {
            let talk = try Conversation(context, TestWorld.client(version), name: name).shakeHands()
            #expect(talk.isOpen)
            #expect(talk.client.presentedChain.first?.der == context.certificate(ofHost: index).der)
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client without a server name gets the strictest host`(version: TLSVersion) throws {
        let client = try RawClient(TestWorld.server(), version, name: nil).shakeHands()
        #expect(client.isOpen)
        #expect(client.server.hostIndex == 1)
        #expect(client.server.serverName == nil)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a name that no host has ends the handshake with unrecognized_name`(version: TLSVersion) throws {
        for name in ["other.example", "a.b.cert.example"] {
            let talk = try TestWorld.talk(version, to: name)
            #expect(talk.serverFault?.code == "peer.unknownName")
            #expect(talk.serverFault?.blame == .peer)
            #expect(talk.clientFault?.code == "peer.alert(unrecognized_name)")
            #expect(talk.server.hostIndex == nil)
        }
    }

    @Test(arguments: TLSVersion.allCases, ["bad name", "cert.example\u{1}", "*.cert.example", "-\u{e9}"])
    func `a name that cannot be one is answered like an unknown one`(version: TLSVersion, name: String) throws
    {
        let client = try RawClient(TestWorld.server(), version, name: name).shakeHands()
        #expect(client.serverFault?.code == "peer.unknownName")
        #expect(!client.isOpen)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a ClientHello in records of one byte gets the same host and policy`(version: TLSVersion) throws {
        for (name, chainCount) in [("plain.example", 0), ("CERT.example.", 2)] {
            let relay = try FragmentingRelay(
                TestWorld.server(), TestWorld.client(version, identity: TestWorld.identity), name: name)
            relay.shakeHands()
            #expect(relay.fragmentCount > 100)
            #expect(relay.serverStep == .done)
            #expect(relay.clientStep == .done)
            #expect(relay.server.hostIndex == (chainCount == 0 ? 0 : 1))
            #expect(relay.server.presentedChain.count == chainCount)
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func `a certificate host advertises its issuers, and a plain one none`(version: TLSVersion) throws {
        let name = subjectDER(TestWorld.clientIssuer.certificate)
        let context = try ServerContext(hosts: [
            TestWorld.host(["plain.example"], isStrictest: true),
            TestWorld.host(["cert.example"], .requested(advertising: [name, name])),
        ])
        for (server, count) in [("plain.example", Int32(-1)), ("cert.example", 2)] {
            let client = try RawClient(context, version, name: server).shakeHands()
            #expect(client.isOpen)
            let advertised = unsafe OPENSSL_sk_num(SSL_get0_peer_CA_list(client.ssl))
            #expect(max(advertised, 0) == max(count, 0))
        }
    }

    @Test func `hosts differ in their session id context`() throws {
        let contexts = try TestWorld.server().sessionIDContexts
        #expect(contexts.allSatisfy { $0.count == 32 })
        #expect(Set(contexts).count == 2)
    }

    @Test func `a ClientHello repeated after a HelloRetryRequest keeps its host`() throws {
        // The client sends a key share for P-521 first, which the server does not take; P-384 it does.
        let client = try RawClient(TestWorld.server(), .tls13, name: "plain.example") { context in
            _ = unsafe shim_SSL_CTX_set1_groups_list(context.handle, "P-521:P-384")
        }
        client.shakeHands()
        #expect(client.isOpen)
        #expect(client.server.hostIndex == 0)
    }

    @Test func `a ClientHello repeated with another name ends the handshake`() throws {
        for names in [("plain.example", "cert.example"), ("cert.example", "plain.example")] {
            let client = try RawClient(TestWorld.server(), .tls13, name: names.0) { context in
                _ = unsafe shim_SSL_CTX_set1_groups_list(context.handle, "P-521:P-384")
            }
            unsafe SSL_do_handshake(client.ssl)
            #expect(client.server.handshake() == .wantRead)
            _ = unsafe shim_SSL_set_tlsext_host_name(client.ssl, names.1)
            client.shakeHands()
            #expect(client.serverFault?.code == "peer.malformedName")
            #expect(client.server.serverName == names.0)
        }
    }

    @Test func `a server name extension that is cut, padded or of another type ends the handshake`() throws {
        func fault(_ serverNameExtension: [UInt8]) throws -> (code: String?, hostIndex: Int?) {
            let sockets = SocketPair()
            let connection = try TLSConnection(accepting: TestWorld.server(), socket: sockets.near)
            SocketPair.send(ClientHello.bytes(serverNameExtension: serverNameExtension), to: sockets.far)
            guard case .failed(let fault) = connection.handshake() else { return (nil, connection.hostIndex) }
            return (fault.code, connection.hostIndex)
        }
        let name = Array("plain.example".utf8)
        let valid: [UInt8] = [0, UInt8(name.count + 3), 0, 0, UInt8(name.count)] + name
        // What follows is past the name: this ClientHello offers no cipher of ours.
        #expect(try fault(valid) == ("peer.noSharedCipher", 0))
        for count in 0..<valid.count {
            #expect(try fault(Array(valid[..<count])) == ("peer.malformedName", nil))
        }
        #expect(try fault(valid + [0]) == ("peer.malformedName", nil))
        for (position, value) in [
            (0, UInt8(1)), (1, valid[1] + 1), (2, 1), (3, 1), (4, 0), (4, valid[4] - 1),
        ] {
            var changed = valid
            changed[position] = value
            #expect(try fault(changed) == ("peer.malformedName", nil))
        }
        #expect(try fault([0, 3, 0, 0, 0]) == ("peer.malformedName", nil))
        #expect(try fault(valid.dropLast(13) + Array("plain\u{0}example".utf8)) == ("peer.unknownName", nil))
    }

    private func subjectDER(_ certificate: Certificate) -> [UInt8] {
        unsafe certificate.withHandle { handle in
            var start: UnsafePointer<UInt8>?
            var count = 0
            unsafe X509_NAME_get0_der(X509_get_subject_name(handle), &start, &count)
            return unsafe Array(UnsafeBufferPointer(start: start, count: count))
        }
    }
}
