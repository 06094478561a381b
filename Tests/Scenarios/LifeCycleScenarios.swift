import Foundation
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import TLS
import TestPostgres
import Testing

/// The real programs, started, watched, reloaded, replaced and ended as operators and service managers do it.
@Suite(.serialized) struct LifeCycleScenarios {
    /// A gateway that tells how it is.
    private func deployment(_ limits: String = "") throws -> (Deployment, monitor: UInt16) {
        let monitor = try FreePort.find()
        let deployment = try Deployment { text in
            text.replacing("unix:monitoring.sock", with: "127.0.0.1:\(monitor)")
                .replacing("logs: { format", with: "\(limits)\n logs: { format")
        }
        return (deployment, monitor)
    }

    private func ask(_ target: String, _ port: UInt16) -> Int? {
        guard let client = try? BlockingClient(to: .tcp(address: "127.0.0.1", port: port)) else { return nil }
        return try? client.send("GET", target, headers: HeaderFields([("Host", "monitor")])).head.status
    }

    private func waitUntil(_ what: String, _ holds: () throws -> Bool) throws {
        for _ in 0..<2000 {
            if try holds() { return }
            usleep(10_000)
        }
        throw ScenarioFault("waited in vain: \(what)")
    }

    private func partner(_ deployment: Deployment) throws -> BlockingClient {
        let context = try ClientContext(
            anchorsPEM: deployment.bytes("server-ca.pem"),
            identity: ClientIdentity(
                chainPEM: deployment.bytes("partners/sample-partner.pem"),
                keyPEM: deployment.bytes("partners/sample-partner.key")))
        return try BlockingClient(
            to: .tcp(address: "127.0.0.1", port: deployment.port), tls: (context, "api.fb.localhost"))
    }

    private func status(_ client: BlockingClient, _ deployment: Deployment) throws -> Int {
        try client.send(
            "GET", "/nothing", headers: HeaderFields([("Host", "api.fb.localhost:\(deployment.port)")])
        ).head.status
    }

    @Test func `a load balancer hears of the end before it comes, and a second SIGTERM cuts it short`() throws
    {
        let (deployment, monitor) = try deployment("limits: { drainNoticeSeconds: 60 },")
        #expect(ask("/readyz", monitor) == 200)
        let client = try partner(deployment)
        #expect(try status(client, deployment) == 404)
        deployment.gateway?.signal(SIGTERM)
        try waitUntil("not ready") { ask("/readyz", monitor) == 503 }
        #expect(ask("/healthz", monitor) == 200)
        #expect(try status(client, deployment) == 404, "what comes is served")
        #expect(try status(partner(deployment), deployment) == 404, "also on a new connection")
        deployment.gateway?.signal(SIGTERM)
        try waitUntil("the end") { deployment.gateway?.isRunning == false }
        #expect(try deployment.log("sekisho.log").contains("gateway.cutShort"))
    }

    @Test func `the service manager hears of every step, and its sockets are taken`() throws {
        let (deployment, monitor) = try deployment()
        deployment.gateway?.stop()
        let socket = try NotifySocket()
        let port = try Sockets.listenTCP(
            address: "127.0.0.1", port: deployment.port, backlog: 64, reusePort: false)
        defer { Sockets.close(port) }
        // A client that comes before the program is there.
        let early = try Sockets.connect(.tcp(address: "127.0.0.1", port: deployment.port))
        defer { Sockets.close(early) }
        let manager = try Successor.start(
            "sh",
            [
                "-c",
                "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=https NOTIFY_SOCKET=\(socket.path)"
                    + " WATCHDOG_USEC=600000 exec \(Deployment.program("sekisho")) serve --config"
                    + " \(deployment.folder.path("sekisho.json5")) 2>> \(deployment.folder.path("logs/sekisho.log"))",
            ], sockets: [ListeningSocket(name: "x", descriptor: port)])
        defer { manager.end(withinSeconds: 30) }
        #expect(try socket.next(but: "WATCHDOG=1").hasPrefix("READY=1\n"))
        #expect(ask("/readyz", monitor) == 200)
        #expect(try status(partner(deployment), deployment) == 404)
        #expect(try socket.next() == "WATCHDOG=1")
        _ = kill(manager.processID, SIGHUP)
        #expect(try socket.next(but: "WATCHDOG=1").hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(try socket.next(but: "WATCHDOG=1") == "READY=1\nSTATUS=serving")
        try deployment.folder.write("{ broken", to: "sekisho.json5")
        _ = kill(manager.processID, SIGHUP)
        #expect(try socket.next(but: "WATCHDOG=1").hasPrefix("RELOADING=1"))
        #expect(try socket.next(but: "WATCHDOG=1").contains("STATUS=serving; the last reload was refused"))
        #expect(try status(partner(deployment), deployment) == 404)
        _ = kill(manager.processID, SIGTERM)
        #expect(try socket.next(but: "WATCHDOG=1").hasPrefix("STOPPING=1\nEXTEND_TIMEOUT_USEC="))
    }

    @Test func `under load a new process takes over, and nobody is refused or loses a request`() throws {
        let (deployment, monitor) = try deployment("workers: 2,")
        let clients = try SteadyClients(deployment, count: 6)
        try clients.awaitAnswers(60)
        let first = try #require(deployment.gateway?.processIdentifier)
        var process = first
        for count in 1...2 {
            _ = kill(process, SIGUSR2)
            let line = try deployment.awaitLog("sekisho.log", containing: "gateway.replaced", count: count)
            let next = try #require(line.firstMatch(of: #/"successor":(\d+)/#).flatMap { Int32($0.1) })
            #expect(next != process)
            try waitUntil("the old process ends") { Self.hasEnded(process) }
            try clients.awaitAnswers(60)
            process = next
        }
        #expect(ask("/readyz", monitor) == 200)
        // A program that can't serve leaves the one that does.
        let good = try String(
            contentsOf: deployment.folder.url.appending(path: "sekisho.json5"), encoding: .utf8)
        try deployment.folder.write("{ broken", to: "sekisho.json5")
        _ = kill(process, SIGUSR2)
        _ = try deployment.awaitLog("sekisho.log", containing: "gateway.upgradeRefused")
        try clients.awaitAnswers(60)
        try deployment.folder.write(good, to: "sekisho.json5")
        clients.stop()
        #expect(clients.faults == [])
        print("answered \(clients.answered) requests during two upgrades and one that was refused")
        _ = kill(process, SIGTERM)
        try waitUntil("the last process ends") { Self.hasEnded(process) }
    }

    @Test func `the backend is replaced while customers' requests go through it`() throws {
        let deployment = try Deployment()
        let clients = try SteadyClients(deployment, count: 4)
        try clients.awaitAnswers(40)
        deployment.signalConsent(SIGUSR2)
        let line = try deployment.awaitLog("consent.log", containing: "consent.replaced")
        let next = try #require(line.firstMatch(of: #/"successor":(\d+)/#).flatMap { Int32($0.1) })
        try waitUntil("the old process ends") { !deployment.consentIsRunning }
        try clients.awaitAnswers(40)
        _ = kill(next, SIGHUP)
        _ = try deployment.awaitLog("consent.log", containing: "consent.reloaded")
        try clients.awaitAnswers(40)
        clients.stop()
        #expect(clients.faults == [])
        _ = kill(next, SIGTERM)
        try waitUntil("the last process ends") { Self.hasEnded(next) }
    }

    /// Also when nobody has asked yet how it ended.
    private static func hasEnded(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
            return true
        }
        return text.split(separator: ") ").last?.first == "Z"
    }
}
