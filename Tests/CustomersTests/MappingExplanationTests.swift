import Crypto
import Customers
import Identity
import Settings
import Storage
import TestPKI
import Testing
import Text
import X509

@Suite struct MappingExplanationTests {
    private let folder: TemporaryFolder
    private let store: CustomerStore
    private let authority = TestAuthority(
        name: TestName([[.printable("C", "JP")], [.utf8("CN", "Client CA")]]))
    private let other = TestAuthority(name: "Other CA")
    private let now = WallTime(seconds: 1_800_000_000)

    init() throws {
        folder = try TemporaryFolder()
        store = CustomerStore(
            try Database.sqlite(path: folder.path("customers.sqlite"), schemas: [.identity]))
        try store.save([
            Customer(
                id: try #require(CustomerID("TSUSER0001")), displayName: "都島", role: .master,
                method: .certificate, status: .stopped, passwordHash: "x")
        ])
    }

    private func explain(
        _ certificate: TestCertificate, _ mappings: [GatewaySettings.Mapping], _ issuers: [TestAuthority]
    ) throws -> MappingExplanation {
        var complaints: [String] = []
        let rules = try #require(
            MappingRules(mappings, issuers: issuers.map(\.certificate), complaints: &complaints))
        return try MappingExplanation(
            certificate.certificate, rules: rules, mappings: mappings, store: store, at: now)
    }

    private var bySubject: GatewaySettings.Mapping { GatewaySettings.Mapping(issuer: "", by: .subject) }

    @Test func `each value shows its encoding, each rule its finding, and the customer the state`() throws {
        let name = TestName([[.printable("C", "JP")], [.utf8("CN", "TSUSER0001"), .bmp("OU", "営業")]])
        let enrolled = GatewaySettings.Mapping(issuer: "", by: .enrolled)
        let explanation = try explain(
            authority.issue(name, san: ["email:a@b.jp"]), [enrolled, bySubject], [other, authority])
        let lines = explanation.text.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.contains("PrintableString") && $0.contains("\"JP\"") })
        #expect(lines.contains { $0.contains("UTF8String") && $0.contains("\"TSUSER0001\"") })
        #expect(lines.contains { $0.contains("BMPString") && $0.contains("names nobody: stringType") })
        #expect(lines.contains { $0.contains("SAN.email") && $0.contains("\"a@b.jp\"") })
        #expect(lines.contains("      is about another issuer") && lines.contains("      names TSUSER0001"))
        #expect(lines.last == "→ TSUSER0001, stopped, logs in by certificate")
        let json = try JSONReader.read(Array(explanation.json.utf8), dialect: .json)
        #expect(json["rules"]?.array?.map { $0["finding"]?.string } == ["otherIssuer", "names"])
        #expect(json["customer"]?.string == "TSUSER0001" && json["state"]?.string == "stopped")
        #expect(json["values"]?.array?.contains { $0["encoding"]?.string == "BMPString" } == true)
    }

    @Test func `the reason is that of the audit log, with the page that tells it`() throws {
        func reason(_ name: TestName, _ mapping: GatewaySettings.Mapping) throws -> String? {
            let explanation = try explain(authority.issue(name), [mapping], [authority])
            let json = try JSONReader.read(Array(explanation.json.utf8), dialect: .json)
            #expect(json["page"]?.string == "APL-1104")
            let reason = json["reason"]?.string
            #expect(explanation.text.contains("nobody: \(reason ?? "?")"))
            return reason
        }
        let enrolled = GatewaySettings.Mapping(issuer: "", by: .enrolled)
        #expect(try reason("NOBODY", bySubject) == "unknownCustomer")
        #expect(try reason("X", enrolled) == "mapping.notEnrolled")
        #expect(try reason("two words", bySubject) == "mapping.notACustomerID")
        #expect(
            try reason(TestName([[.utf8("CN", "A")], [.utf8("CN", "B")]]), bySubject)
                == "mapping.attributeRepeated")
        let explanation = try explain(authority.issue("TSUSER0001"), [bySubject], [other])
        #expect(explanation.json.contains("\"mapping.noRule\""))
    }

    @Test func `a superseded certificate is told as such`() throws {
        var mapping = bySubject
        mapping.supersede = .onNewLogin
        let id = try #require(CustomerID("TSUSER0001"))
        let old = authority.issue("TSUSER0001")
        #expect(try explain(old, [mapping], [authority]).json.contains("\"customer\":\"TSUSER0001\""))
        let newest = NewestCertificate(
            issuerSerialKey: [1], notBefore: old.certificate.notBefore.adding(seconds: 1), firstLoginAt: now)
        let issuer = SHA256Digest(of: authority.certificate.subject.der).bytes
        try store.recordCertificate(newest, of: id, issuer: issuer)
        let json = try explain(old, [mapping], [authority]).json
        #expect(json.contains("\"superseded\"") && json.contains("APL-1107"))
    }

    @Test(arguments: ["\u{1B}[2J", "a\r\nb", "\u{202E}x", "\u{9B}31m"])
    func `threats row 40, nothing in a certificate moves the cursor of a terminal`(_ value: String) throws {
        let name = TestName([[.utf8("CN", value)], [.utf8("O", value)]])
        let explanation = try explain(authority.issue(name), [bySubject], [authority])
        for text in [explanation.text, explanation.json] {
            let suspicious = text.unicodeScalars.filter { scalar in
                scalar != "\n" && (scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value)
            }
            #expect(suspicious.isEmpty)
        }
        #expect(!explanation.text.unicodeScalars.contains("\u{202E}"))
    }
}
