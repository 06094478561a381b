import Crypto
import Foundation
import HTTP
import Identity
import Logs
import Metrics
import Reactor
import Serving
import Settings
import TestFolders
import TestPKI
import Testing
import Text

@testable import Gateway

/// What operators read of a running gateway.
@Suite struct GatewayMetricsTests {
    private let running: RunningBank

    init() throws {
        running = try RunningBank { bank in
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
            bank.settings.monitoring = .init(listen: [.tcp(address: "127.0.0.1", port: 0)])
            try bank.add("EITHER", .either)
        }
    }

    private func scrape() throws -> (status: Int, text: String) {
        let port = try #require(running.gateway.monitoringPorts.first ?? nil)
        let client = try BlockingClient(to: .tcp(address: "127.0.0.1", port: port))
        let response = try client.send("GET", "/metrics", headers: headers("scraper"))
        return (response.head.status, response.text)
    }

    /// The value of one series; nil when there is none.
    private func value(_ series: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }
            .flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }

    private func visit() throws {
        let host = TestBank.login
        let client = try running.client(to: host)
        _ = try client.send("GET", "/public", headers: headers(host))
        _ = try client.send("GET", "/nothing%", headers: headers(host))
        _ = try client.send("GET", "/public", headers: headers("evil.example"))
        let partner = try running.client(to: TestBank.partner)
        _ = try partner.send("GET", "/", headers: headers(TestBank.partner))
    }

    @Test func `handshakes, verdicts, requests and refusals are counted where they happen`() throws {
        try visit()
        // An exchange is counted when its loop has finished with it, which its client may come before.
        let login = TestBank.login
        let done = "sekisho_requests_total{host=\"\(login)\",code=\"2xx\"}"
        var text = ""
        for _ in 0..<100 {
            text = try scrape().text
            if value(done, in: text) == 1,
                value("sekisho_requests_total{host=\"\(TestBank.partner)\",code=\"4xx\"}", in: text) == 1
            {
                break
            }
            usleep(10_000)
        }
        for (series, expected) in [
            (done, 1.0), ("sekisho_requests_total{host=\"\(login)\",code=\"4xx\"}", 2),
            ("sekisho_handshakes_total{host=\"\(login)\",version=\"TLSv1.3\",kind=\"full\"}", 1),
            ("sekisho_handshakes_total{host=\"\(login)\",version=\"TLSv1.2\",kind=\"full\"}", 0),
            ("sekisho_handshake_duration_seconds_count{kind=\"full\"}", 2),
            ("sekisho_certificate_verdicts_total{host=\"\(TestBank.partner)\",verdict=\"absent\"}", 1),
            ("sekisho_refusals_total{kind=\"request\",reason=\"path\"}", 1),
            ("sekisho_refusals_total{kind=\"certificate\",reason=\"partner.absent\"}", 1),
            ("sekisho_upstream_duration_seconds_count{upstream=\"bank\"}", 1),
            ("sekisho_trust_epoch{store=\"customers\"}", 1),
            ("sekisho_pool_queue_limit{pool=\"store\"}", 4096),
            ("sekisho_log_failing{log=\"audit\"}", 0),
        ] {
            #expect(value(series, in: text) == expected, "\(series)")
        }
        #expect(
            text.contains("sekisho_trust_not_after_timestamp_seconds{store=\"customers\",kind=\"anchor\""))
        #expect((value("process_resident_memory_bytes", in: text) ?? 0) > 1_000_000)
    }

    @Test func `a loop tells once a second what it holds, and how late it runs`() throws {
        let client = try running.client(to: TestBank.login)
        _ = try client.send("GET", "/public", headers: headers(TestBank.login))
        var text = ""
        for _ in 0..<60 {
            text = try scrape().text
            if value("sekisho_connections{phase=\"idle\"}", in: text) == 1 { break }
            usleep(50_000)
        }
        #expect(value("sekisho_connections{phase=\"idle\"}", in: text) == 1)
        #expect(value("sekisho_connections_limit", in: text) == 20_000)
        #expect(value("sekisho_upstream_connections{upstream=\"bank\",state=\"idle\"}", in: text) == 1)
        #expect((value("sekisho_loop_lag_seconds_count{loop=\"0\"}", in: text) ?? 0) >= 1)
    }

    @Test func `what is served is said with its release, its Swift and its OpenSSL`() throws {
        let text = try scrape().text
        let series = "sekisho_build_info{version=\"\(Release.version)\",swift=\"6."
        #expect(text.contains(series) && text.contains("openssl=\"\(OpenSSLVersion.currentText)\"} 1"))
    }

    @Test func `the admin socket is for commands, and serves no numbers`() throws {
        let client = try BlockingClient(to: .unix(path: running.bank.folder.file("admin.sock")))
        let response = try client.send("GET", "/metrics", headers: headers("sekisho"))
        #expect(response.head.status == 404)
    }

    @Test(.enabled(if: Promtool.path != nil))
    func `promtool finds nothing amiss with the metrics, whom to ask and the alert rules`() throws {
        try visit()
        let text = try scrape().text
        let file = try running.bank.folder.write(Array(text.utf8), to: "metrics")
        #expect(try Promtool.run("check metrics < '\(file)'") == "")
        let rules = try Promtool.run("check rules '\(Package.path("scripts/monitoring/alerts.yml"))'")
        #expect(rules.contains("SUCCESS"), "\(rules)")
        let config = try Promtool.run("check config '\(Package.path("scripts/monitoring/prometheus.yml"))'")
        #expect(config.contains("is valid prometheus config"), "\(config)")
    }

    // MARK: Documents

    @Test func `Metrics.md tells of each of the gateway's metrics, as it is`() throws {
        let page = try Package.text(of: "Sources/Gateway/Gateway.docc/Metrics.md")
        #expect(page.metricRows == GatewayMetrics.families.map(\.row))
    }

    @Test func `alerts and dashboard ask for metrics that there are`() throws {
        let names = Set(GatewayMetrics.families.flatMap(\.seriesNames))
        for file in ["scripts/monitoring/alerts.yml", "scripts/monitoring/dashboard.json"] {
            let asked = try Package.text(of: file).metricNames.filter { !$0.hasPrefix("sekisho_consent_") }
            #expect(asked.count > 10)
            #expect(asked.subtracting(names) == [], "\(file)")
        }
        let dashboard = try Package.text(of: "scripts/monitoring/dashboard.json")
        _ = try JSONReader.read(Array(dashboard.utf8), dialect: .json)
    }

    @Test func `SupportCodes.md has every reason with the text that the command shows`() throws {
        let page = try Package.text(of: "Sources/Gateway/Gateway.docc/SupportCodes.md")
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let expected =
            ReasonText.all.map { "| `\($0.reason)` | \($0.text) |" }
            + ReasonText.families.map { "| `\($0.prefix)…` | \($0.text) |" }
        #expect(rows == expected)
    }

    @Test func `every reason that the sources give a page has a text`() throws {
        let sources = "\(Package.folder.path)/Sources/Gateway"
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources)
            // Operators are no customers.
            .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Admin/") }
        let reasons = try Set(
            files.flatMap { file in
                try Package.text(of: "Sources/Gateway/\(file)").matches(of: /reason: "([a-zA-Z.]+)"/)
                    .map { String($0.1) }
            })
        #expect(reasons.count > 10)
        #expect(reasons.filter { ReasonText.text(of: $0) == nil } == [])
    }

    @Test func `Logs.md has every field of an access record, in its order`() throws {
        let client = try running.client(to: TestBank.login)
        _ = try client.send("GET", "/public", headers: headers(TestBank.login))
        let page = try Package.text(of: "Sources/Gateway/Gateway.docc/Logs.md")
        let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix("Access records") })
        let documented = section.matches(of: /(?m)^\| `([a-z_]+)` \|/).map { String($0.1) }
        for _ in 0..<100 where try !running.bank.logged().contains("request.served") {
            usleep(10_000)
        }
        let line = try #require(
            try running.bank.logged().split(separator: "\n").first {
                $0.contains("request.served")
            })
        let members = try JSONReader.read(Array(line.utf8), dialect: .json).members ?? []
        #expect(members.map(\.key) == documented)
    }
}

/// The package's own files.
enum Package {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    static func text(of name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}

/// Prometheus' own checker, where it is installed or scripts/setup has fetched it.
enum Promtool {
    static let path = [Package.path(".build/promtool/promtool"), "/usr/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func run(_ arguments: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "'\(path ?? "promtool")' \(arguments) 2>&1"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: printed, as: UTF8.self)
    }
}

extension MetricFamily {
    /// As a table in Markdown has it.
    var row: String {
        "| `\(name)` | \(kind.rawValue) | \(labels.map { "`\($0)`" }.joined(separator: ", ")) | \(help) |"
    }

    /// What can be asked for.
    var seriesNames: [String] {
        kind == .histogram ? ["\(name)_bucket", "\(name)_sum", "\(name)_count"] : [name]
    }
}

extension String {
    /// Rows of tables of metrics.
    var metricRows: [String] {
        split(separator: "\n").filter { $0.hasPrefix("| `sekisho_") || $0.hasPrefix("| `process_") }.map(
            String.init)
    }

    /// Names of metrics that are asked for.
    var metricNames: Set<String> {
        Set(matches(of: /\b(sekisho|process)_[a-z0-9_]+/).map { String($0.0) })
    }
}
