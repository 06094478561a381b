import Foundation
import HTTP
import Serving
import Settings
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

/// Whoever comes with chains without end gets no memory for them. Each test is in a process of its own,
/// whose memory nobody else uses.
@Suite struct ChainMemoryTests {
    @Test func `row 33: after many of the largest chains that nobody trusts memory is what it was`() async {
        await #expect(processExitsWith: .success) {
            let running = try RunningBank { $0.settings.limits.perSource.fullHandshakesPerSecond = 0 }
            let stranger = TestAuthority(name: "Stranger")
            let padding = String(repeating: "AB", count: Self.paddingBytes)
            func visit(_ count: Int) throws {
                for number in 0..<count {
                    let leaf = stranger.issue(
                        TestName(stringLiteral: "TSUSER\(number)"),
                        extensions: [TestExtension("1.2.3.4.5", "DER:0482EA60\(padding)")])
                    let host = TestBank.partner
                    let answer = try running.client(to: host, as: leaf)
                        .send("GET", "/", headers: headers(host))
                    try #require(answer.head.status == 401)
                }
            }
            try visit(Self.visitCount)
            let before = try residentBytes()
            try visit(2 * Self.visitCount)
            let grown = try residentBytes() - before
            #expect(grown < Self.visitCount * Self.paddingBytes / 2, "\(grown) bytes")
        }
    }

    private static let visitCount = 200
    /// With the rest of the certificate a little below the 64 KiB that are read.
    private static let paddingBytes = 60_000

    @Test func `row 33: nothing stays of a chain that was refused`() async {
        await #expect(processExitsWith: .success) {
            let root = TestAuthority(name: "Root")
            let epoch = try TrustEpoch(
                store: "customers", number: TrustEpochNumber(1), anchors: [root.certificate],
                intermediates: [], policy: TrustPolicy())
            let chains = Self.badChains(below: root)
            var cache = VerdictCache()
            func judge(_ count: Int) throws {
                for number in 0..<count {
                    let chain = chains[number % chains.count]
                    guard case .refused = cache.verdict(on: chain, under: epoch, at: Self.noon) else {
                        Issue.record("chain \(number % chains.count) is not refused")
                        return
                    }
                }
            }
            try judge(Self.refusalCount / 10)
            let before = try residentBytes()
            try judge(Self.refusalCount)
            let grown = try residentBytes() - before
            // A leak of a hundred bytes for each would be twice as much.
            #expect(grown < Self.refusalCount * 50, "\(grown) bytes")
            #expect(cache.count == 0)
        }
    }

    private static let refusalCount = 10_000
    private static let noon = WallTime(seconds: 1_800_000_000)

    private static func badChains(below root: TestAuthority) -> [[Certificate]] {
        let stranger = TestAuthority(name: "Stranger")
        let namesake = TestAuthority(name: "Root")
        let expired = root.intermediate(name: "Expired", notAfter: noon.adding(seconds: -1))
        let noAuthority = root.intermediate(name: "No authority", isCA: false)
        var long = [root]
        for depth in 1...9 { long.append(long[depth - 1].intermediate(name: "Depth")) }
        return [
            [stranger.issue("A").certificate, stranger.certificate],
            [namesake.issue("B").certificate],
            [expired.issue("C").certificate, expired.certificate],
            [noAuthority.issue("D").certificate, noAuthority.certificate],
            [root.issue("E", extendedKeyUsage: ["serverAuth"]).certificate],
            [root.issue("F", notAfter: noon).certificate],
            [root.issue("G", key: .rsa1024).certificate],
            [root.issue("H", extensions: [TestExtension("1.2.3.4.5", "critical,DER:DEADBEEF")]).certificate],
            [long[9].issue("I").certificate] + long[1...].reversed().map(\.certificate),
        ]
    }
}

/// What this process holds in memory.
private func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}
