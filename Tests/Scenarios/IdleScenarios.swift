import Foundation
import Glibc
import HTTP
import Reactor
import Serving
import TLS
import Testing

/// Most customers read a page and say nothing for a while.
@Suite(.serialized) struct IdleScenarios {
    static let count = 10_000

    @Test func `ten thousand silent customers cost little, hold nobody up, and leave nothing open`() throws {
        guard System.raiseDescriptorLimit() > Self.count + 1000 else {
            return print("idle: not tried, a process may have too few descriptors here (ulimit -Hn)")
        }
        let limits = """
            limits: { connectionsMax: \(Self.count + 1000), headerSeconds: 600, keepAliveSeconds: 3600, \
            \(Deployment.oneSource) }
            """
        let deployment = try Deployment { $0.replacing("publicPort:", with: "\(limits),\n    publicPort:") }
        let gateway = try #require(deployment.gateway).processIdentifier
        // What is needed once is not counted.
        #expect(try deployment.ownPage() == 200)
        let before = try Footprint(of: gateway)
        let customers = try ChildProcess(
            Deployment.program("sekisho-bench"),
            [
                "--to", "127.0.0.1:\(deployment.port)", "--name", "cert.fb.localhost", "--anchor",
                deployment.pki.path("server-ca.pem"), "--certificate",
                deployment.pki.path("customers/master.pem"),
                "--key", deployment.pki.path("customers/master.key"), "--clients", "\(Self.count)", "--hold",
                "--at-once", "64",
            ], errorLog: deployment.folder.url.appending(path: "logs/bench.log"),
            keepsInputOpen: true)
        _ = try customers.line(containing: "warm")
        let full = try Footprint(of: gateway)
        let kibibytes = Double(full.residentKiB - before.residentKiB) / Double(Self.count)
        #expect(full.descriptors >= Self.count)
        #expect(full.descriptors <= before.descriptors + Self.count + 64)
        #expect(kibibytes < 32, "\(kibibytes) KiB a connection")

        let start = Clock.monotonic()
        for _ in 0..<20 { #expect(try deployment.ownPage() == 200) }
        let microseconds = Clock.monotonic().microseconds(since: start) / 20
        // Loops tell once a second what they hold.
        _ = try recovery { try connections(deployment) >= Self.count }

        customers.stop()
        let milliseconds = try recovery {
            try Footprint(of: gateway).descriptors <= before.descriptors + 16
        }
        let after = try Footprint(of: gateway)
        print(
            """
            \(Self.count) idle customers with certificates: \(before), \(full), \(kibibytes) KiB each; a new \
            client's page in \(microseconds) µs meanwhile; gone \(milliseconds) ms after they were, \(after)
            """)
    }

    /// As the metrics have it.
    private func connections(_ deployment: Deployment) throws -> Int {
        let metrics = try BlockingClient(to: .unix(path: deployment.folder.path("monitoring.sock")))
            .send("GET", "/metrics", headers: HeaderFields([("Host", "monitor")])).text
        return metrics.matches(of: /(?m)^sekisho_connections\{phase="idle"\} (\d+)$/).first.flatMap {
            Int($0.1)
        } ?? 0
    }
}
