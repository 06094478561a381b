import Foundation
import Glibc
import Reactor
import Serving
import TLS
import TestPKI
import Testing
import Text
import X509

/// What a change of trust costs those who are connecting meanwhile. Run by hand with `scripts/bench-rotation`,
/// which builds the programs for release; only ratios within one run mean something.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SEKISHO_BENCH"] != nil))
struct RotationBenchmark {
    private static let host = "api.fb.localhost"
    private let deployment: Deployment
    private let authority = TestAuthority(name: "Bench Partner CA")

    init() throws {
        deployment = try Deployment {
            $0.replacing(
                #"crls: ["pki/partner-crls"],"#,
                with: #"revocation: { check: "leaf", whenUnknown: "allow" },"#
            ).replacing("publicPort:", with: "limits: { \(Deployment.oneSource) },\n    publicPort:")
        }
    }

    private static func number(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
    }

    private func identity() -> ClientIdentity {
        let leaf = authority.issue("bench.example")
        return ClientIdentity(chainPEM: leaf.pem, keyPEM: leaf.keyPEM)
    }

    @Test func `a swap of 500 anchors and a list of a million under handshake load`() throws {
        let entryCount = Self.number("SEKISHO_BENCH_ENTRIES", 1_000_000)
        let seconds = Self.number("SEKISHO_BENCH_SECONDS", 60)
        let gateway = try #require(deployment.gateway).processIdentifier
        let officer = try Officer(deployment, store: "partners")
        let anchors = try deployment.bytes("partner-anchors.pem") + authority.pem
        try officer.put(anchors: anchors, intermediates: nil)
        let many = (0..<498).flatMap { TestAuthority(name: TestName(stringLiteral: "Bench CA \($0)")).pem }
        let list = revocationList(entryCount)
        let small = try Footprint(of: gateway)

        let load = try Load(deployment, as: identity(), threadCount: 4)
        defer { load.stop() }
        sleep(5)
        let start = Clock.monotonic()
        sleep(UInt32(seconds))
        let swap = Clock.monotonic()
        try officer.put(anchors: anchors + many, intermediates: nil, crl: list)
        let done = Clock.monotonic()
        sleep(UInt32(seconds))
        let end = Clock.monotonic()
        report("before", load.latencies(from: start, to: swap))
        report("during", load.latencies(from: swap, to: done))
        report("after", load.latencies(from: done, to: end))
        print("list of \(list.count) bytes; staged and committed in \(done.microseconds(since: swap)) µs")
        print("refused \(load.refused); \(small), then \(try Footprint(of: gateway))")
        #expect(load.refused == 0)
    }

    @Test func `a thousand commits with idle connections`() throws {
        let idleCount = Self.number("SEKISHO_BENCH_IDLE", 5000)
        let commits = Self.number("SEKISHO_BENCH_COMMITS", 1000)
        let gateway = try #require(deployment.gateway).processIdentifier
        let officer = try Officer(deployment, store: "partners")
        let real = try deployment.bytes("partner-anchors.pem")
        try officer.put(anchors: real + authority.pem, intermediates: nil)
        let identity = identity()
        var idle: [BlockingClient] = []
        for _ in 0..<idleCount {
            let client = try deployment.client(to: Self.host, as: identity)
            _ = try deployment.status(client, Self.host)
            idle.append(client)
        }
        let load = try Load(deployment, as: deployment.identity("partners/sample-partner"), threadCount: 1)
        defer { load.stop() }
        let extra = TestAuthority(name: "Extra").pem
        print("0 commits, \(idle.count) idle: \(try Footprint(of: gateway))")
        for index in 1...commits {
            let more = index % 2 == 0 ? [] : extra
            try officer.put(anchors: real + authority.pem + more, intermediates: nil)
            if index % (commits / 10) == 0 { print("\(index) commits: \(try Footprint(of: gateway))") }
        }
        load.stop()
        print("\(load.answered) answers, \(load.refused) refused")
        #expect(load.refused == 0)
    }

    private func report(_ name: String, _ sorted: [Int]) {
        guard !sorted.isEmpty else { return print("\(name): nobody came") }
        func quantile(_ share: Double) -> Int {
            sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
        print(
            "\(name): \(sorted.count) handshakes with their first request; µs: p50 \(quantile(0.5)),"
                + " p99 \(quantile(0.99)), most \(sorted[sorted.count - 1])")
    }

    private func revocationList(_ count: Int) -> [UInt8] {
        let entries = (0..<count).map { index in
            TestRevocationList.Entry(
                serial: [0x40] + (0..<8).map { UInt8(truncatingIfNeeded: index &* 0x9E37 >> ($0 * 4)) }
                    + (0..<4).map { UInt8(truncatingIfNeeded: index >> ($0 * 8)) })
        }
        return TestRevocationList(entries, at: WallTime(seconds: Clock.wall())).signed(by: authority)
    }
}
