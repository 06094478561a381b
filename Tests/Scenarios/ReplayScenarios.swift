import Foundation
import Glibc
import Journey
import Reactor
import Serving
import TLS
import Testing
import Traces

/// `sekisho-replay` and `sekisho trace` with the real gateway: what is recorded is replayed, and comes out
/// the same.
@Suite(.serialized) struct ReplayScenarios {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    // MARK: The programs

    private func replay(_ arguments: String...) throws -> (status: Int32, output: String) {
        try ChildProcess.outcome(Deployment.program("sekisho-replay"), arguments)
    }

    /// A folder with a minted PKI for a trace.
    private func mint(_ trace: String, into name: String) throws -> String {
        let outcome = try replay("mint", trace, "--out", folder.path(name), "--rsa-keys", "2")
        try #require(outcome.status == 0, "\(outcome.output)")
        return folder.path(name)
    }

    /// The gateway of the development set-up, with a minted PKI in both its trust stores.
    private func deployment(trusting pki: String) throws -> Deployment {
        try Deployment { settings in
            let store = """
                {
                    anchors: ["\(pki)/anchors.pem"], intermediates: ["\(pki)/intermediates.pem"],
                    crls: ["\(pki)/crls"], depthMax: 5,
                }
                """
            let issuers = (try? FileManager.default.contentsOfDirectory(atPath: "\(pki)/issuers")) ?? []
            let mapping = issuers.sorted().map {
                "{ issuer: \"\(pki)/issuers/\($0)\", by: \"subject\", attribute: \"CN\" },"
            }
            return settings.replacing(
                #/(?m)^    trust: \{(?:.|\n)*?^    \},$/#,
                with: "trust: { customers: \(store), partners: \(store) },"
            ).replacing(#/(?m)^    mapping: \[(?:.|\n)*?^    \],$/#, with: "mapping: [\(mapping.joined())],")
        }
    }

    private func trace(_ deployment: Deployment, _ arguments: String...) throws {
        let config = deployment.folder.path("sekisho.json5")
        try ChildProcess.run(Deployment.program("sekisho"), ["trace"] + arguments + ["--config", config])
    }

    /// Ends the recording once nothing more comes: clients are gone before the gateway has seen that they are.
    private func stopTrace(_ deployment: Deployment) throws {
        let status = ["trace", "status", "--json", "--config", deployment.folder.path("sekisho.json5")]
        var seen: [String] = []
        while seen.count < 4 || Set(seen.suffix(4)).count > 1 {
            let answer = try ChildProcess.run(Deployment.program("sekisho"), status)
            seen.append(String(answer.firstMatch(of: /"connections":(\d+)/)?.1 ?? ""))
            usleep(150_000)
        }
        try trace(deployment, "stop")
    }

    private func run(
        _ trace: String, _ deployment: Deployment, pki: String, _ more: String...
    ) throws -> (status: Int32, output: String) {
        try ChildProcess.outcome(
            Deployment.program("sekisho-replay"),
            [
                "run", trace, "--target", "127.0.0.1:\(deployment.port)", "--server-ca",
                deployment.pki.path("server-ca.pem"), "--pki", pki, "--json", folder.path("run.json"),
                "--html",
                folder.path("run.html"),
            ] + more)
    }

    private func lines(_ path: String) throws -> [TraceLine] {
        var reader = TraceReader()
        var lines: [TraceLine] = []
        reader.take(try Files.read(path)[...], isLast: true) { item in
            if case .line(_, let line) = item { lines.append(line) } else { Issue.record("\(item)") }
        }
        return lines
    }

    /// What must be the same in a trace of the replay, whoever the customers are called there.
    private func facts(_ lines: [TraceLine]) -> [String] {
        lines.filter { $0.handshake != .failed }.map { line in
            "\(line.host ?? "-") \(line.version ?? "-") \(line.verdict?.rawValue ?? "-") \(line.reason ?? "-")"
                + " \(line.chainCount) \(line.key ?? "-") \(line.requestCount)"
        }.sorted()
    }

    private static let plan = """
        {
            seconds: 6, rate: [[0, 10], [3, 60], [6, 20]], customers: 120, resumed: 0.5,
            hosts: { "cert.fb.localhost": 0.8, "api.fb.localhost": 0.2 },
            refusals: {
                none: 0.08, expired: 0.05, revoked: 0.05, unknownCA: 0.05, wrongPurpose: 0.03,
                notYetValid: 0.03, weakKey: 0.03,
            },
            tls: { "1.3": 0.7, "1.2": 0.3 }, keys: { "EC P-256": 0.7, "RSA 2048": 0.2, "Ed25519": 0.1 },
            requests: { "0": 0.05, "1": 0.6, "4": 0.35 },
        }
        """

    /// A trace recorded from the running gateway, of clients of every kind and of some that are none.
    private func recorded() throws -> String {
        try folder.write(Self.plan, to: "plan.json5")
        let made = try replay("synthesize", folder.path("plan.json5"), "--out", folder.path("made.trace"))
        try #require(made.status == 0, "\(made.output)")
        let pki = try mint(folder.path("made.trace"), into: "made-pki")
        let deployment = try deployment(trusting: pki)
        let recording = deployment.folder.path("recorded.trace")
        try trace(deployment, "start", recording)
        let outcome = try run(folder.path("made.trace"), deployment, pki: pki, "--check", "none")
        try #require(outcome.status == 0, "\(outcome.output)")
        // Visitors without a certificate, and what is no client of ours.
        let visitor = try deployment.visitor()
        _ = try visitor.open("\(deployment.login)/authorize")
        let swarm = try Swarm(
            port: deployment.port, kinds: [.noise(Array("GET / HTTP/1.1\r\n\r\n".utf8)), .leaver])
        swarm.run(count: 4, seconds: 1)
        try stopTrace(deployment)
        try FileManager.default.copyItem(atPath: recording, toPath: folder.path("recorded.trace"))
        return folder.path("recorded.trace")
    }

    // MARK: Scenarios

    @Test func `a recorded trace replays once, twice and as fast as it goes, every outcome the same`() throws
    {
        let recorded = try self.recorded()
        let expected = try lines(recorded)
        #expect(expected.count > 150)
        #expect(Set(expected.map(\.handshake)).count == 3, "full, resumed and failed ones")
        let pki = try mint(recorded, into: "pki")
        let deployment = try deployment(trusting: pki)
        try ChildProcess.run(
            Deployment.program("sekisho"),
            [
                "customers", "import", "\(pki)/customers.csv", "--config",
                deployment.folder.path("sekisho.json5"),
            ])
        for (number, speed) in ["1", "2", "max"].enumerated() {
            let own = deployment.folder.path("own-\(number).trace")
            try trace(deployment, "start", own, "--tell")
            // Failures of the trace have no host that could be asked; every other line is played.
            let outcome = try run(
                recorded, deployment, pki: pki, "--speed", speed, "--connections", "64")
            #expect(outcome.status == 0, "\(speed): \(outcome.output)")
            try stopTrace(deployment)
            #expect(facts(try lines(own)) == facts(expected), "\(speed)")
            // Nobody's session is late where connections wait for it.
            if speed == "max" {
                #expect(!outcome.output.contains("that the trace resumes"), "\(outcome.output)")
            }
        }
        let page = try String(contentsOfFile: folder.path("run.html"), encoding: .utf8)
        #expect(page.contains("<svg") && !page.contains("http://") && !page.contains("<script"))
    }

    @Test func `a certificate that was not minted and a gateway that does not tell are errors by name`()
        throws
    {
        try folder.write(
            "{ seconds: 1, rate: 20, arrival: 'constant', customers: 3 }", to: "plan.json5")
        _ = try replay("synthesize", folder.path("plan.json5"), "--out", folder.path("t.trace"))
        let pki = try mint(folder.path("t.trace"), into: "pki")
        let deployment = try deployment(trusting: pki)
        let untold = try run(folder.path("t.trace"), deployment, pki: pki)
        #expect(untold.status == 3 && untold.output.contains("20 outcomes not told"), "\(untold.output)")
        // Another certificate of one customer, which nobody has made.
        let text = try String(contentsOfFile: folder.path("t.trace"), encoding: .utf8)
        let verdict = "\"verdict\":\"trusted\""
        try folder.write(
            text.replacing(
                verdict, with: "\"verdict\":\"refused\",\"reason\":\"expired\"", maxReplacements: 1),
            to: "u.trace")
        try trace(deployment, "start", deployment.folder.path("own.trace"), "--tell")
        let unminted = try run(folder.path("u.trace"), deployment, pki: pki)
        #expect(unminted.status == 3 && unminted.output.contains("credential.missing"), "\(unminted.output)")
        try trace(deployment, "stop")
    }

    @Test func `what is wrong with a command or a file is said in one line`() throws {
        let server = ["--server-ca", try DevelopmentPKI.made().path("server-ca.pem")]
        func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
            try ChildProcess.outcome(Deployment.program("sekisho-replay"), ["run"] + arguments + server)
        }
        try folder.write(
            "{\"at_us\":0,\"host\":\"a.example\",\"requests\":1}\n{\"at_us\":\n", to: "damaged.trace")
        let elsewhere = try run([folder.path("damaged.trace"), "--target", "192.0.2.1:443"])
        #expect(elsewhere.status == 1 && elsewhere.output.contains("--allow"))
        let damaged = try run([folder.path("damaged.trace"), "--target", "127.0.0.1:1"])
        #expect(damaged.status == 1 && damaged.output.contains("damaged.trace:2: column"))
        let skipped = try run([
            folder.path("damaged.trace"), "--target", "127.0.0.1:1", "--skip-damaged", "--check", "none",
        ])
        #expect(skipped.status == 3 && skipped.output.contains("connect.refused"), "\(skipped.output)")
        #expect(skipped.output.contains("damaged, the first on line 2"))
        let missing = try run([folder.path("none.trace"), "--target", "127.0.0.1:1"])
        #expect(missing.status == 1 && missing.output.contains("none.trace"))
    }

    @Test func `Ctrl-C ends a long run with its report`() throws {
        try folder.write(
            "{\"at_us\":0,\"host\":\"a.example\",\"requests\":1}\n", to: "short.trace")
        let process = try ChildProcess(
            Deployment.program("sekisho-replay"),
            [
                "run", folder.path("short.trace"), "--target", "127.0.0.1:1", "--server-ca",
                try DevelopmentPKI.made().path("server-ca.pem"), "--rate", "10", "--duration", "600",
            ], errorLog: folder.url.appending(path: "log"))
        usleep(500_000)
        process.signal(SIGINT)
        _ = try process.line(containing: "ended before its time")
        _ = try process.line(containing: "connect.refused")
        process.stop()
    }
}
