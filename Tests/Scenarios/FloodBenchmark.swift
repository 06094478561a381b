import Foundation
import Glibc
import Reactor
import Testing

/// What a network whose handshakes all fail costs the others. Run by hand with `scripts/bench-flood`, which builds
/// the programs for release; only ratios within one run mean something.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SEKISHO_BENCH"] != nil))
struct FloodBenchmark {
    private static let host = "api.fb.localhost"

    private struct Figures {
        let quiet: [Int]
        let flooded: [Int]
        let begun: Int
        let served: Int
        let refused: Int

        static func quantile(_ sorted: [Int], _ share: Double) -> Int {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }

        var ratio: Double {
            Double(Self.quantile(flooded, 0.99)) / Double(max(1, Self.quantile(quiet, 0.99)))
        }
    }

    private func measure(_ change: (String) -> String) throws -> Figures {
        let seconds = ProcessInfo.processInfo.environment["SEKISHO_BENCH_SECONDS"].flatMap { Int($0) } ?? 15
        let deployment = try Deployment(change: change)
        let load = try Load(
            deployment, as: deployment.identity("partners/sample-partner"), host: Self.host, threadCount: 1)
        sleep(2)
        let start = Clock.monotonic()
        sleep(UInt32(seconds))
        let middle = Clock.monotonic()
        let flood = try HandshakeFlood(
            to: .tcp(address: "127.0.0.1", port: deployment.port), from: "127.0.0.9", perSecond: 2000,
            serverName: Self.host)
        sleep(2)
        let flooded = Clock.monotonic()
        sleep(UInt32(seconds))
        let end = Clock.monotonic()
        flood.stop()
        load.stop()
        return Figures(
            quiet: load.latencies(from: start, to: middle), flooded: load.latencies(from: flooded, to: end),
            begun: flood.begun / (seconds + 2), served: flood.served / (seconds + 2), refused: load.refused)
    }

    private func show(_ name: String, _ figures: Figures) {
        func text(_ sorted: [Int]) -> String {
            "\(sorted.count) clients, µs p50 \(Figures.quantile(sorted, 0.5)) p99 \(Figures.quantile(sorted, 0.99))"
        }
        print(
            """
            \(name): quiet \(text(figures.quiet)); flooded \(text(figures.flooded)); p99 ratio \(figures.ratio); \
            flood \(figures.begun)/s begun, \(figures.served)/s answered by the gateway; \(figures.refused) refused
            """)
    }

    @Test func `threats row 56, under 2000 failing handshakes a second others' p99 stays below twice quiet`()
        throws
    {
        let figures = try measure { $0 }
        show("with limits", figures)
        #expect(figures.begun > 1800)
        #expect(figures.served < 400)
        #expect(figures.refused == 0)
        #expect(figures.ratio < 2)
    }

    @Test func `for comparison, without limits`() throws {
        show(
            "without limits",
            try measure {
                $0.replacing("publicPort:", with: "limits: { \(Deployment.oneSource) },\n    publicPort:")
            })
    }
}
