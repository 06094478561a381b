import HTTP
import Reactor
import Serving
import TLS
import TestPKI
import Testing

@testable import Load

/// Virtual clients against a real server.
struct CrowdTests {
    private static let name = "www.bank.example"

    private struct Hello: WebApplication {
        func answer(_ request: WebRequest) -> WebResponse { .text("hello") }
    }

    /// A run of some clients for as long as it takes to get so many responses.
    private func run(responses: Int, _ change: (inout ClientPlan) -> Void = { _ in }) throws -> Tally {
        Signals.ignoreBrokenPipe()
        let root = TestAuthority(name: "Root")
        let made = root.issueServer(names: [Self.name])
        let host = ServerHost(
            names: [Self.name], chainPEM: made.pem, keyPEM: made.keyPEM, clientCertificate: .none,
            isStrictest: true)
        let server = try WebServer(Hello(), on: [.tcp(address: "127.0.0.1", port: 0)], tls: [host])
        defer { server.stop(drainSeconds: 0) }
        var plan = ClientPlan(
            endpoint: .tcp(address: "127.0.0.1", port: server.ports[0] ?? 0),
            context: try ClientContext(anchorsPEM: root.pem), serverName: Self.name,
            request: Array("GET / HTTP/1.1\r\nHost: \(Self.name)\r\n\r\n".utf8))
        change(&plan)
        let loop = try EventLoop()
        let crowd = Crowd(on: loop)
        crowd.onEmpty = { loop.stop() }
        for _ in 0..<3 { crowd.add(plan) }
        _ = loop.after(milliseconds: 10_000) { loop.stop() }
        func look() {
            if crowd.tally.responses >= responses { crowd.end() }
            loop.soon(look)
        }
        look()
        loop.run()
        return crowd.tally
    }

    @Test func `each connection carries as many requests as planned`() throws {
        let tally = try run(responses: 30) { $0.requestsPerConnection = 5 }
        #expect(tally.failures == 0, "\(tally.failureReasons)")
        #expect(tally.responses >= 30)
        #expect(tally.handshakes >= tally.responses / 5)
        #expect(tally.handshakes <= (tally.responses + 4) / 5 + 3)
        #expect(tally.bodyBytes == 5 * UInt64(tally.responses))
        #expect(tally.resumptions == 0 && tally.refusals == 0)
    }

    @Test func `clients that cannot get in are counted, and give up`() throws {
        let tally = try run(responses: 1) { $0.serverName = "other.example" }
        #expect(tally.responses == 0 && tally.failures > 1000)
        #expect(tally.failureReasons.count == 5)
    }
}
