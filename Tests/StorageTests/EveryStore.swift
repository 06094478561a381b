import Settings
import Storage
import TestFolders
import TestPostgres
import Testing

/// What a test keeps its rows in.
enum StoreDriver: CaseIterable {
    case sqlite, postgresql

    @TaskLocal static var current = StoreDriver.sqlite
}

/// Runs every test of a suite once on each kind of store. Suites with it open their databases by
/// `storeDatabase`.
struct EveryStore: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for driver in StoreDriver.allCases {
            try await StoreDriver.$current.withValue(driver, operation: function)
        }
    }
}

extension Trait where Self == EveryStore {
    static var everyStore: EveryStore { EveryStore() }
}

/// The database that belongs to a folder, of the kind that the test runs on: the same when it is opened again.
func storeDatabase(
    in folder: TestFolder, _ schemas: [Schema], on driver: StoreDriver = .current
) throws -> Database {
    switch driver {
    case .sqlite: try Database.sqlite(path: folder.file(), schemas: schemas)
    case .postgresql: try Database.postgres(postgresAddress(of: folder), schemas: schemas)
    }
}

func postgresAddress(of folder: TestFolder) throws -> PostgresAddress {
    let name = folder.path.utf8.map { String($0, radix: 16) }.joined().suffix(40)
    return try TestPostgres.shared().database("test_\(name)")
}
