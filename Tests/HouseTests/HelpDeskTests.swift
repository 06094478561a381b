import Foundation
import Testing

/// The help desk looks pages up by what customers read to it: its guide must know every page there is.
@Suite struct HelpDeskTests {
    @Test func `the guide lists the pages of both programs, and no others`() throws {
        let pages = try Self.catalogues().reduce(into: Set()) { $0.formUnion(Self.identifiers(in: $1)) }
        #expect(pages.count > 40)
        #expect(Set(try Self.rows().map(\.page)) == pages)
    }

    @Test func `what the guide says a page says stands in the program`() throws {
        let texts = try Self.catalogues().joined().split(separator: "\"").map(String.init)
        for row in try Self.rows() {
            // A text with a date in it is told without the date.
            let isThere = texts.contains { text in
                let beginning = text.prefix { $0 != "\\" }
                return text == row.text || beginning.count >= 8 && row.text.hasPrefix(beginning)
            }
            #expect(isThere, "\(row.page): \(row.text)")
        }
    }

    private static func catalogues() throws -> [String] {
        try ["Gateway/LoginMessages.swift", "Consent/ConsentMessages.swift"].map {
            try House.text(ofFile: "Sources/\($0)")
        }
    }

    private static func identifiers(in text: String) -> Set<String> {
        Set(text.matches(of: #/APL-\d{4}/#).map { String($0.0) })
    }

    private static func rows() throws -> [(page: String, text: String)] {
        try House.text(ofFile: "Sources/Gateway/Gateway.docc/HelpDesk.md").split(separator: "\n")
            .filter { $0.hasPrefix("| APL-") }.map { line in
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                return (cells[0], cells[1])
            }
    }
}
