import Foundation
import Glibc
import HTTP
import Reactor
import Serving
import Synchronization
import TLS
import TestPKI
import Testing

/// Everything at once, for as long as `scripts/soak` says.
@Suite(
    .serialized, .enabled(if: ProcessInfo.processInfo.environment["SEKISHO_SOAK_MINUTES"] != nil))
struct SoakScenario {
    private let deployment: Deployment
    private let minutes: Int

    init() throws {
        minutes = ProcessInfo.processInfo.environment["SEKISHO_SOAK_MINUTES"].flatMap { Int($0) } ?? 3
        deployment = try Deployment {
            $0.replacing(
                "publicPort:",
                with: "limits: { tlsSessionsMax: 1000, \(Deployment.oneSource) },\n    publicPort:")
        }
    }

    @Test func `for minutes of everything no outcome is wrong and nothing grows`() throws {
        let gateway = try #require(deployment.gateway).processIdentifier
        let disturber = try Disturber(deployment)
        // What the first round needs once (buffers, arenas, caches) is not counted as growth.
        let warmUp = try swarm(disturber)
        warmUp.run(count: 200, seconds: 20)
        #expect(warmUp.wrong.isEmpty)
        let resumed = try Resumers(deployment, seconds: minutes * 60)
        var footprints = [try settled(gateway)]
        print("before: \(footprints[0])")
        disturber.start()
        for minute in 1...minutes {
            let probe = Probe(deployment)
            let swarm = try self.swarm(disturber)
            swarm.run(count: 200, seconds: 50)
            let (sorted, lost) = probe.stop()
            footprints.append(try settled(gateway))
            print(
                """
                minute \(minute): \(swarm.visits) visits, \(swarm.answered) answers, \(swarm.excused) while the \
                backend was down, \(swarm.wrong.count) wrong \(swarm.wrong.prefix(5)); \(footprints[minute]); \
                kept connection: \(sorted.count) requests, \(lost) lost, µs p50 \(Probe.quantile(sorted, 0.5)) \
                p99 \(Probe.quantile(sorted, 0.99)); \(disturber.summary)
                """)
            #expect(swarm.wrong.isEmpty && swarm.answered > 100)
            #expect(lost == 0)
        }
        disturber.stop()
        let tally = try resumed.end()
        print("resumed: \(tally)")
        #expect(tally.contains("\"failures\": 0"))
        #expect(disturber.failures.isEmpty, "\(disturber.failures.prefix(5))")
        let (first, last) = (footprints[1], footprints[minutes])
        #expect(last.descriptors <= first.descriptors + 8)
        #expect(last.residentKiB <= max(first.residentKiB, footprints[0].residentKiB) * 115 / 100 + 8 * 1024)
    }

    /// Once connections that linger, or are being slow, are gone.
    private func settled(_ process: Int32) throws -> Footprint {
        sleep(4)
        return try Footprint(of: process)
    }

    private func swarm(_ disturber: Disturber) throws -> Swarm {
        let anchors = try deployment.bytes("server-ca.pem")
        func context(_ name: String?, _ version: TLSVersion = .tls13) throws -> ClientContext {
            try ClientContext(
                anchorsPEM: anchors, identity: name.map { try deployment.identity($0) }, versionMax: version)
        }
        let (login, certificate, api) = ("fb.localhost", "cert.fb.localhost", "api.fb.localhost")
        let partner = "partners/sample-partner"
        let swarm = try Swarm(
            port: deployment.port,
            kinds: [
                .visitor(
                    context("customers/master"), host: certificate, target: "/authorize", status: 303,
                    times: 3),
                .visitor(context(nil), host: login, target: "/.sekisho/style.css", status: 200, times: 5),
                .visitor(context(partner), host: api, target: "/nothing", status: 404, times: 4),
                .visitor(context(partner, .tls12), host: api, target: "/nothing", status: 404, times: 1),
                .visitor(
                    context("customers/expired"), host: certificate, target: "/.sekisho/certificate",
                    status: 403,
                    times: 1),
                .visitor(context("customers/foreign"), host: api, target: "/token", status: 401, times: 2),
                .visitor(context(nil), host: login, target: "/authorize?x=1", status: 303, times: 2),
                .noise(Array("GET / HTTP/1.1\r\nHost: fb.localhost\r\n\r\n".utf8)),
                .visitor(context(nil), host: login, target: "/a/../b", status: 400, times: 1),
                // A ClientHello that never goes on: it is waited for until its time is over.
                .noise([0x16, 0x03, 0x01, 0x02, 0x00]),
                .noise([0x16, 0x03, 0x01, 0xFF, 0xFF, 0x01, 0x00, 0x00]), .leaver,
            ])
        swarm.isBackendDown = { disturber.isBackendDown }
        return swarm
    }
}

/// Changes trust, reloads and restarts, one after the other, on a thread of its own.
private final class Disturber: Sendable {
    private struct State {
        var commits = 0
        var reloads = 0
        var restarts = 0
        var failures: [String] = []
        var backendDownUntil: MonotonicTime?
        var isOver = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let work: @Sendable (Int) throws -> Void
    private let restart: @Sendable () throws -> Void

    init(_ deployment: Deployment) throws {
        let real = try deployment.bytes("partner-anchors.pem")
        let extra = (0..<3).map { TestAuthority(name: TestName(stringLiteral: "Extra CA \($0)")).pem }
        let box = Box(deployment)
        work = { turn in
            // The revocation lists of the files in force are kept by every commit.
            if turn % 3 == 2 {
                box.deployment.gateway?.signal(SIGHUP)
            } else {
                let officer = try Officer(box.deployment, store: "partners")
                try officer.put(anchors: real + extra[turn % extra.count], intermediates: nil)
            }
        }
        restart = {
            box.deployment.killConsent()
            try box.deployment.startConsent()
        }
    }

    /// The deployment is used by this thread for what no other does meanwhile.
    private struct Box: @unchecked Sendable {
        let deployment: Deployment
        init(_ deployment: Deployment) { self.deployment = deployment }
    }

    var failures: [String] { state.withLock { $0.failures } }

    var summary: String {
        state.withLock {
            "\($0.commits) commits, \($0.reloads) reloads, \($0.restarts) restarts of the backend"
        }
    }

    /// Down, or up again for less than two seconds.
    var isBackendDown: Bool {
        state.withLock { $0.backendDownUntil.map { Clock.monotonic() < $0 } ?? false }
    }

    func start() {
        Thread.detachNewThread { [self] in
            var turn = 0
            while !state.withLock({ $0.isOver }) {
                do {
                    try work(turn)
                    state.withLock { if turn % 3 == 2 { $0.reloads += 1 } else { $0.commits += 1 } }
                    if turn % 8 == 7 { try restartBackend() }
                } catch {
                    state.withLock { $0.failures.append("\(error)") }
                }
                turn += 1
                usleep(1_500_000)
            }
            state.withLock { $0.hasEnded = true }
        }
    }

    private func restartBackend() throws {
        state.withLock { $0.backendDownUntil = Clock.monotonic().adding(milliseconds: 600_000) }
        try restart()
        state.withLock {
            $0.backendDownUntil = Clock.monotonic().adding(milliseconds: 2000)
            $0.restarts += 1
        }
    }

    func stop() {
        state.withLock { $0.isOver = true }
        while !state.withLock({ $0.hasEnded }) { usleep(10_000) }
    }
}

/// A client whose one connection stands through all of it.
private final class Probe: Sendable {
    private struct State {
        var latencies: [Int] = []
        var lost = 0
        var isOver = false
        var hasEnded = false
    }

    private let state = Mutex(State())

    init(_ deployment: Deployment) {
        let port = deployment.port
        let anchors = try? deployment.bytes("server-ca.pem")
        Thread.detachNewThread { [self] in
            defer { state.withLock { $0.hasEnded = true } }
            guard let anchors, let context = try? ClientContext(anchorsPEM: anchors),
                let client = try? BlockingClient(
                    to: .tcp(address: "127.0.0.1", port: port), tls: (context, "fb.localhost"))
            else { return }
            let headers = HeaderFields([("Host", "fb.localhost:\(port)")])
            while !state.withLock({ $0.isOver }) {
                let start = Clock.monotonic()
                let status = try? client.send("GET", "/.sekisho/style.css", headers: headers).head.status
                let spent = Clock.monotonic().microseconds(since: start)
                state.withLock { state in
                    if status == 200 { state.latencies.append(spent) } else { state.lost += 1 }
                }
                usleep(10_000)
            }
        }
    }

    func stop() -> (sorted: [Int], lost: Int) {
        state.withLock { $0.isOver = true }
        while !state.withLock({ $0.hasEnded }) { usleep(1000) }
        return state.withLock { ($0.latencies.sorted(), $0.lost) }
    }

    static func quantile(_ sorted: [Int], _ share: Double) -> Int {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// Clients that take up their TLS sessions again and again.
private final class Resumers {
    private let process: ChildProcess

    init(_ deployment: Deployment, seconds: Int) throws {
        process = try ChildProcess(
            Deployment.program("sekisho-bench"),
            [
                "--to", "127.0.0.1:\(deployment.port)", "--name", "fb.localhost", "--anchor",
                deployment.pki.path("server-ca.pem"), "--path", "/.sekisho/style.css", "--resume",
                "--clients", "2",
                "--seconds", "\(seconds)",
            ], errorLog: deployment.folder.url.appending(path: "logs/bench.log"))
    }

    func end() throws -> String { try process.line(containing: "handshakes") }
}
