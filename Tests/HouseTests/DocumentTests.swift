import Foundation
import Testing

/// The guides read as files, where they lie, and as DocC's pages (`scripts/docs`): both need links that lead
/// somewhere.
@Suite struct DocumentTests {
    @Test func `what a document links to is there`() throws {
        for path in try Self.documents() {
            let folder = URL(filePath: path, relativeTo: House.folder).deletingLastPathComponent()
            for target in try Self.links(in: House.text(ofFile: path)) {
                let file = String(target.prefix { $0 != "#" })
                let url =
                    file.isEmpty
                    ? URL(filePath: path, relativeTo: House.folder) : folder.appending(path: file)
                #expect(FileManager.default.fileExists(atPath: url.path), "\(path): \(target)")
                guard let anchor = target.firstIndex(of: "#").map({ target[target.index(after: $0)...] }),
                    url.pathExtension == "md"
                else { continue }
                let text = try String(contentsOf: url, encoding: .utf8)
                #expect(Self.anchors(in: text).contains(String(anchor)), "\(path): \(target)")
            }
        }
    }

    @Test func `every catalogue has a page that lists all its others, each once`() throws {
        let pages = try House.paths(below: "Sources").filter { $0.contains(".docc/") && $0.hasSuffix(".md") }
        let catalogues = Dictionary(grouping: pages) {
            $0.split(separator: "/").dropLast().joined(separator: "/")
        }
        #expect(catalogues.count >= 4)
        for (catalogue, pages) in catalogues {
            let room = catalogue.split(separator: "/")[1]
            let landing = try House.text(ofFile: "\(catalogue)/\(room).md")
            #expect(landing.hasPrefix("# ``\(room)``\n"))
            let topics = landing.split(separator: "\n## Topics\n").dropFirst().joined()
            let listed = topics.matches(of: /(?m)^- \[[^\]]+\]\(([^)]+)\)$/).map { "\(catalogue)/\($0.1)" }
            #expect(listed.sorted() == pages.filter { !$0.hasSuffix("/\(room).md") }.sorted(), "\(catalogue)")
        }
    }

    private static func documents() throws -> [String] {
        try ["README.md"]
            + ["Sources", "certs"].flatMap { try House.paths(below: $0) }.filter { $0.hasSuffix(".md") }
    }

    /// Where the links lead that do not leave the repository.
    private static func links(in text: String) -> [String] {
        text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }.filter {
            !$0.contains("://") && !$0.hasPrefix("mailto:")
        }
    }

    /// As GitHub makes them of headings.
    private static func anchors(in text: String) -> Set<String> {
        Set(
            text.matches(of: /(?m)^#+ (.*)$/).map { heading in
                heading.1.lowercased().filter {
                    $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_"
                }
                .replacing(" ", with: "-")
            })
    }
}
