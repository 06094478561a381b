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
        /// A second.
        let begun: Int
        /// A second.
        let served: Int
        let refused: Int
        /// The gateway's, for each handshake that the flood began, beyond what the clients cost it.
        let processorMicroseconds: Int

        static func quantile(_ sorted: [Int], _ share: Double) -> Int {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }

        var ratio: Double {
            Double(Self.quantile(flooded, 0.99)) / Double(max(1, Self.quantile(quiet, 0.99)))
        }
    }

    private let seconds =
        ProcessInfo.processInfo.environment["SEKISHO_BENCH_SECONDS"].flatMap { Int($0) } ?? 10

    private func measure(_ change: (String) -> String = { $0 }) throws -> Figures {
        let deployment = try Deployment(change: change)
        let gateway = try #require(deployment.gateway?.processIdentifier)
        let load = try Load(
            deployment, as: deployment.identity("partners/sample-partner"), host: Self.host, threadCount: 1)
        sleep(2)
        let start = Clock.monotonic()
        let idleCost = try Self.processorMicroseconds(of: gateway)
        sleep(UInt32(seconds))
        let middle = Clock.monotonic()
        let quietCost = try Self.processorMicroseconds(of: gateway)
        let flood = try HandshakeFlood(
            to: .tcp(address: "127.0.0.1", port: deployment.port), from: "127.0.0.9", perSecond: 2000,
            serverName: Self.host)
        // The burst that anybody may have is not what is measured.
        sleep(2)
        let flooded = Clock.monotonic()
        let (begunBefore, servedBefore) = (flood.begun, flood.served)
        let burstCost = try Self.processorMicroseconds(of: gateway)
        sleep(UInt32(seconds))
        let end = Clock.monotonic()
        let floodedCost = try Self.processorMicroseconds(of: gateway)
        let (begun, served) = (flood.begun - begunBefore, flood.served - servedBefore)
        flood.stop()
        load.stop()
        let quiet = load.latencies(from: start, to: middle)
        let busy = load.latencies(from: flooded, to: end)
        // Clients who come more slowly cost less.
        let clients = (quietCost - idleCost) * busy.count / max(1, quiet.count)
        return Figures(
            quiet: quiet, flooded: busy, begun: begun / seconds, served: served / seconds,
            refused: load.refused,
            processorMicroseconds: (floodedCost - burstCost - clients) / max(1, begun))
    }

    private static func processorMicroseconds(of process: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = (text.split(separator: ") ").last ?? "").split(separator: " ")
        // User and system time, in hundredths of a second.
        return fields[11...12].compactMap { Int($0) }.reduce(0, +) * 10_000
    }

    private func show(_ name: String, _ figures: Figures) {
        func text(_ sorted: [Int]) -> String {
            "\(sorted.count) clients, µs p50 \(Figures.quantile(sorted, 0.5)) p99 \(Figures.quantile(sorted, 0.99))"
        }
        print(
            """
            \(name): quiet \(text(figures.quiet)); flooded \(text(figures.flooded)); p99 ratio \(figures.ratio); \
            flood \(figures.begun)/s begun, \(figures.served)/s answered by the gateway, \
            \(figures.processorMicroseconds) µs of its processor time each; \(figures.refused) refused
            """)
    }

    @Test(arguments: 1...3)
    func `threats row 56, under 2000 failing handshakes a second others' p99 stays below twice quiet`(
        round: Int
    ) throws {
        let figures = try measure()
        show("with limits, \(round)", figures)
        #expect(figures.begun > 1800)
        #expect(figures.served < 400)
        #expect(figures.refused == 0)
        #expect(figures.ratio < 2)
    }

    @Test(arguments: 1...3) func `for comparison, without limits`(round: Int) throws {
        show(
            "without limits, \(round)",
            try measure {
                $0.replacing("publicPort:", with: "limits: { \(Deployment.oneSource) },\n    publicPort:")
            })
    }
}
