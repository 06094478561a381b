import Foundation
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import Testing

/// The audit log and the metrics of the real programs, read with the real commands.
@Suite(.serialized) struct AuditScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    private var audit: String { deployment.folder.path("logs/audit.log") }

    private func command(_ arguments: String...) throws -> (status: Int32, output: String) {
        try ChildProcess.outcome(
            Deployment.program("sekisho"),
            ["audit"] + arguments + ["--config", deployment.folder.path("sekisho.json5")])
    }

    /// A page that ends a customer's way, and its support code.
    private func refusal() throws -> String {
        let visitor = try deployment.visitor("expired")
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        let login = try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
        let page = try visitor.open(try #require(login.link("電子証明書ログイン")))
        return try #require(page.supportCode)
    }

    @Test func `a support code is explained, and a record that is taken out or altered is found`() throws {
        let code = try refusal()
        _ = try deployment.awaitLog("audit.log", containing: code)
        let shown = try command("show", "APL-1102", code.lowercased())
        #expect(shown.status == 0 && shown.output.contains("certificate.refused"), "\(shown.output)")
        #expect(shown.output.contains("→ The certificate, or one of its CAs, has run out"), "\(shown.output)")

        // Moved away and opened anew: the chain goes on in the new file, by an operator's command too.
        let old = "\(audit).20200101T000000.000Z"
        try FileManager.default.moveItem(atPath: audit, toPath: old)
        deployment.gateway?.signal(SIGUSR1)
        try ChildProcess.run(
            Deployment.program("sekisho"),
            [
                "sessions", "end", "--all", "--config", deployment.folder.path("sekisho.json5"),
            ])
        _ = try refusal()
        _ = try deployment.awaitLog("audit.log", containing: "certificate.refused")
        let good = try command("verify")
        #expect(good.status == 0 && good.output.contains("audit: good"), "\(good.output)")
        #expect(good.output.contains("signed up to record"), "\(good.output)")

        let text = try String(contentsOfFile: old, encoding: .utf8)
        try text.replacing(code, with: "AAAAA-AAAAA").write(toFile: old, atomically: true, encoding: .utf8)
        let altered = try command("verify")
        #expect(altered.status == 1 && altered.output.contains(" was altered"), "\(altered.output)")
        let lines = text.split(separator: "\n")
        let kept = lines.filter { !$0.contains(code) }
        try (kept.joined(separator: "\n") + "\n").write(toFile: old, atomically: true, encoding: .utf8)
        let removed = try command("verify")
        #expect(removed.status == 1 && removed.output.contains("removed"), "\(removed.output)")
    }

    @Test func `a request that cannot be read, or is for another host, is answered with a support code`()
        throws
    {
        for (target, host, status) in [("/a b", "fb.localhost", "400"), ("/a", "api.fb.localhost", "421")] {
            let client = try ProxiedClient(deployment, port: deployment.port)
            let answer = try client.get(target, host: host)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)"))
            let code = try #require(answer.split(separator: " ").last).trimmingCharacters(in: .newlines)
            _ = try deployment.awaitLog("audit.log", containing: code)
            let shown = try command("show", code)
            #expect(shown.status == 0 && shown.output.contains("no browser sends such"), "\(shown.output)")
        }
    }

    @Test func `the check before a start looks at the key of checkpoints, and makes none`() throws {
        let key = deployment.folder.path("audit.key")
        func check() throws -> (status: Int32, output: String) {
            try ChildProcess.outcome(
                Deployment.program("sekisho"), ["check", deployment.folder.path("sekisho.json5")])
        }
        let good = try String(contentsOfFile: key, encoding: .utf8)
        #expect(try check().status == 0)
        #expect(unsafe chmod(key, 0o640) == 0)
        #expect(try check().output.contains("nobody else may read it"))
        try FileManager.default.removeItem(atPath: key)
        #expect(try check().status == 0)
        #expect(!FileManager.default.fileExists(atPath: key), "the gateway's own account makes it")
        for text in ["no key", String(good.dropLast(good.count / 2)), try partnerKey()] {
            try text.write(toFile: key, atomically: true, encoding: .utf8)
            #expect(unsafe chmod(key, 0o600) == 0)
            let outcome = try check()
            #expect(outcome.status == 1 && outcome.output.contains("logs.auditKeyFile"), "\(outcome.output)")
        }
    }

    /// One for P-256, which checkpoints are not signed with.
    private func partnerKey() throws -> String {
        String(decoding: try deployment.bytes("partners/sample-partner.key"), as: UTF8.self)
    }

    @Test func `both programs serve their metrics to a scraper`() throws {
        _ = try refusal()
        for (socket, metric) in [
            ("monitoring.sock", "sekisho_handshakes_total"),
            ("consent-monitoring.sock", "sekisho_consent_requests_total"),
        ] {
            let client = try BlockingClient(to: .unix(path: deployment.folder.path(socket)))
            if socket == "consent-monitoring.sock" {
                let backend = try BlockingClient(to: .unix(path: deployment.folder.path("consent.sock")))
                _ = try backend.send("GET", "/healthz", headers: HeaderFields([("Host", "backend")]))
            }
            let answer = try client.send("GET", "/metrics", headers: HeaderFields([("Host", "scraper")]))
            #expect(answer.head.status == 200)
            #expect(answer.text.contains("\n\(metric){"), "\(metric)")
            #expect(answer.text.contains("process_resident_memory_bytes"))
        }
    }
}
