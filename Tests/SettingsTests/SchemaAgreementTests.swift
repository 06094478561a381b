import Settings
import Testing
import Text

/// One of the two configuration files.
enum SettingsFile: CaseIterable, Sendable {
    case gateway, consent

    var jsonSchema: String { self == .gateway ? GatewaySettings.jsonSchema : ConsentSettings.jsonSchema }
    var reference: String {
        self == .gateway ? GatewaySettings.referenceMarkdown : ConsentSettings.referenceMarkdown
    }
    var minimal: String { self == .gateway ? minimalGateway : minimalConsent }
    var full: String { self == .gateway ? fullGateway : fullConsent }

    func complaints(_ text: String) -> [String] {
        self == .gateway ? readGateway(text).complaints : readConsent(text).complaints
    }
}

/// The decoder, the reference page and the editors' schema come from one description; here each is held
/// against the others from outside.
@Suite(.serialized) struct SchemaAgreementTests {
    @Test(arguments: SettingsFile.allCases)
    func `the editors' schema is JSON of draft 2020-12`(_ file: SettingsFile) throws {
        let root = try JSONReader.read(Array(file.jsonSchema.utf8), dialect: .json)
        #expect(root["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
        #expect(root["type"]?.string == "object")
        #expect(root["additionalProperties"]?.bool == false)
    }

    @Test(arguments: SettingsFile.allCases)
    func `both examples satisfy the editors' schema`(_ file: SettingsFile) throws {
        let root = try JSONReader.read(Array(file.jsonSchema.utf8), dialect: .json)
        for text in [file.minimal, file.full] {
            let node = try JSONReader.read(Array(text.utf8), dialect: .json5)
            #expect(violations(of: node, against: root, path: "") == [])
        }
    }

    @Test(arguments: SettingsFile.allCases)
    func `the full example has every key of the editors' schema`(_ file: SettingsFile) throws {
        let node = try JSONReader.read(Array(file.full.utf8), dialect: .json5)
        #expect(
            Set(try schemaKeys(file).map(\.path))
                == Set(keyPaths(of: node, against: try schemaRoot(file), path: "")))
    }

    @Test(arguments: SettingsFile.allCases)
    func `the reference page has every key with its default in the table of its object`(_ file: SettingsFile)
        throws
    {
        let sections = file.reference.split(separator: "\n## ")
        for key in try schemaKeys(file) {
            let title = key.parent.isEmpty ? "The file\n" : "`\(key.parent)`\n"
            let section = try #require(sections.first { $0.hasPrefix(title) }, "a section for \(key.path)")
            let row = try #require(
                section.split(separator: "\n").first { $0.hasPrefix("| `\(key.name)` | ") },
                "a row for \(key.path)")
            let cells = row.split(separator: " | ")
            #expect(cells.count == 4, "\(row)")
            let isRequired = row.contains("| **required** |")
            #expect(isRequired == key.isRequired, "\(row)")
            if let standard = key.node["default"] {
                #expect(row.contains("| `\(jsonText(standard))` |"), "\(row)")
            }
        }
        let rowCount = file.reference.split(separator: "\n").count { $0.hasPrefix("| `") }
        #expect(rowCount == (try schemaKeys(file).count))
    }

    @Test(arguments: SettingsFile.allCases)
    func `every documentation is a sentence`(_ file: SettingsFile) throws {
        for key in try schemaKeys(file) {
            let text = try #require(key.node["description"]?.string)
            #expect(text.count >= 12 && text.hasSuffix("."), "\(key.path): \(text)")
            #expect(!text.contains("|") && !text.contains("\n"), "\(key.path): \(text)")
        }
    }

    @Test(arguments: SettingsFile.allCases)
    func `integers that count something say so in their names`(_ file: SettingsFile) throws {
        let units = ["seconds": "Seconds", "bytes": "Bytes", "days": "Days", "bits": "Bits"]
        for line in file.reference.split(separator: "\n") where line.hasPrefix("| `") {
            for (unit, name) in units where line.contains("(\(unit)) |") {
                let key = line.dropFirst(3).prefix { $0 != "`" }
                #expect(key.contains(name) || key.hasPrefix(unit), "\(line)")
            }
        }
    }

    /// A value of the wrong type at every place where the full example has a key: the decoder reads each of
    /// them.
    @Test(arguments: SettingsFile.allCases)
    func `the decoder looks at every key of the schema`(_ file: SettingsFile) throws {
        let node = try JSONReader.read(Array(file.full.utf8), dialect: .json5)
        for place in places(in: node, path: "") {
            let complaints = file.complaints(jsonText(node, replacing: place.position, with: "null"))
            #expect(
                complaints.contains { $0.contains(": \(place.path): expected ") },
                "\(place.path): \(complaints)")
        }
    }

    /// Limits are in the schema as in the decoder: at the limit all is well, one beyond it is not.
    @Test(arguments: SettingsFile.allCases)
    func `the decoder keeps the limits of the schema`(_ file: SettingsFile) throws {
        let node = try JSONReader.read(Array(file.full.utf8), dialect: .json5)
        let root = try schemaRoot(file)
        for place in places(in: node, path: "") {
            guard let rules = schema(at: place.path, in: root), rules["type"]?.string == "integer" else {
                continue
            }
            let low = try #require(rules["minimum"]?.integer)
            let high = try #require(rules["maximum"]?.integer)
            for (value, isIn) in [(low - 1, false), (low, true), (high, true), (high + 1, false)] {
                let complaints = file.complaints(jsonText(node, replacing: place.position, with: "\(value)"))
                let isRefused = complaints.contains {
                    $0.contains(": \(place.path): expected an integer from")
                }
                #expect(isRefused == !isIn, "\(place.path) = \(value): \(complaints)")
            }
        }
    }

    /// Writing every default into the minimal file changes nothing.
    @Test func `a default means what it says`() throws {
        let root = try schemaRoot(.gateway)
        let written = withDefaults(minimalGateway, root)
        #expect(written != minimalGateway)
        #expect(try readGateway(written).value == readGateway(minimalGateway).value)
        let consent = withDefaults(minimalConsent, try schemaRoot(.consent))
        #expect(try readConsent(consent).value == readConsent(minimalConsent).value)
    }

    private func withDefaults(_ text: String, _ root: JSONNode) -> String {
        var extra = ""
        for property in root["properties"]?.members ?? [] {
            guard let standard = property.node["default"], !text.contains("\n  \(property.key):") else {
                continue
            }
            let inner = (property.node["properties"]?.members ?? []).compactMap { member in
                member.node["default"].map { "\(member.key): \(jsonText($0))" }
            }
            let value = inner.isEmpty ? jsonText(standard) : "{\(inner.joined(separator: ", "))}"
            extra += "  \(property.key): \(value),\n"
        }
        return text.replacing("{\n  listen:", with: "{\n\(extra)  listen:")
    }

    private func schemaRoot(_ file: SettingsFile) throws -> JSONNode {
        try JSONReader.read(Array(file.jsonSchema.utf8), dialect: .json)
    }

    private func schemaKeys(_ file: SettingsFile) throws -> [SchemaKey] {
        keys(of: try schemaRoot(file), parent: "")
    }
}
