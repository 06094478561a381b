import Foundation
import Identity
import Storage
import TestFolders
import TestPostgres
import Testing
import Text

/// How long a store makes its callers wait. Run by hand: `SEKISHO_BENCHMARK=1 scripts/test --filter
/// StoreBenchmark`. Both drivers wait for the disk here.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SEKISHO_BENCHMARK"] != nil))
struct StoreBenchmark {
    private static let customerCount = 2_000
    private static let callerCount = 4

    @Test(arguments: StoreDriver.allCases) func `look-ups of sessions, and logins`(_ driver: StoreDriver)
        throws
    {
        let folder = try TestFolder()
        let server = driver == .postgresql ? try TestPostgres() : nil
        let database =
            if let server {
                try Database.postgres(server.database("sekisho"), schemas: [.identity])
            } else { try Database.sqlite(path: folder.file(), schemas: [.identity]) }
        let sessions = SessionStore(database)
        let names = (0..<Self.customerCount).map { "C\($0)" }
        try CustomerStore(database).save(try names.map { try customer($0) })
        try measure("\(driver): login, one caller", 500, callers: 1) { number in
            _ = try sessions.open(Self.session(number))
        }
        try measure("\(driver): login, \(Self.callerCount) callers", 400, callers: Self.callerCount) {
            number in
            _ = try sessions.open(Self.session(1_000 + number))
        }
        for callers in [1, Self.callerCount] {
            try measure("\(driver): look-up, \(callers) callers", 5_000, callers: callers) { number in
                _ = try sessions.session(idHash: Self.hash(number % 500))
            }
        }
        withExtendedLifetime(server) {}
    }

    private static func hash(_ number: Int) -> [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: (number &* 2_654_435_761) >> ($0 % 4 * 8)) }
    }

    private static func session(_ number: Int) throws -> Session {
        Session(
            idHash: hash(number), publicID: "public-\(number)",
            customer: try id("C\(number % customerCount)"),
            method: .password, certificateFingerprint: nil, trustEpoch: nil, authenticatedAt: now,
            lastSeenAt: now, clientAddress: "192.0.2.1")
    }

    /// `count` calls by each caller; prints how long they took.
    private func measure(
        _ name: String, _ count: Int, callers: Int, _ call: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let began = ContinuousClock.now
        let times = concurrently(callers) { caller in
            (0..<count).compactMap { turn -> Duration? in
                let number = caller * count + turn
                return try? ContinuousClock().measure { try call(number) }
            }
        }.flatMap(\.self).sorted()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        #expect(times.count == count * callers)
        func microseconds(_ share: Double) -> Int {
            Int(times[Int(Double(times.count - 1) * share)] / .microseconds(1))
        }
        print(
            "\(name): p50 \(microseconds(0.5)) µs, p99 \(microseconds(0.99)) µs,",
            "max \(microseconds(1)) µs, \(Int(Double(times.count) / seconds)) a second")
    }
}
