import COpenSSL
import Glibc
import TestPKI
import Testing

@testable import TLS

/// Connections that read once and send once a call.
struct RecordTransportTests {
    @Test(arguments: TLSVersion.allCases)
    func `what does not fit into the socket is sent when there is room, each byte once`(version: TLSVersion)
        throws
    {
        let talk = try TestWorld.talk(version, identity: TestWorld.identity)
        let message = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        var sent = 0
        var received: [UInt8] = []
        var hasWaited = false
        while sent < message.count {
            switch talk.server.send(message[sent...]) {
            case .bytes(let count): sent += count
            case .wantWrite:
                hasWaited = true
                received += talk.client.received().bytes
            case let other: Issue.record("\(other)")
            }
        }
        received += talk.client.received().bytes
        #expect(hasWaited)
        #expect(received == message)
    }

    @Test func `records that came together are read together, and the end behind them is told next`() throws {
        let talk = try TestWorld.talk(.tls13)
        for word in ["one ", "two ", "three"] { #expect(talk.client.send(word) == .bytes(word.utf8.count)) }
        #expect(talk.client.sendCloseNotify() == .done)
        var room = [UInt8](repeating: 0, count: 100)
        func read() -> TLSTransfer {
            unsafe room.withUnsafeMutableBytes { unsafe talk.server.read(into: $0) }
        }
        #expect(read() == .bytes(13))
        #expect(String(decoding: room[..<13], as: UTF8.self) == "one two three")
        #expect(talk.server.hasPendingInput)
        #expect(read() == .closed)
    }

    @Test func `a read that is too small for what came leaves the rest pending`() throws {
        let talk = try TestWorld.talk(.tls13)
        for _ in 0..<3 { #expect(talk.client.send([UInt8](repeating: 7, count: 20_000)) != .wantWrite) }
        var room = [UInt8](repeating: 0, count: 10)
        let first = unsafe room.withUnsafeMutableBytes { unsafe talk.server.read(into: $0) }
        #expect(first == .bytes(10))
        #expect(talk.server.hasPendingInput)
        #expect(talk.server.received().bytes.count == 3 * 20_000 - 10)
        #expect(!talk.server.hasPendingInput)
    }

    @Test func `a client gets its ticket with the first answer, in one piece`() throws {
        let context = try TestWorld.server(TLSSessionStore())
        let client = try TestWorld.client(.tls13, identity: TestWorld.identity, keepsSessions: true)
        let talk = try Conversation(context, client, name: "cert.example").shakeHands()
        #expect(talk.isOpen && talk.client.received().end == .wantRead)
        #expect(talk.client.clientSession == nil)
        #expect(context.sessions?.count == 0)
        #expect(talk.server.send("answer") == .bytes(6))
        #expect(talk.client.received().bytes == Array("answer".utf8))
        #expect(talk.client.clientSession != nil)
        #expect(context.sessions?.count == 1)
    }

    @Test(arguments: TLSVersion.allCases)
    func `a client whose session is forgotten before its first answer gets none to resume`(
        version: TLSVersion
    ) throws {
        let context = try TestWorld.server(TLSSessionStore())
        let client = try TestWorld.client(version, identity: TestWorld.identity, keepsSessions: true)
        let talk = try Conversation(context, client, name: "cert.example").shakeHands()
        talk.server.forgetSession()
        #expect(talk.server.send("answer") == .bytes(6))
        #expect(talk.client.received().bytes == Array("answer".utf8))
        #expect(context.sessions?.count == 0)
    }

    @Test func `nobody is killed by a peer that has gone`() throws {
        let talk = try TestWorld.talk(.tls13)
        talk.sockets.closeFar()
        var end = talk.server.send("a")
        for _ in 0..<3 where end == .bytes(1) { end = talk.server.send("a") }
        #expect(end == talk.server.send("a"))
        guard case .failed(let fault) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(fault.code == "peer.reset")
    }
}
