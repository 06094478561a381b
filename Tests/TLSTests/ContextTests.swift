import COpenSSL
import Glibc
import TestPKI
import Testing
import Text
import X509

@testable import TLS

/// What an operator can get wrong, and which fault tells of it.
struct ContextTests {
    private let made = TestWorld.serverRoot.issueServer(names: ["a.example"])

    private func code(
        names: [String] = ["a.example"], chain: [UInt8]? = nil, key: [UInt8]? = nil,
        request: ClientCertificateRequest = .none
    ) -> String? {
        faultCode {
            try ServerContext(hosts: [
                ServerHost(
                    names: names, chainPEM: chain ?? made.pem, keyPEM: key ?? made.keyPEM,
                    clientCertificate: request, isStrictest: true)
            ])
        }
    }

    @Test func `exactly one host is the strictest`() {
        func code(_ strictest: [Bool]) -> String? {
            faultCode {
                try ServerContext(
                    hosts: strictest.enumerated().map {
                        TestWorld.host(["h\($0.offset).example"], isStrictest: $0.element)
                    })
            }
        }
        #expect(code([]) == "operator.strictestHost")
        #expect(code([false]) == "operator.strictestHost")
        #expect(code([true, true]) == "operator.strictestHost")
        #expect(code([false, true]) == nil)
    }

    @Test(arguments: ["", ".", "*", "*.", "a..b", ".a", "a b", "*.*.a", "a.*", "日本.example", "a\u{0}.b"])
    func `a name that no client can ask for is refused`(name: String) {
        #expect(code(names: [name]) == "operator.badName")
    }

    @Test func `a name has at most 253 bytes`() {
        let longest = String(repeating: "a", count: 60) + String(repeating: ".b23456789", count: 19) + ".cd"
        #expect(longest.utf8.count == 253)
        #expect(code(names: [longest]) == nil)
        #expect(code(names: [longest + "e"]) == "operator.badName")
    }

    @Test func `a name that two hosts have is refused, however it is written`() {
        #expect(code(names: ["a.example", "A.Example."]) == "operator.duplicateName")
        #expect(code(names: ["*.a.example", "*.A.example"]) == "operator.duplicateName")
        #expect(code(names: ["*.a.example", "a.example"]) == nil)
    }

    @Test func `files without a certificate or a key are refused`() {
        #expect(code(chain: []) == "operator.noCertificate")
        #expect(code(chain: Array("hello".utf8)) == "operator.noCertificate")
        #expect(code(chain: made.keyPEM) == "operator.noCertificate")
        #expect(code(key: []) == "operator.noKey")
        #expect(code(key: made.pem) == "operator.noKey")
    }

    @Test func `a chain cut short anywhere is refused`() {
        let whole = made.pem + TestWorld.serverRoot.pem
        for count in stride(from: made.pem.count + 30, to: whole.count - 1, by: 7) {
            #expect(code(chain: Array(whole[..<count])) == "operator.badCertificate")
        }
        #expect(code(chain: whole) == nil)
    }

    @Test func `a key cut short anywhere is refused`() {
        for count in 0..<made.keyPEM.count - 2 {
            let code = code(key: Array(made.keyPEM[..<count]))
            #expect(code == "operator.noKey" || code == "operator.badKey")
        }
    }

    @Test func `an encrypted key is refused without asking for its password`() {
        #expect(code(key: encrypted(made.keyPEM)) == "operator.encryptedKey")
    }

    @Test func `a key that belongs to another certificate is refused`() {
        let other = TestWorld.serverRoot.issueServer(names: ["a.example"])
        #expect(code(key: other.keyPEM) == "operator.keyMismatch")
        let rsa = TestWorld.serverRoot.issueServer(names: ["a.example"], key: .rsa2048)
        #expect(code(key: rsa.keyPEM) == "operator.keyMismatch")
    }

    @Test func `a chain in the wrong order is refused`() {
        let issuing = TestWorld.serverRoot.intermediate(name: "Issuing")
        let leaf = issuing.issueServer(names: ["a.example"])
        #expect(code(chain: issuing.pem + leaf.pem, key: leaf.keyPEM) == "operator.chainOrder")
        #expect(code(chain: leaf.pem + TestWorld.serverRoot.pem, key: leaf.keyPEM) == "operator.chainOrder")
        #expect(
            code(chain: leaf.pem + TestWorld.serverRoot.pem + issuing.pem, key: leaf.keyPEM)
                == "operator.chainOrder")
        #expect(code(chain: leaf.pem + issuing.pem + TestWorld.serverRoot.pem, key: leaf.keyPEM) == nil)
    }

    @Test func `a certificate outside its validity is refused, anywhere in the chain`() {
        let past = WallTime(seconds: 1_600_000_000)
        let future = WallTime(seconds: 2_200_000_000)
        let root = TestWorld.serverRoot
        let expired = root.issue("a.example", notAfter: past)
        #expect(code(chain: expired.pem, key: expired.keyPEM) == "operator.certificateExpired")
        let early = root.issue("a.example", notBefore: future)
        #expect(code(chain: early.pem, key: early.keyPEM) == "operator.certificateNotYetValid")
        let issuing = root.intermediate(name: "Old", notAfter: past)
        let leaf = issuing.issueServer(names: ["a.example"])
        #expect(code(chain: leaf.pem + issuing.pem, key: leaf.keyPEM) == "operator.certificateExpired")
    }

    @Test func `what takes a context's place takes over the hosts that have not changed`() throws {
        let sessions = TLSSessionStore()
        let old = try TestWorld.server(sessions)
        func handles(_ context: ServerContext) -> [ObjectIdentifier] {
            context.hosts.map { ObjectIdentifier($0.context) }
        }
        let hosts = [TestWorld.plain, TestWorld.certificate]
        let same = try ServerContext(hosts: hosts, sessions: sessions, replacing: old)
        #expect(handles(same) == handles(old))
        let scoped = ServerHost(
            names: TestWorld.certificate.names, chainPEM: TestWorld.certificate.chainPEM,
            keyPEM: TestWorld.certificate.keyPEM, clientCertificate: .requested(advertising: []),
            isStrictest: true, sessionScope: [1])
        let customer = TestWorld.customer.certificate
        let certificate = unsafe customer.withHandle { unsafe old.peerCertificates.certificate($0) }
        let moved = try ServerContext(
            hosts: [TestWorld.plain, scoped], sessions: sessions, replacing: old)
        #expect(handles(moved)[0] == handles(old)[0])
        #expect(handles(moved)[1] != handles(old)[1])
        #expect(moved.sessionIDContexts[1] != old.sessionIDContexts[1])
        // Certificates that were read stay read.
        let again = unsafe customer.withHandle { unsafe moved.peerCertificates.certificate($0) }
        #expect(again === certificate)
        // A host in another place is another host, and so is one under another store of sessions.
        let turned = try ServerContext(hosts: hosts.reversed(), sessions: sessions, replacing: old)
        #expect(Set(handles(turned)).isDisjoint(with: handles(old)))
        let alone = try ServerContext(hosts: hosts, replacing: old)
        #expect(Set(handles(alone)).isDisjoint(with: handles(old)))
    }

    @Test func `a server certificate that has expired meanwhile keeps no change of trust back`() throws {
        let end = WallTime(seconds: Int64(time(nil)) + 2)
        let expired = TestWorld.serverRoot.issue("a.example", notAfter: end)
        func host(_ made: TestCertificate, _ scope: [UInt8]) -> ServerHost {
            ServerHost(
                names: ["a.example"], chainPEM: made.pem, keyPEM: made.keyPEM,
                clientCertificate: .requested(advertising: []), isStrictest: true, sessionScope: scope)
        }
        let old = try ServerContext(hosts: [host(expired, [1])])
        while faultCode({ try ServerContext(hosts: [host(expired, [2])]) }) == nil { usleep(10_000) }
        #expect(faultCode { try ServerContext(hosts: [host(expired, [2])]) } == "operator.certificateExpired")
        #expect(throws: Never.self) { try ServerContext(hosts: [host(expired, [2])], replacing: old) }
        // A new certificate must be good on its own.
        let other = try ServerContext(hosts: [host(made, [1])])
        #expect(
            faultCode { try ServerContext(hosts: [host(expired, [2])], replacing: other) }
                == "operator.certificateExpired")
    }

    @Test func `a weak certificate is refused, anywhere in the chain`() {
        let weak = TestWorld.serverRoot.issueServer(names: ["a.example"], key: .rsa1024)
        #expect(code(chain: weak.pem, key: weak.keyPEM) == "operator.weakCertificate")
        let issuing = TestWorld.serverRoot.intermediate(name: "Weak", key: .rsa1024)
        let leaf = issuing.issueServer(names: ["a.example"])
        #expect(code(chain: leaf.pem + issuing.pem, key: leaf.keyPEM) == "operator.weakCertificate")
    }

    @Test func `names to advertise must be DER names and at most 16 KiB`() {
        let name: [UInt8] = [0x30, 0x0D, 0x31, 0x0B, 0x30, 0x09, 6, 3, 0x55, 4, 3, 0x0C, 2, 0x43, 0x41]
        func code(_ names: [[UInt8]]) -> String? { self.code(request: .requested(advertising: names)) }
        #expect(code([[]]) == "operator.advertisedNames")
        for count in 1..<name.count { #expect(code([Array(name[..<count])]) == "operator.advertisedNames") }
        let fitting = Array(repeating: name, count: 16 * 1024 / (name.count + 2))
        #expect(code(fitting) == nil)
        #expect(code(fitting + [name]) == "operator.advertisedNames")
    }

    @Test func `client contexts are checked as strictly`() {
        let anchors = TestWorld.serverRoot.pem
        #expect(faultCode { try ClientContext(anchorsPEM: []) } == "operator.noCertificate")
        let identity = ClientIdentity(chainPEM: TestWorld.customer.pem, keyPEM: made.keyPEM)
        #expect(
            faultCode { try ClientContext(anchorsPEM: anchors, identity: identity) } == "operator.keyMismatch"
        )
        #expect(faultCode { try ClientContext(anchorsPEM: anchors, alpn: [""]) } == "us.badProtocolName")
        #expect(faultCode { try ClientContext(anchorsPEM: anchors, identity: TestWorld.identity) } == nil)
    }

    @Test func `printing a host or an identity shows no key`() {
        let host = TestWorld.plain
        let identity = TestWorld.identity
        var dumped = "\(host) \(identity)"
        dump(host, to: &dumped)
        dump(identity, to: &dumped)
        #expect(!dumped.contains("keyPEM") && !dumped.contains("45, 45, 45"))
    }

    private func encrypted(_ keyPEM: [UInt8]) -> [UInt8] {
        let output = unsafe BIO_new(BIO_s_mem())
        let key = unsafe keyPEM.withUnsafeBytes { pem in
            let input = unsafe BIO_new_mem_buf(pem.baseAddress, Int32(pem.count))
            defer { unsafe BIO_free_all(input) }
            return unsafe PEM_read_bio_PrivateKey(input, nil, nil, nil)
        }
        defer {
            unsafe EVP_PKEY_free(key)
            unsafe BIO_free_all(output)
        }
        let password = Array("secret".utf8)
        unsafe PEM_write_bio_PKCS8PrivateKey(
            output, key, EVP_aes_256_cbc(), password.map(CChar.init), Int32(password.count), nil, nil)
        return unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(output)) { bytes, count in
            count = Int(unsafe BIO_read(output, bytes.baseAddress, Int32(bytes.count)))
        }
    }
}
