import HTTP
import Reactor
import Serving
import Settings
import Testing

@testable import Gateway

@Suite struct HealthTests {
    private func ask(_ port: UInt16?, _ target: String) throws -> (Int, String) {
        let client = try BlockingClient(to: .tcp(address: "127.0.0.1", port: port ?? 0))
        let answer = try client.send("GET", target, headers: headers("monitor"))
        return (answer.head.status, answer.text)
    }

    @Test func `a running gateway is ready, and tells it to those who watch alone`() throws {
        let running = try RunningBank {
            $0.settings.monitoring = MonitoringSettings(listen: [.tcp(address: "127.0.0.1", port: 0)])
        }
        let sockets = running.gateway.listeningSockets
        #expect(sockets.map(\.name) == ["127.0.0.1:0", "127.0.0.1:0"])
        let port = Sockets.boundPort(sockets[1].descriptor)
        #expect(try ask(port, "/readyz") == (200, "ready\n"))
        #expect(try ask(port, "/healthz") == (200, "alive\n"))
        let outside = try running.client(to: TestBank.login)
            .send("GET", "/readyz", headers: headers(TestBank.login))
        #expect(outside.head.status != 200)
    }

    @Test func `a port that is taken is told of under its key, and nothing is left running`() throws {
        let taken = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        defer { Sockets.close(taken) }
        let port = try #require(Sockets.boundPort(taken))
        let fault = #expect(throws: GatewayFault.self) {
            _ = try RunningBank {
                $0.settings.monitoring = MonitoringSettings(listen: [.tcp(address: "127.0.0.1", port: port)])
            }
        }
        #expect(fault?.complaints.first?.hasPrefix("monitoring.listen: ") == true)
    }
}
