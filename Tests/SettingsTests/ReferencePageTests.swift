import Foundation
import Testing

/// The reference pages in the repository say what the programs say of themselves.
@Suite struct ReferencePageTests {
    @Test(arguments: SettingsFile.allCases)
    func `the reference page is the one that the schema gives`(_ file: SettingsFile) throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let (room, program) = file == .gateway ? ("Gateway", "sekisho") : ("Consent", "sekisho-consent")
        let page = package.appending(path: "Sources/\(room)/\(room).docc/Configuration.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(
            text == file.reference + "\n",
            "make it anew: .build/debug/\(program) settings reference > \(page.path)")
    }
}
