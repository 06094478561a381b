import Foundation
import Metrics
import Testing

@testable import Consent

@Suite struct ConsentMetricsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    }

    @Test func `Metrics.md tells of each of the backend's metrics, as it is`() throws {
        let rows = try text("Sources/Consent/Consent.docc/Metrics.md").split(separator: "\n").filter {
            $0.hasPrefix("| `sekisho_") || $0.hasPrefix("| `process_")
        }
        let expected = ConsentMetrics.families.map { family in
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
        }
        #expect(rows.map(String.init) == expected)
    }

    @Test func `alerts and dashboard ask for metrics of the backend that there are`() throws {
        let names = Set(
            ConsentMetrics.families.flatMap { family in
                family.kind == .histogram
                    ? ["\(family.name)_bucket", "\(family.name)_sum", "\(family.name)_count"] : [family.name]
            })
        for file in ["scripts/monitoring/alerts.yml", "scripts/monitoring/dashboard.json"] {
            let asked = Set(try text(file).matches(of: /\bsekisho_consent_[a-z0-9_]+/).map { String($0.0) })
            #expect(!asked.isEmpty && asked.subtracting(names) == [], "\(file)")
        }
    }

    @Test func `what is counted reads as it should`() {
        let metrics = ConsentMetrics()
        metrics.answered(route: "/token", status: 200, microseconds: 1500)
        metrics.answered(route: "/token", status: 400, microseconds: 90)
        metrics.flow(step: "consent", "granted")
        metrics.tokensIssued("access")
        metrics.storeAsked("write", microseconds: 700, failed: true)
        let lines = String(decoding: metrics.registry.exposition(), as: UTF8.self).split(separator: "\n")
        for line in [
            "sekisho_consent_requests_total{route=\"/token\",code=\"200\"} 1",
            "sekisho_consent_requests_total{route=\"/token\",code=\"400\"} 1",
            "sekisho_consent_request_duration_seconds_bucket{route=\"/token\",le=\"0.0001\"} 1",
            "sekisho_consent_flow_steps_total{step=\"consent\",outcome=\"granted\"} 1",
            "sekisho_consent_tokens_issued_total{kind=\"access\"} 1",
            "sekisho_consent_store_failures_total{operation=\"write\"} 1",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }
}
