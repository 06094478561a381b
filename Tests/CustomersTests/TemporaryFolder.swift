import Foundation

/// A folder for one test, gone with everything in it when the test lets go of it.
final class TemporaryFolder {
    private let url = FileManager.default.temporaryDirectory.appending(path: "sekisho-customers-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }
}
