import Crypto
import Customers
import Identity
import TestPKI
import Testing
import X509

private let commonName = "2.5.4.3"
private let sameNameInFiveTypes: [TestAttribute] = [
    .utf8("CN", "TSUSER0001"), .printable("CN", "TSUSER0001"), .teletex("CN", Array("TSUSER0001".utf8)),
    .bmp("CN", "TSUSER0001"), .universal("CN", "TSUSER0001"),
]

/// Real certificates, from their DER to the customer.
@Suite struct `Mapping certificates` {
    private let authority = TestAuthority(name: "Client CA")

    private func rules(_ source: MappingRule.Source = .attribute(oid: commonName)) throws -> MappingRules {
        try MappingRules([
            MappingRule(
                issuer: IssuerName(authority.certificate.subject),
                mode: .subject(source, pattern: nil, foldsCase: false))
        ])
    }

    private func outcome(_ name: TestName) throws -> MappingOutcome {
        try rules().evaluate(CertificateFacts(authority.issue(name).certificate))
    }

    private func outcome(_ kind: AlternativeNameKind, san: String...) throws -> MappingOutcome {
        let certificate = authority.issue("X", san: san).certificate
        return try rules(.alternativeName(kind)).evaluate(CertificateFacts(certificate))
    }

    /// Names in raw DER, for what OpenSSL's configuration syntax will not write.
    private func outcome(_ kind: AlternativeNameKind, der: String) throws -> MappingOutcome {
        let extensions = [TestExtension("subjectAltName", "DER:\(der)")]
        let certificate = authority.issue("X", extensions: extensions).certificate
        return try rules(.alternativeName(kind)).evaluate(CertificateFacts(certificate))
    }

    private let master = MappingOutcome.customer(CustomerID("TSUSER0001")!)  // an ID, as anybody can see

    @Test func `a certificate's names become facts in their order and grouping`() {
        let name = TestName([[.printable("C", "JP")], [.utf8("CN", "TSUSER0001"), .utf8("OU", "営業")]])
        let certificate = authority.issue(name).certificate
        let facts = CertificateFacts(certificate)
        #expect(facts.issuer == IssuerName(authority.certificate.subject))
        #expect(facts.issuerSerialKey == certificate.issuerSerialKey.bytes)
        #expect(facts.fingerprint == certificate.fingerprint.bytes)
        #expect(facts.notBefore == certificate.notBefore)
        #expect(facts.subject.map(\.count) == [1, 2])
        #expect(facts.subject[0] == [NameFact(oid: "2.5.4.6", NameValue("JP"))])
        #expect(
            Set(facts.subject[1]) == [
                NameFact(oid: commonName, NameValue("TSUSER0001")),
                NameFact(oid: "2.5.4.11", NameValue("営業")),
            ])
    }

    @Test
    func
        `threats row 19, the same serial number of two CAs is two certificates`()
        throws
    {
        let other = TestAuthority(name: "Other CA")
        let serial: [UInt8] = [1]
        let one = CertificateFacts(authority.issue("X", serial: serial).certificate)
        let two = CertificateFacts(other.issue("X", serial: serial).certificate)
        #expect(one.issuerSerialKey != two.issuerSerialKey)
        let enrolled = MappingRule.Mode.enrolled(byFingerprint: false)
        let rules = try MappingRules([
            MappingRule(issuer: one.issuer, mode: enrolled), MappingRule(issuer: two.issuer, mode: enrolled),
        ])
        #expect(rules.evaluate(one) != rules.evaluate(two))
        let onlyOne = try MappingRules([MappingRule(issuer: one.issuer, mode: enrolled)])
        #expect(onlyOne.evaluate(two) == .refused(.noRule))
    }

    @Test func `threats row 35, NUL in a name of any string type names nobody`() throws {
        let evil = "TSUSER0001\u{0}.evil"
        for (name, refusal) in [
            (TestAttribute.utf8("CN", evil), MappingRefusal.control), (.ia5("CN", evil), .control),
            (.printable("CN", evil), .undecodable), (.teletex("CN", Array(evil.utf8)), .stringType),
            (.bmp("CN", evil), .stringType), (.universal("CN", evil), .stringType),
        ] {
            #expect(try outcome(TestName([[name]])) == .refused(refusal))
        }
    }

    @Test func `threats row 35, NUL in an alternative name of any kind names nobody`() throws {
        // [1] "A\0B", [6] "A\0B": e-mail and URI.
        #expect(try outcome(.email, der: "3005810341" + "0042") == .refused(.control))
        #expect(try outcome(.uri, der: "3005860341" + "0042") == .refused(.control))
        for (tag, bytes, refusal) in [
            ("0c", "410042", MappingRefusal.control), ("1e", "004100000042", .stringType),
            ("1c", "000000410000000000000042", .stringType), ("16", "410042", .control),
            ("0c", "ff", .undecodable), ("14", "41", .stringType), ("04", "41", .stringType),
        ] {
            let value = tag + length(bytes) + bytes
            #expect(try outcome(.userPrincipalName, der: otherName(value)) == .refused(refusal))
        }
    }

    @Test func `a clean alternative name is the customer ID, once`() throws {
        #expect(try outcome(.email, san: "email:TSUSER0001", "URI:x", "DNS:y") == master)
        #expect(try outcome(.uri, san: "email:x", "URI:TSUSER0001") == master)
        let principal = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:TSUSER0001"
        #expect(try outcome(.userPrincipalName, san: principal) == master)
        #expect(try outcome(.userPrincipalName, san: principal, principal) == .refused(.attributeRepeated))
        #expect(
            try outcome(.userPrincipalName, san: "otherName:1.3.6.1.4.1.311.20.2.4;UTF8:TSUSER0001")
                == .refused(.attributeAbsent))
        #expect(try outcome(.email, san: "DNS:TSUSER0001") == .refused(.attributeAbsent))
    }

    @Test func `threats row 36, one visible name in five encodings is one identity or none`() throws {
        let outcomes = try sameNameInFiveTypes.map { try outcome(TestName([[$0]])) }
        let refused = MappingOutcome.refused(.stringType)
        #expect(outcomes == [master, master, refused, refused, refused])
        // Shift_JIS under a UTF8String tag: libcrypto takes no such certificate, and we no such name.
        let foreign = NameAttribute(oid: commonName, stringType: .utf8, raw: [0x83, 0x65, 0x83, 0x58])
        #expect(foreign.flaw == .undecodable)
        let asT61 = TestAttribute.teletex("CN", [0x83, 0x65])
        #expect(try outcome(TestName([[asT61]])) == .refused(.stringType))
    }

    @Test
    func `threats row 36, a CA that moves from PrintableString to UTF8String keeps its rule when normalised`()
        throws
    {
        let printable = TestAuthority(
            name: TestName([[.printable("C", "JP")], [.printable("CN", "Client CA G1")]]))
        let utf8 = TestAuthority(name: TestName([[.printable("C", "JP")], [.utf8("CN", "Client CA  g1")]]))
        let certificate = CertificateFacts(utf8.issue("TSUSER0001").certificate)
        for (matching, expected) in [
            (MappingRule.IssuerMatching.exact, MappingOutcome.refused(.noRule)), (.normalised, master),
        ] {
            let rules = try MappingRules([
                MappingRule(
                    issuer: IssuerName(printable.certificate.subject), issuerMatching: matching,
                    mode: .subject(.attribute(oid: commonName), pattern: nil, foldsCase: false))
            ])
            #expect(rules.evaluate(certificate) == expected)
        }
    }

    @Test func `threats row 39, a second CN, one in O, and one beside UID are told apart`() throws {
        let name = TestAttribute.utf8("CN", "TSUSER0001")
        #expect(try outcome(TestName([[name], [.utf8("CN", "admin")]])) == .refused(.attributeRepeated))
        #expect(try outcome(TestName([[name, .utf8("CN", "admin")]])) == .refused(.attributeRepeated))
        #expect(try outcome(TestName([[.utf8("O", "x/CN=admin")]])) == .refused(.attributeAbsent))
        #expect(try outcome(TestName([[.utf8("O", "x,CN=admin")], [name]])) == master)
        #expect(try outcome(TestName([[name, .utf8("UID", "b")]])) == master)
    }

    @Test(arguments: [
        "*)(uid=*", "x,OU=y,CN=TSUSER0001", "TSUSER0001\r\nX-Client-Verify: SUCCESS", "\u{1B}[2J", "a\"b c",
        "' OR 1=1 --",
    ])
    func `threats row 40, what looks like a query, a header or an escape is an ID as it stands or none`(
        _ value: String
    ) throws {
        switch try outcome(TestName([[.utf8("CN", value)]])) {
        case .customer(let id): #expect(id.text == value)
        case .refused(let refusal): #expect([.control, .notACustomerID].contains(refusal))
        case .enrolment: Issue.record("enrolled")
        }
    }

    private func otherName(_ value: String) -> String {
        let explicit = "a0" + length(value) + value
        let inner = "060a2b060104018237140203" + explicit
        let name = "a0" + length(inner) + inner
        return "30" + length(name) + name
    }

    private func length(_ hex: String) -> String {
        let text = String(hex.utf8.count / 2, radix: 16)
        return text.count == 1 ? "0\(text)" : text
    }
}
