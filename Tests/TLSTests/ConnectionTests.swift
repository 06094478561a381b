import COpenSSL
import TLS
import TestPKI
import Testing
import X509

/// Bytes, ends and faults of a connection.
struct ConnectionTests {
    @Test(arguments: TLSVersion.allCases)
    func `bytes cross both ways`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        #expect(talk.client.send("ping") == .bytes(4))
        #expect(talk.server.received() == (Array("ping".utf8), .wantRead))
        #expect(talk.server.send("pong!") == .bytes(5))
        #expect(talk.client.received() == (Array("pong!".utf8), .wantRead))
        #expect(talk.server.version == (version == .tls13 ? "TLSv1.3" : "TLSv1.2"))
        #expect(talk.server.version == talk.client.version)
        #expect(talk.server.cipher == talk.client.cipher && !talk.server.cipher.isEmpty)
        #expect(talk.server.handshake() == .done)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a full socket is waited for, and a write goes on from a buffer that moved`(version: TLSVersion)
        throws
    {
        let talk = try TestWorld.talk(version)
        let message = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        var sentCount = 0
        var waitCount = 0
        var arrived: [UInt8] = []
        while sentCount < message.count {
            switch talk.server.send(message[sentCount...]) {
            case .bytes(let count): sentCount += count
            case .wantWrite:
                waitCount += 1
                arrived += talk.client.received().bytes
            case let other: Issue.record("\(other)"); return
            }
        }
        arrived += talk.client.received().bytes
        #expect(waitCount > 0)
        #expect(arrived == message)
    }

    @Test(arguments: TLSVersion.allCases)
    func `pending input is known until a read wants more`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        #expect(!talk.server.hasPendingInput)
        for text in ["first", "second", "third"] { _ = talk.client.send(text) }
        var piece = [UInt8](repeating: 0, count: 5)
        let first = unsafe piece.withUnsafeMutableBytes { unsafe talk.server.read(into: $0) }
        #expect(first == .bytes(5))
        #expect(talk.server.hasPendingInput)
        #expect(talk.server.received() == (Array("secondthird".utf8), .wantRead))
        #expect(!talk.server.hasPendingInput)
    }

    @Test(arguments: TLSVersion.allCases)
    func `half a record is no pending input`(version: TLSVersion) throws {
        let relay = try FragmentingRelay(TestWorld.server(), TestWorld.client(version), name: "plain.example")
        relay.shakeHands()
        _ = relay.client.send("a whole record")
        let record = relay.takeFromClient()
        relay.giveToServer(record[..<20])
        #expect(relay.server.received() == ([], .wantRead))
        #expect(!relay.server.hasPendingInput)
        relay.giveToServer(record[20...])
        #expect(relay.server.received() == (Array("a whole record".utf8), .wantRead))
    }

    @Test(arguments: TLSVersion.allCases)
    func `empty buffers move nothing`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        #expect(talk.server.send([]) == .bytes(0))
        let nothing = unsafe talk.server.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        #expect(nothing == .bytes(0))
        #expect(talk.client.received() == ([], .wantRead))
    }

    @Test(arguments: TLSVersion.allCases)
    func `a close with close_notify is clean, and one without is a truncation`(version: TLSVersion) throws {
        let clean = try TestWorld.talk(version)
        _ = clean.client.send("last words")
        #expect(clean.client.sendCloseNotify() == .done)
        #expect(clean.client.sendCloseNotify() == .done)
        clean.sockets.closeFar()
        #expect(clean.server.received() == (Array("last words".utf8), .closed))
        #expect(clean.server.received() == ([], .closed))

        let cut = try TestWorld.talk(version)
        _ = cut.client.send("last words")
        cut.sockets.closeFar()
        let (bytes, end) = cut.server.received()
        #expect(bytes == Array("last words".utf8))
        let truncated = try TLSFault.truncatedForTests
        #expect(truncated.code == "peer.truncated")
        #expect(end == .failed(truncated))
        #expect(cut.server.received().end == end)
        #expect(cut.server.send("more") == end)
        #expect(cut.server.sendCloseNotify() == .failed(truncated))
    }

    @Test(arguments: TLSVersion.allCases)
    func `a server can answer a client that has closed its side`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        #expect(talk.client.sendCloseNotify() == .done)
        #expect(talk.server.received().end == .closed)
        #expect(talk.server.send("answer") == .bytes(6))
        #expect(talk.client.received().bytes == Array("answer".utf8))
    }

    @Test(arguments: TLSVersion.allCases)
    func `writing to a peer that has gone is its fault`(version: TLSVersion) throws {
        let talk = try TestWorld.talk(version)
        talk.sockets.closeFar()
        guard case .failed(let fault) = talk.server.send("anyone?") else {
            Issue.record("the write succeeded")
            return
        }
        #expect(fault.code == "peer.reset")
        #expect(fault.blame == .peer)
    }

    @Test func `a broken descriptor is our fault`() throws {
        let context = try TestWorld.server()
        let connection = try TLSConnection(accepting: context, socket: -1)
        guard case .failed(let fault) = connection.handshake() else {
            Issue.record("no fault")
            return
        }
        #expect(fault.code == "us.system")
        #expect(fault.blame == .us)
    }

    @Test func `a close notice before the handshake is over has nobody to go to`() throws {
        let talk = try Conversation(TestWorld.server(), TestWorld.client(.tls13), name: "cert.example")
        #expect(talk.server.sendCloseNotify() == .done)
        talk.shakeHands()
        #expect(talk.isOpen)
    }

    @Test func `requests without TLS and other noise are told apart`() throws {
        func code(_ bytes: [UInt8], close: Bool = false) throws -> String? {
            let sockets = SocketPair()
            let connection = try TLSConnection(accepting: TestWorld.server(), socket: sockets.near)
            SocketPair.send(bytes, to: sockets.far)
            if close { sockets.closeFar() }
            // What stands behind bytes that came is found when the socket is read again.
            if connection.handshake() == .wantRead, connection.handshake() == .wantRead { return nil }
            guard case .failed(let fault) = connection.handshake() else { return nil }
            #expect(fault.blame == .peer)
            return fault.code
        }
        #expect(try code(Array("GET / HTTP/1.1\r\nHost: cert.example\r\n\r\n".utf8)) == "peer.plainHTTP")
        #expect(try code(Array("POST / HTTP/1.1\r\n\r\n".utf8)) == "peer.plainHTTP")
        #expect(try code(Array("CONNECT cert.example:443 HTTP/1.1\r\n\r\n".utf8)) == "peer.plainHTTP")
        #expect(try code(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)) == "peer.protocol")
        #expect(try code([0x15, 3, 1, 0, 2, 2, 40]) == "peer.protocol")
        #expect(try code([], close: true) == "peer.truncated")
        #expect(try code([0x16, 3, 1, 0, 9], close: true) == "peer.truncated")
        #expect(try code([0x16, 3]) == nil)
    }

    @Test func `versions and ciphers below the floor are told apart`() throws {
        func code(_ version: TLSVersion, _ configure: (RawContext) -> Void) throws -> String? {
            let client = try RawClient(
                TestWorld.server(), version, name: "cert.example", configure: configure)
            return client.shakeHands().serverFault?.code
        }
        #expect(
            try code(.tls12) { _ = unsafe SSL_CTX_set_cipher_list($0.handle, "ECDHE-ECDSA-AES128-SHA256") }
                == "peer.noSharedCipher")
        #expect(
            try code(.tls12) { _ = unsafe SSL_CTX_set_cipher_list($0.handle, "AES128-GCM-SHA256") }
                == "peer.noSharedCipher")
        #expect(
            try code(.tls13) { _ = unsafe shim_SSL_CTX_set1_groups_list($0.handle, "P-521") }
                == "peer.noSharedParameters")
        let old = try RawClient(TestWorld.server(), .tls12, name: "cert.example")
        unsafe SSL_set_security_level(old.ssl, 0)
        unsafe SSL_ctrl(old.ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_1_VERSION), nil)
        unsafe SSL_ctrl(old.ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_1_VERSION), nil)
        unsafe SSL_set_cipher_list(old.ssl, "ALL:@SECLEVEL=0")
        #expect(old.shakeHands().serverFault?.code == "peer.unsupportedVersion")
    }

    @Test(arguments: TLSVersion.allCases)
    func `only HTTP 1 is agreed on by ALPN`(version: TLSVersion) throws {
        func talk(_ offer: [String]) throws -> Conversation {
            try Conversation(
                TestWorld.server(), TestWorld.client(version, alpn: offer), name: "plain.example"
            )
            .shakeHands()
        }
        for offer in [["http/1.1"], ["h2", "http/1.1"], ["x", "http/1.1", "h2"]] {
            let talk = try talk(offer)
            #expect(talk.isOpen)
            #expect(talk.server.applicationProtocol == "http/1.1")
            #expect(talk.client.applicationProtocol == "http/1.1")
        }
        for offer in [["h2"], ["http/1.0"], ["http/1.1x", "http/1."]] {
            let talk = try talk(offer)
            #expect(talk.serverFault?.code == "peer.noApplicationProtocol")
            #expect(talk.clientFault?.code == "peer.alert(no_application_protocol)")
        }
        let without = try talk([])
        #expect(without.isOpen)
        #expect(without.server.applicationProtocol == nil)
    }

    /// An idle connection keeps nothing that only its handshake needed.
    @Test(arguments: TLSVersion.allCases)
    func `whoever admits handshakes is let go of when one is done`(version: TLSVersion) throws {
        final class Gate { var count = 0 }
        var gate: Gate? = Gate()
        weak let watched = gate
        let talk = try Conversation(
            TestWorld.server(), TestWorld.client(version), name: "plain.example")
        talk.server.admission = { [gate] isResumed in
            gate?.count += isResumed ? 100 : 1
            return true
        }
        gate = nil
        #expect(watched?.count == 0)
        talk.shakeHands()
        #expect(talk.isOpen)
        #expect(watched == nil)
        #expect(talk.server.send("hello") == .bytes(5))
    }

    @Test func `room for a fault is small, and faults are the same by what they say`() throws {
        #expect(MemoryLayout<TLSFault?>.size == MemoryLayout<Int>.size)
        // An alert is made into a fault each time.
        let faults = try ["a.nowhere", "b.nowhere"].map { try TestWorld.talk(.tls13, to: $0).clientFault }
        #expect(faults[0] != nil && faults[0] == faults[1])
        #expect(faults[0]?.hashValue == faults[1]?.hashValue)
        #expect(try faults[0] != TLSFault.truncatedForTests)
    }
}

extension TLSFault {
    /// What a connection that was cut fails with; made by cutting one, since faults are not made outside
    /// the room.
    static var truncatedForTests: TLSFault {
        get throws {
            let sockets = SocketPair()
            let connection = try TLSConnection(accepting: TestWorld.server(), socket: sockets.near)
            sockets.closeFar()
            guard case .failed(let fault) = connection.handshake() else { preconditionFailure("no fault") }
            return fault
        }
    }
}
