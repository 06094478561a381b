import TLS
import TestPKI
import Testing
import X509

/// Whom a client of this room believes.
struct ClientTests {
    private func talk(
        _ version: TLSVersion, _ made: TestCertificate, chain: [UInt8]? = nil, anchors: [UInt8], name: String
    ) throws -> Conversation {
        let context = try ServerContext(hosts: [
            ServerHost(
                names: ["a.example", "b.example"], chainPEM: chain ?? made.pem, keyPEM: made.keyPEM,
                clientCertificate: .none, isStrictest: true)
        ])
        let client = try ClientContext(anchorsPEM: anchors, versionMin: version, versionMax: version)
        return try Conversation(context, client, name: name).shakeHands()
    }

    @Test(arguments: TLSVersion.allCases)
    func `a server is believed for the names in its certificate only`(version: TLSVersion) throws {
        let root = TestWorld.serverRoot
        let made = root.issueServer(names: ["a.example"])
        #expect(try talk(version, made, anchors: root.pem, name: "a.example").isOpen)
        #expect(try talk(version, made, anchors: root.pem, name: "A.Example.").isOpen)
        let refused = try talk(version, made, anchors: root.pem, name: "b.example")
        #expect(refused.clientFault?.code == "peer.untrustedCertificate")
        #expect(refused.clientFault?.reason == "hostname mismatch")
        let commonNameOnly = root.issue("a.example", extendedKeyUsage: ["serverAuth"])
        let old = try talk(version, commonNameOnly, anchors: root.pem, name: "a.example")
        #expect(old.clientFault?.code == "peer.untrustedCertificate")
    }

    @Test(arguments: TLSVersion.allCases, ["127.0.0.1", "::1"])
    func `a server is believed for an address, which is not sent`(version: TLSVersion, address: String) throws
    {
        let root = TestWorld.serverRoot
        let made = root.issue("a.example", extendedKeyUsage: ["serverAuth"], san: ["IP:\(address)"])
        let talk = try talk(version, made, anchors: root.pem, name: address)
        #expect(talk.isOpen)
        #expect(talk.server.serverName == nil)
        let other = root.issue("a.example", extendedKeyUsage: ["serverAuth"], san: ["IP:127.0.0.9"])
        let refused = try self.talk(version, other, anchors: root.pem, name: address)
        #expect(refused.clientFault?.reason == "IP address mismatch")
    }

    @Test(arguments: TLSVersion.allCases)
    func `a server is believed below the given anchors only`(version: TLSVersion) throws {
        let root = TestWorld.serverRoot
        let issuing = root.intermediate(name: "Issuing")
        let made = issuing.issueServer(names: ["a.example"])
        let chain = made.pem + issuing.pem
        #expect(try talk(version, made, chain: chain, anchors: root.pem, name: "a.example").isOpen)
        #expect(try talk(version, made, anchors: issuing.pem, name: "a.example").isOpen)
        #expect(!(try talk(version, made, anchors: root.pem, name: "a.example").isOpen))
        let namesake = TestAuthority(name: "Test Server Root")
        let refused = try talk(version, made, chain: chain, anchors: namesake.pem, name: "a.example")
        #expect(refused.clientFault?.code == "peer.untrustedCertificate")
        #expect(refused.clientFault?.blame == .peer)
        #expect(refused.serverFault?.code == "peer.alert(unknown_ca)" || version == .tls13)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client's certificate does not make a server`(version: TLSVersion) throws {
        let root = TestWorld.serverRoot
        let made = root.issue("a.example", san: ["DNS:a.example"])
        let refused = try talk(version, made, anchors: root.pem, name: "a.example")
        #expect(refused.clientFault?.code == "peer.untrustedCertificate")
    }

    @Test func `a name that cannot be one is refused before anything is sent`() throws {
        let sockets = SocketPair()
        for name in ["", "a b", "a..b", "*.a.example", "a\u{0}.example"] {
            let client = try TestWorld.client(.tls13)
            let code = faultCode {
                try TLSConnection(connecting: client, socket: sockets.near, serverName: name)
            }
            #expect(code == "operator.badName")
        }
        #expect(SocketPair.receive(from: sockets.far).isEmpty)
    }

    @Test func `one context serves connections on many threads`() async throws {
        let client = try TestWorld.client(.tls13, identity: TestWorld.identity)
        let opened = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let talk = try? Conversation(TestWorld.server(), client, name: "cert.example")
                        .shakeHands()
                    return talk?.isOpen == true && talk?.server.presentedChain.count == 2
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(opened == 16)
    }
}
