import Testing

/// Each rule finds what it is there to find.
struct HouseRulesTests {
    let manifest = """
        func room(_ name: String, over rooms: [Target.Dependency] = []) -> Target {
        func program(_ name: String, over rooms: [Target.Dependency]) -> Target {
                .systemLibrary(name: "CLinux"),
                .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
                // room("Commented", over: ["Text"]),
                room("Text"),
                room("Reactor", over: ["CLinux"]),
                room("HTTP", over: ["Text"]),
                room(
                    "Storage",
                    over: [
                        "CSQLite", "Text",
                    ]),
                program("sekisho-consent", over: ["HTTP", "Storage"]),
                tests(of: "Text"),
        """

    func house(_ files: [(path: String, text: String)] = []) -> House {
        let targets = Target.list(inManifest: manifest)
        return House(targets: targets, files: files.map { SourceFile(path: $0.path, text: $0.text) })
    }

    @Test func `targets are read in order, comments and definitions left out`() {
        #expect(
            house().targets == [
                Target(kind: .library, name: "CLinux", dependencies: []),
                Target(kind: .library, name: "CSQLite", dependencies: []),
                Target(kind: .room, name: "Text", dependencies: []),
                Target(kind: .room, name: "Reactor", dependencies: ["CLinux"]),
                Target(kind: .room, name: "HTTP", dependencies: ["Text"]),
                Target(kind: .room, name: "Storage", dependencies: ["CSQLite", "Text"]),
                Target(kind: .program, name: "sekisho-consent", dependencies: ["HTTP", "Storage"]),
            ])
    }

    @Test func `imports are read in every form`() {
        let text = """
            // import Commented
            import A
            public import B
            @testable import C
            @preconcurrency public import D
            @_spi(Testing) import E
            import struct F.Thing
            #if os(Linux)
                import G
            #endif
            let important = 1
            """
        let imports = SourceFile(path: "Sources/X/X.swift", text: text).imports
        #expect(imports.map(\.module) == ["A", "B", "C", "D", "E", "F", "G"])
        #expect(imports.map(\.line) == [2, 3, 4, 5, 6, 7, 9])
    }

    @Test func `an arrow that points down is found`() {
        let text = #"room("Low", over: ["High"]), room("High")"#
        let upsideDown = House(
            targets: Target.list(inManifest: text.replacing("), ", with: "),\n")), files: [])
        #expect(upsideDown.arrowsThatPointDown.count == 1)
        #expect(house().arrowsThatPointDown == [])
    }

    @Test func `an import that is not declared is found`() {
        let found = house([("Sources/HTTP/A.swift", "import Text\nimport Storage\nimport Glibc")])
            .undeclaredImports
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("Sources/HTTP/A.swift:2: ") == true)
    }

    @Test func `a C library outside its rooms is found, but not in tests`() {
        let files = [
            ("Sources/Reactor/A.swift", "import CLinux"), ("Sources/HTTP/A.swift", "public import CLinux"),
            ("Tests/HTTPTests/A.swift", "import CLinux"),
        ]
        #expect(house(files).librariesOutsideTheirRooms.map { $0.prefix(21) } == ["Sources/HTTP/A.swift:"])
    }

    @Test func `a pure room that imports more than pure rooms is found`() {
        let files = [
            ("Sources/HTTP/A.swift", "import Text\nimport Synchronization\nimport Glibc"),
            ("Sources/Storage/A.swift", "import Glibc"),
        ]
        #expect(house(files).impureImports == ["Sources/HTTP/A.swift:3: HTTP is pure and imports Glibc"])
    }

    @Test func `Foundation in a room is found, but not in a program`() {
        let files = [
            ("Sources/Storage/A.swift", "import FoundationEssentials"),
            ("Sources/sekisho-consent/A.swift", "import Foundation"),
        ]
        #expect(house(files).roomsWithFoundation.count == 1)
    }

    @Test func `length and width are allowed up to the limit and found one above it`() {
        let text = { (lines: Int, columns: Int) in
            String(repeating: "\n", count: lines - 1) + String(repeating: "x", count: columns) + "\n"
        }
        let atLimit = house([("Sources/HTTP/A.swift", text(500, 110))])
        #expect(atLimit.longFiles == [] && atLimit.longLines == [])
        #expect(house([("Sources/HTTP/A.swift", text(501, 110))]).longFiles.count == 1)
        #expect(house([("Sources/HTTP/A.swift", text(500, 111))]).longLines.count == 1)
    }

    @Test func `work left for later is found`() {
        let found = house([("Tests/HTTPTests/A.swift", "// a\n    // TO" + "DO later")]).unfinishedBusiness
        #expect(found == ["Tests/HTTPTests/A.swift:2: // TO" + "DO later"])
    }
}
