import COpenSSL
import TLS
import TestPKI
import Testing
import X509

/// Resumption, early data, renegotiation, key updates: what this room does not offer, or only so often.
struct AbuseTests {
    @Test(arguments: TLSVersion.allCases)
    func `no session can be resumed, with or without a client certificate`(version: TLSVersion) throws {
        let context = try TestWorld.server()
        for name in ["plain.example", "cert.example"] {
            let first = try RawClient(context, version, name: name).shakeHands()
            #expect(first.isOpen)
            _ = first.server.send("a read takes in tickets, if there are any")
            #expect(!first.received().isEmpty)
            let session = try #require(RawSession(of: first))
            #expect(unsafe SSL_SESSION_has_ticket(session.handle) == 0)
            #expect(unsafe SSL_SESSION_get_max_early_data(session.handle) == 0)
            #expect(unsafe SSL_SESSION_is_resumable(session.handle) == 0)
            var idCount: UInt32 = 0
            if version == .tls12 {
                unsafe SSL_SESSION_get_id(session.handle, &idCount)
                #expect(idCount == 0)
            }
            for second in ["plain.example", "cert.example"] {
                let client = try RawClient(context, version, name: second, session: session).shakeHands()
                #expect(client.isOpen)
                #expect(!client.server.isResumed)
                #expect(unsafe SSL_session_reused(client.ssl) == 0)
            }
        }
    }

    @Test func `a TLS 1 2 session id made up by the client is not found`() throws {
        let context = try TestWorld.server()
        let first = try RawClient(context, .tls12, name: "plain.example").shakeHands()
        let session = try #require(RawSession(of: first))
        let id = [UInt8](repeating: 7, count: 32)
        #expect(unsafe SSL_SESSION_set1_id(session.handle, id, 32) == 1)
        let client = try RawClient(context, .tls12, name: "plain.example", session: session).shakeHands()
        #expect(client.isOpen)
        #expect(!client.server.isResumed)
        #expect(unsafe SSL_session_reused(client.ssl) == 0)
    }

    @Test func `threats row 55, a renegotiation ends the connection`() throws {
        let client = try RawClient(TestWorld.server(), .tls12, name: "cert.example").shakeHands()
        #expect(client.isOpen)
        #expect(unsafe SSL_renegotiate(client.ssl) == 1)
        unsafe SSL_do_handshake(client.ssl)
        guard case .failed(let fault) = client.server.received().end else {
            Issue.record("no fault")
            return
        }
        #expect(fault.code == "peer.renegotiation")
    }

    @Test(arguments: [SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED])
    func `threats row 55, a hundred key updates are followed, one more ends the connection`(kind: Int32)
        throws
    {
        let client = try RawClient(TestWorld.server(), .tls13, name: "cert.example").shakeHands()
        for _ in 0..<100 {
            #expect(unsafe SSL_key_update(client.ssl, kind) == 1)
            unsafe SSL_do_handshake(client.ssl)
        }
        #expect(client.send("still here"))
        let (bytes, end) = client.server.received()
        #expect(bytes == Array("still here".utf8))
        #expect(end == .wantRead)
        #expect(client.received().isEmpty)
        #expect(unsafe SSL_key_update(client.ssl, kind) == 1)
        unsafe SSL_do_handshake(client.ssl)
        #expect(client.send("unheard"))
        let (lost, fault) = client.server.received()
        #expect(lost.isEmpty)
        guard case .failed(let fault) = fault else {
            Issue.record("no fault: \(fault)")
            return
        }
        #expect(fault.code == "peer.keyUpdateFlood")
        #expect(fault.blame == .peer)
    }
}
