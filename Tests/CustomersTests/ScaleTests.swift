import Customers
import Foundation
import Identity
import Storage
import Testing
import Text

/// By hand, for figures: `SEKISHO_SCALE=1000000 swift test --filter ScaleTests` makes a list of so many customers
/// and imports it; `SEKISHO_SCALE_STORE=FILE` measures a store that is there. Otherwise ten thousand.
@Suite struct ScaleTests {
    private static let environment = ProcessInfo.processInfo.environment
    private let count = environment["SEKISHO_SCALE"].flatMap { Int($0) } ?? 10_000

    private static let hash =
        "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$RSNUDxUEzRcQDEg16Ft+79SZEVgPjv/wWZqPKDvmueM"

    /// As a list would come: in no order.
    private func line(_ index: Int) -> String {
        "USER\(index * 7919 % count),都島 \(index),general,either,\"\(Self.hash)\"\n"
    }

    @Test(.enabled(if: environment["SEKISHO_SCALE_STORE"] == nil))
    func `a list of many customers is imported, and each of them is found at once`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("customers.sqlite")
        let store = CustomerStore(try Database.sqlite(path: path, schemas: [.identity]))
        var next = -1
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try CustomerImport(into: store, hashes: false).run(
            next: { () throws(Never) in
                var piece = next < 0 ? "id,name,role,method,password_hash\n" : ""
                let end = min(count, max(next, 0) + 2000)
                for index in max(next, 0)..<end { piece += line(index) }
                next = end
                return Array(piece.utf8)[...]
            }, progress: { _, _ in })
        let time = clock.now - start
        guard case .imported(count, 0) = outcome else {
            Issue.record("not imported: \(outcome)")
            return
        }
        #expect(try store.count() == count)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        print("\(count) customers imported in \(time), \(size >> 20) MiB")
        try measureLookUps(store)
    }

    @Test(.enabled(if: environment["SEKISHO_SCALE_STORE"] != nil))
    func `look-ups in a store that is there`() throws {
        let path = Self.environment["SEKISHO_SCALE_STORE"] ?? ""
        try measureLookUps(CustomerStore(try Database.sqlite(path: path, schemas: [.identity])))
    }

    private func measureLookUps(_ store: CustomerStore) throws {
        let clock = ContinuousClock()
        let ids = try (0..<5000).compactMap { _ in
            try store.customers(after: CustomerID("USER\(Int.random(in: 0..<99_999_999))"), countMax: 1)
                .first?.id
        }
        try #require(!ids.isEmpty)
        var times: [Duration] = []
        for id in ids.shuffled() {
            let start = clock.now
            #expect(try store.customer(id)?.id == id)
            times.append(clock.now - start)
        }
        times.sort()
        print(
            "\(ids.count) look-ups among \(try store.count()): median \(times[times.count / 2]),"
                + " p99 \(times[times.count * 99 / 100]), worst \(times[times.count - 1])")
        #expect(times[times.count * 99 / 100] < .milliseconds(50))
    }
}
