import Foundation

/// The package as its text shows it: the rooms Package.swift lists, in order, and every Swift file with its
/// imports.
struct House {
    /// Where the package lies: two folders above this file.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let targets: [Target]
    let files: [SourceFile]

    /// The package this file belongs to.
    static func standing() throws -> House {
        let manifest = try String(contentsOf: folder.appending(path: "Package.swift"), encoding: .utf8)
        let sources = try swiftFiles(below: "Sources") + swiftFiles(below: "Tests")
        return House(targets: Target.list(inManifest: manifest), files: sources)
    }

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// Paths below the package's folder.
    static func paths(below name: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: name).path)
            .map { "\(name)/\($0)" }.sorted()
    }

    static func text(ofFile path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    private static func swiftFiles(below name: String) throws -> [SourceFile] {
        try paths(below: name).filter { $0.hasSuffix(".swift") }
            .map { SourceFile(path: $0, text: try text(ofFile: $0)) }
    }
}

/// One target as Package.swift declares it.
struct Target: Equatable {
    enum Kind: String { case library = "systemLibrary", room, program }

    let kind: Kind
    let name: String
    let dependencies: [String]

    /// Libraries, rooms and programs in the order they stand in; the helper functions' own definitions do not
    /// match.
    static func list(inManifest text: String) -> [Target] {
        let declaration =
            #/
            (?<kind> systemLibrary | room | program ) \( \s* (?: name: \s* )? "(?<name> [\w\-]+ )"
            (?<rest> [^\n]* (?: \n \s+ over: [^\]]* \] )? )
            /#
        let code = text.replacing(#/(?m)^\s*//.*$/#, with: "")
        return code.matches(of: declaration).compactMap { match in
            guard let kind = Kind(rawValue: String(match.kind)) else { return nil }
            let over =
                kind == .library ? nil : match.rest.firstMatch(of: #/over:\s*\[(?<names>[^\]]*)/#)?.names
            let names = over?.matches(of: #/"([\w-]+)"/#).map { String($0.1) } ?? []
            return Target(kind: kind, name: String(match.name), dependencies: names)
        }
    }
}

/// One Swift file.
struct SourceFile {
    struct Import: Equatable {
        let module: String
        let line: Int
    }

    /// Below the package's folder: `Sources/HTTP/RequestParser.swift`.
    let path: String
    let lines: [Substring]
    let imports: [Import]

    /// The folder the file is in: its target, or the name of the tests.
    var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var isSource: Bool { path.hasPrefix("Sources/") }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let statement =
            #/
            ^ \s* (?: @\w+ (?: \( \w+ \) )? \s+ )* (?: \w+ \s )? import \s
            (?: (?: struct | class | enum | protocol | func | var | let | typealias ) \s )? (\w+)
            /#
        imports = lines.enumerated().compactMap { index, line in
            line.prefixMatch(of: statement).map { Import(module: String($0.1), line: index + 1) }
        }
    }
}
