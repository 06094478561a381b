import Foundation
import Glibc
import Testing
import Text

/// `sekisho-replay` against other servers than ours, good and bad.
@Suite(.serialized) struct ReplayTargetScenarios {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let plan = """
        {
            seconds: 2, rate: 120, arrival: "constant", customers: 40, resumed: 0.5,
            hosts: "cert.fb.localhost",
            refusals: { none: 0.1, expired: 0.1, revoked: 0.1, unknownCA: 0.1, wrongPurpose: 0.1 },
            tls: { "1.3": 0.5, "1.2": 0.5 }, requests: { "1": 0.5, "3": 0.5 },
        }
        """

    /// A trace, and the PKI minted for it.
    private func trace() throws -> (path: String, pki: String) {
        try folder.write(Self.plan, to: "plan.json5")
        for words in [
            ["synthesize", folder.path("plan.json5"), "--out", folder.path("t.trace")],
            ["mint", folder.path("t.trace"), "--out", folder.path("pki")],
        ] {
            try ChildProcess.run(Deployment.program("sekisho-replay"), words)
        }
        return (folder.path("t.trace"), folder.path("pki"))
    }

    private func run(
        _ trace: String, port: UInt16, _ more: [String]
    ) throws -> (status: Int32, output: String, report: JSONNode) {
        let server = try DevelopmentPKI.made().path("server-ca.pem")
        let arguments = [
            "run", trace, "--target", "127.0.0.1:\(port)", "--json", folder.path("run.json"), "--quiet",
        ]
        let outcome = try ChildProcess.outcome(
            Deployment.program("sekisho-replay"),
            arguments + (more.contains("--server-ca") ? more : more + ["--server-ca", server]))
        let text = try Data(contentsOf: URL(filePath: folder.path("run.json")))
        return (outcome.status, outcome.output, try JSONReader.read([UInt8](text), dialect: .json))
    }

    /// What became of the outcomes that the trace expects, by their names.
    private func outcomes(_ report: JSONNode) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for outcome in report["outcomes"]?.array ?? [] {
            for fate in ["matched", "differing", "unreported", "unanswered"]
            where outcome[fate]?.integer ?? 0 > 0 {
                found[outcome["name"]?.string ?? "", default: []].append(fate)
            }
        }
        return found
    }

    private static let kinds = [
        "trusted", "refused: expired", "refused: revoked", "refused: unknownIssuer", "refused: wrongPurpose",
    ]
    private static let allMatched = Dictionary(uniqueKeysWithValues: kinds.map { ($0, ["matched"]) })

    // MARK: Other servers

    @Test(arguments: ["nginx", "haproxy"])
    func `another server lets in whom the trace has trusted, refuses the others, and resumes sessions`(
        program: String
    ) throws {
        let (trace, pki) = try trace()
        let target = try program == "nginx" ? ForeignTarget.nginx(pki) : ForeignTarget.haproxy(pki)
        for speed in ["2", "max"] {
            let (status, output, report) = try run(
                trace, port: target.port, ["--pki", pki, "--check", "admission", "--speed", speed])
            #expect(status == 0 && output.contains("GOOD"), "\(output)")
            #expect(outcomes(report) == Self.allMatched, "\(output)")
            #expect(report["resumed_handshakes"]?.integer ?? 0 > 30, "\(output)")
            // Whom the trace has trusted has a session, in a ticket or under its number.
            #expect(report["sessions_declined"]?.integer == 0, "\(output)")
            if speed == "max" { #expect(report["sessions_absent"]?.integer == 0, "\(output)") }
        }
    }

    @Test func `a server that lets the revoked in, or keeps the trusted out, is found out`() throws {
        let (trace, pki) = try trace()
        let lax = try ForeignTarget.nginx(pki, checksRevocation: false)
        let letIn = try run(trace, port: lax.port, ["--pki", pki, "--check", "admission", "--speed", "max"])
        #expect(letIn.status == 3)
        #expect(outcomes(letIn.report)["refused: revoked"] == ["differing"], "\(letIn.output)")
        #expect(outcomes(letIn.report)["trusted"] == ["matched"])
        #expect(letIn.output.contains("refused: revoked, but let in with status 200"))
        // The same customers, below authorities that this server has never heard of.
        let others = folder.path("others")
        try ChildProcess.run(Deployment.program("sekisho-replay"), ["mint", trace, "--out", others])
        let keptOut = try run(
            trace, port: lax.port, ["--pki", others, "--check", "admission", "--speed", "max"])
        #expect(keptOut.status == 3)
        #expect(outcomes(keptOut.report)["trusted"] == ["differing"], "\(keptOut.output)")
        #expect(keptOut.output.contains("trusted, but kept out with status 400"))
        // HAProxy says it with an alert, which is a failure by its name.
        let strict = try ForeignTarget.haproxy(pki)
        let alerted = try run(
            trace, port: strict.port, ["--pki", others, "--check", "admission", "--speed", "max"])
        #expect(alerted.status == 3)
        #expect(outcomes(alerted.report)["trusted"] == ["unanswered"], "\(alerted.output)")
        #expect(alerted.output.contains(".alert(unknown_ca)"), "\(alerted.output)")
        // And it does not say what a gateway says.
        let untold = try run(trace, port: lax.port, ["--pki", pki, "--speed", "max"])
        #expect(untold.status == 3 && untold.output.contains("outcomes not told"), "\(untold.output)")
    }

    // MARK: Targets that are none

    @Test func `whatever a target does wrong has a name, and the run ends with its report`() throws {
        let (_, pki) = try trace()
        try folder.write(
            (0..<5).map { "{\"at_us\":\($0),\"host\":\"cert.fb.localhost\",\"requests\":1}\n" }.joined(),
            to: "five.trace")
        func names(port: UInt16, _ more: String...) throws -> [String: Int64] {
            let (status, output, report) = try run(
                folder.path("five.trace"), port: port, ["--check", "none", "--patience", "1"] + more)
            #expect(status == 3 && output.contains("NOT GOOD: 5 failures"), "\(output)")
            var names: [String: Int64] = [:]
            for failure in report["failures"]?.array ?? [] {
                names[failure["name"]?.string ?? ""] = failure["count"]?.integer
            }
            return names
        }
        #expect(try names(port: 1) == ["connect.refused": 5])
        for (fault, name) in [
            (BrokenTarget.Fault.reset, "handshake.reset"), (.silent, "stall.handshake"),
            (.plainHTTP, "handshake.plainHTTP"),
        ] {
            let target = try BrokenTarget(fault)
            #expect(try names(port: target.port) == [name: 5])
        }
        // The right name below an authority that the run does not trust; the wrong name below the right one.
        let target = try ForeignTarget.nginx(pki)
        let stranger = try names(port: target.port, "--server-ca", "\(pki)/anchors.pem")
        #expect(stranger == ["handshake.wrongCertificate": 5])
        let renamed = try names(port: target.port, "--host", "other.example")
        #expect(renamed == ["handshake.wrongCertificate": 5])
    }
}
