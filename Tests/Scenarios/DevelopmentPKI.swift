import Foundation

/// The certificates of `certs/README.md`, made by `certs/make.sh` below `.build`.
struct DevelopmentPKI: Sendable {
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let p12Password = "sekisho"

    let folder: URL

    var serverCA: String { path("server-ca.pem") }

    /// Made once in a test run; what is good already is kept from the run before.
    static func made() throws -> DevelopmentPKI { try standing.get() }

    private static let standing = Result {
        let folder = package.appending(path: ".build/scenario-pki")
        try ChildProcess.run(package.appending(path: "certs/make.sh").path, [folder.path])
        return DevelopmentPKI(folder: folder)
    }

    /// A file of it: `path("server/fb.localhost.pem")`.
    func path(_ name: String) -> String { folder.appending(path: name).path }
}

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sekisho-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }
}
