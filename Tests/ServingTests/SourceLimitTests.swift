import Reactor
import TLS
import TestPKI
import Testing

@testable import Serving

/// Limits of client networks over real sockets; every address of 127.0.0.0/8 is one.
@Suite struct SourceLimitTests {
    private let tls = TestTLS()
    private let name = "www.bank.example"

    private func server(_ change: (inout SourceLimits) -> Void, isPlain: Bool = false) throws -> LoopServer {
        var sources = SourceLimits()
        change(&sources)
        var limits = ServingLimits()
        limits.sources = sources
        return try LoopServer(limits: limits, tls: isPlain ? nil : tls.hosts, resumes: true) {
            $0.respond(.text("ok"))
        }
    }

    /// A handshake and whether it took up the session; the fault's code when it came to nothing.
    private func visit(
        _ server: LoopServer, _ source: String, resuming session: ClientSession? = nil
    ) throws -> (outcome: String, session: ClientSession?) {
        let context = try ClientContext(anchorsPEM: tls.anchorPEM, keepsSessions: true)
        let client = try TLSVisitor(
            to: server.endpoint, from: source, context, serverName: name, resuming: session)
        return client.visit()
    }

    @Test func `a network opens no more than its connections, and gets one back for each that ends`() throws {
        let server = try server({ $0.connectionsMax = 2 }, isPlain: true)
        defer { server.stop() }
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        func open(_ source: String) -> RawSocket? {
            do {
                let socket = try RawSocket(to: server.endpoint, from: source)
                try socket.send(request)
                return try socket.receiveResponse().status == 200 ? socket : nil
            } catch {
                return nil
            }
        }
        let first = open("127.0.0.5")
        let second = open("127.0.0.5")
        #expect(first != nil && second != nil)
        #expect(open("127.0.0.5") == nil)
        #expect(open("127.0.0.6") != nil)
        first?.close()
        #expect(server.ends.next() != nil)
        #expect(server.ends.next() != nil)
        #expect(open("127.0.0.5") != nil)
        withExtendedLifetime(second) {}
    }

    @Test func `threats row 56, who fails too often is reset before anything is read, others are served`()
        throws
    {
        let server = try server { $0.failedHandshakes = RateLimit(perSecond: 1, burst: 3) }
        defer { server.stop() }
        for _ in 0..<3 {
            let socket = try RawSocket(to: server.endpoint, from: "127.0.0.5")
            try socket.send("GET / HTTP/1.1\r\n\r\n")
            _ = try? socket.receiveAll()
            #expect(server.ends.next()?.hasPrefix("peer.") == true)
        }
        #expect(try visit(server, "127.0.0.5").outcome == "refused")
        #expect(try visit(server, "127.0.0.6").outcome == "full")
        #expect(server.refusals.next() == "failedHandshakes")
    }

    @Test func `threats row 56, handshakes that succeed never use up the budget of those that fail`() throws {
        let server = try server { $0.failedHandshakes = RateLimit(perSecond: 1, burst: 1) }
        defer { server.stop() }
        for _ in 0..<5 { #expect(try visit(server, "127.0.0.5").outcome == "full") }
    }

    @Test(arguments: [TLSVersion.tls12, .tls13])
    func `threats row 56, who may make no more full handshakes may take up a session`(
        version: TLSVersion
    ) throws {
        let server = try server {
            $0.fullHandshakes = RateLimit(perSecond: 1, burst: 1)
            $0.resumedHandshakes = RateLimit(perSecond: 1, burst: 1)
        }
        defer { server.stop() }
        let context = try ClientContext(
            anchorsPEM: tls.anchorPEM, versionMin: version, versionMax: version, keepsSessions: true)
        func visit(_ session: ClientSession?) throws -> (outcome: String, session: ClientSession?) {
            try TLSVisitor(
                to: server.endpoint, from: "127.0.0.5", context, serverName: name, resuming: session
            ).visit()
        }
        let first = try visit(nil)
        #expect(first.outcome == "full")
        #expect(try visit(nil).outcome == "refused")
        #expect(server.refusals.next() == "fullHandshakes")
        let session = try #require(first.session)
        let again = try visit(session)
        #expect(again.outcome == "resumed")
        #expect(try visit(again.session ?? session).outcome == "refused")
        // Two were let in and end as clients end.
        let ends = (0..<4).map { _ in server.ends.next() }
        #expect(ends.filter { $0 == "peer.overBudget" }.count == 2)
    }
}
