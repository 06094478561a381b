import HTTP
import Settings
import TLS
import TestServers
import Testing

@testable import Gateway

/// A backend that breaks the protocol, by mistake or because somebody else speaks through it.
@Suite struct HostileUpstreamTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"

    /// What the client of one request sees: a status, or `cut` when the response ends in the middle.
    private func outcome(_ upstream: RawUpstream, _ running: RunningBank) throws -> String {
        let client = try RawTLS(to: running.endpoint, running.context(), serverName: TestBank.login)
        try client.send("GET /public HTTP/1.1\r\nHost: \(TestBank.login)\r\nConnection: close\r\n\r\n")
        do {
            return String(try client.receiveAll().dropFirst(9).prefix(3))
        } catch is TLSFault {
            return "cut"
        }
    }

    private func bank(before upstream: RawUpstream) throws -> RunningBank {
        try RunningBank {
            $0.settings.upstreams["bank"] = GatewaySettings.Upstream(
                endpoint: .tcp(address: "127.0.0.1", port: upstream.port))
        }
    }

    @Test(arguments: [
        ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", ok + "Content-Length: 2, 2\r\n\r\nab",
        ok + "Content-Length: -1\r\n\r\n",
        ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ok + "Transfer-Encoding: xchunked\r\n\r\n",
        ok + "Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        ok + "X: a\rb\r\n\r\n", ok + "X : a\r\n\r\n", ok + ": a\r\n\r\n", ok + "no colon\r\n\r\n",
        ok + "X: \u{0}\r\n\r\n", "HTTP/1.1 99 Odd\r\n\r\n", "HTTP/1.1 600 Odd\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "<html>no head at all</html>\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", count: 100),
        ok + String(repeating: "X: y\r\n", count: 200) + "\r\n",
        ok + "X: " + String(repeating: "y", count: 20_000) + "\r\n\r\n",
        ok + String(repeating: "X: " + String(repeating: "y", count: 4000) + "\r\n", count: 10) + "\r\n",
    ])
    func `an answer that is none is a 502, and its connection is not used again`(answer: String) throws {
        let upstream = try RawUpstream(answering: answer)
        let running = try bank(before: upstream)
        #expect(try outcome(upstream, running) == "502")
        #expect(try outcome(upstream, running) == "502")
        #expect(upstream.connectionCount == 2)
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nshort",
        "Transfer-Encoding: chunked\r\n\r\n5\nshort\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nshortX\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5;a=\n\r\nshort\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    ])
    func `a body that breaks off or cannot be read is cut off for the client too`(rest: String) throws {
        let upstream = try RawUpstream(answering: Self.ok + rest)
        let running = try bank(before: upstream)
        #expect(try outcome(upstream, running) == "cut")
        #expect(try outcome(upstream, running) == "cut")
        #expect(upstream.connectionCount == 2)
    }

    @Test(arguments: [
        "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "Content-Length: 0\r\n\r\nX", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ])
    func `what stands behind a response is nobody's answer`(rest: String) throws {
        let upstream = try RawUpstream(answering: Self.ok + rest, closes: false)
        let running = try bank(before: upstream)
        #expect(try outcome(upstream, running) == "200")
        #expect(try outcome(upstream, running) == "200")
        #expect(upstream.connectionCount == 2)
    }
}
