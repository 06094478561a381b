import TestPKI
import Testing

@testable import X509

/// The subject of a certificate made with that name.
func subject(_ name: TestName) -> DistinguishedName {
    TestAuthority(name: "Test CA").issue(name).certificate.subject
}

/// The one common name of a certificate made with that attribute.
func commonName(_ attribute: TestAttribute) -> NameAttribute? {
    subject([attribute]).relativeNames.first?.first
}

@Suite struct `Reading a name` {
    @Test(arguments: Array(UInt8(0)...0x1F) + [0x7F])
    func `a control character makes a value unusable in every string type`(byte: UInt8) throws {
        let text = "ADMIN\(Unicode.Scalar(byte))X"
        for attribute in [
            TestAttribute.utf8("CN", text), .printable("CN", text), .ia5("CN", text), .bmp("CN", text),
            .universal("CN", text), .teletex("CN", Array(text.utf8)),
        ] {
            let read = try #require(commonName(attribute))
            #expect(read.value == nil)
            #expect(read.raw == attribute.bytes)
        }
    }

    @Test(arguments: [0x80, 0x85, 0x9F])
    func `C1 controls make a value unusable`(number: UInt32) throws {
        let text = "ADMIN" + String(try #require(Unicode.Scalar(number)))
        for attribute in [TestAttribute.utf8("CN", text), .bmp("CN", text), .universal("CN", text)] {
            #expect(try #require(commonName(attribute)).value == nil)
        }
    }

    @Test func `bytes that are not of their string type give no value`() throws {
        func value(_ tag: Int32, _ bytes: [UInt8]) -> String? {
            NameAttribute(oid: "2.5.4.3", stringType: NameStringType(tag: tag), raw: bytes).value
        }
        // UTF8String with Shift_JIS, overlong, surrogate, truncated
        for bytes: [UInt8] in [[0x83, 0x65, 0x83, 0x58], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE3, 0x83]] {
            #expect(value(12, bytes) == nil)
        }
        // PrintableString with what it does not have
        for character in "*@&_!\"#$%;<>[]^`{|}~\\" {
            #expect(value(19, Array("A\(character)".utf8)) == nil)
        }
        #expect(value(19, [0xE3]) == nil)
        #expect(value(22, [0x80]) == nil)
        // BMPString: odd length, surrogate pair, lone surrogate
        for bytes: [UInt8] in [[0x30], [0xD8, 0x3D, 0xDE, 0x00], [0xD8, 0x3D], [0xDC, 0x00]] {
            #expect(value(30, bytes) == nil)
        }
        // UniversalString: length, surrogate, beyond Unicode
        for bytes: [UInt8] in [[0, 0, 0x30], [0, 0, 0xD8, 0], [0, 0x11, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF]] {
            #expect(value(28, bytes) == nil)
        }
        #expect(value(20, Array("plain".utf8)) == nil)
        #expect(value(18, Array("12".utf8)) == nil)
        #expect(value(19, Array("AZaz09 '()+,-./:=?".utf8)) == "AZaz09 '()+,-./:=?")
    }

    @Test func `the same text in five string types reads alike and is never the same name`() throws {
        let text = "TSUSER0001"
        let attributes = [
            TestAttribute.utf8("CN", text), .printable("CN", text), .ia5("CN", text), .bmp("CN", text),
            .universal("CN", text),
        ]
        let names = attributes.map { subject([$0]) }
        #expect(Set(names).count == 5)
        #expect(names.allSatisfy { $0.relativeNames[0][0].value == text })
        #expect(
            names.map { $0.relativeNames[0][0].stringType } == [.utf8, .printable, .ia5, .bmp, .universal])
    }

    @Test func `Japanese reads from every type that can hold it`() throws {
        let text = "都島信用組合"
        for attribute in [TestAttribute.utf8("O", text), .bmp("O", text), .universal("O", text)] {
            let read = try #require(commonName(attribute))
            #expect(read.value == text && read.shortName == "O" && read.oid == "2.5.4.10")
        }
        #expect(try #require(commonName(.universal("O", "𠮷野家"))).value == "𠮷野家")
        let shiftJIS: [UInt8] = [0x83, 0x65, 0x83, 0x58, 0x83, 0x67]
        let teletex = try #require(commonName(.teletex("CN", shiftJIS)))
        #expect(teletex.value == nil && teletex.stringType == .teletex && teletex.raw == shiftJIS)
    }

    @Test func `order, repetition and sets stay as they are`() {
        let name = subject(
            TestName([
                [.printable("C", "JP")], [.utf8("OU", "FBサービス")], [.utf8("OU", "企業ID:1234567890")],
                [.utf8("CN", "TSUSER0003"), .printable("serialNumber", "0000012345")],
                [.utf8("CN", "second")],
            ]))
        #expect(name.relativeNames.map(\.count) == [1, 1, 1, 2, 1])
        #expect(name.attributes(oid: "2.5.4.11").map(\.value) == ["FBサービス", "企業ID:1234567890"])
        #expect(name.attributes(oid: "2.5.4.3").map(\.value) == ["TSUSER0003", "second"])
        #expect(Set(name.relativeNames[3].map(\.shortName)) == ["CN", "serialNumber"])
    }

    @Test func `a type nobody knows is its number`() throws {
        let read = try #require(commonName(.utf8("1.2.392.100300.1.1.3", "x")))
        #expect(read.oid == "1.2.392.100300.1.1.3" && read.shortName == nil && read.value == "x")
    }

    @Test func `an empty name and an empty value are not nothing`() throws {
        #expect(subject([]).relativeNames.isEmpty)
        #expect(subject([]).der == [0x30, 0x00])
        #expect(subject([]).rfc4514 == "")
        let parsed = NameAttribute(oid: "2.5.4.3", stringType: .utf8, raw: [])
        #expect(parsed.value == "")
    }
}

@Suite struct `Writing a name` {
    @Test func `the most significant part comes last`() {
        let name = subject([.printable("C", "JP"), .utf8("O", "都島信用組合"), .utf8("CN", "TSUSER0001")])
        #expect(name.rfc4514 == "CN=TSUSER0001,O=都島信用組合,C=JP")
    }

    @Test func `a set is joined with plus signs`() {
        let name = subject(
            TestName([[.printable("C", "JP")], [.utf8("CN", "a"), .utf8("UID", "b")]]))
        #expect(["CN=a+UID=b,C=JP", "UID=b+CN=a,C=JP"].contains(name.rfc4514))
    }

    @Test(arguments: [
        ("株式会社テスト 経理部,山田", "CN=株式会社テスト 経理部\\,山田"), (" x ", "CN=\\ x\\ "), ("#x#", "CN=\\#x#"),
        ("a+b;c<d>e\"f\\g=h", "CN=a\\+b\\;c\\<d\\>e\\\"f\\\\g\\=h"), (" ", "CN=\\ "),
        (
            "x,OU=y,CN=ADMIN01\r\nX-Client-Verify: SUCCESS",
            "CN=x\\,OU\\=y\\,CN\\=ADMIN01\\0d\\0aX-Client-Verify: SUCCESS"
        ),
        ("TESTUSER01\0.evil", "CN=TESTUSER01\\00.evil"), ("\u{1B}[2J", "CN=\\1b[2J"),
        ("\u{202E}nimda", "CN=\\e2\\80\\aenimda"), ("a\u{2028}b", "CN=a\\e2\\80\\a8b"),
        ("a\u{200B}b", "CN=a\\e2\\80\\8bb"),
        ("\u{85}", "CN=\\c2\\85"), ("*)(uid=*", "CN=*)(uid\\=*"),
    ])
    func `a value can neither end its attribute nor its log line`(value: String, text: String) {
        #expect(subject([.utf8("CN", value)]).rfc4514 == text)
    }

    @Test func `what does not decode, and unknown types, are written as BER`() {
        #expect(subject([.teletex("CN", [0x83, 0x65])]).rfc4514 == "CN=#14028365")
        #expect(subject([.utf8("1.2.3.4", "x")]).rfc4514 == "1.2.3.4=#0c0178")
        let long = [UInt8](repeating: 0x41, count: 300)
        let name = NameAttribute(oid: "2.5.4.3", stringType: .teletex, raw: long)
        let written = DistinguishedName(der: [], relativeNames: [[name]]).rfc4514
        #expect(written.hasPrefix("CN=#1482012c4141"))
        let medium = NameAttribute(oid: "2.5.4.3", stringType: .teletex, raw: Array(long.prefix(128)))
        #expect(DistinguishedName(der: [], relativeNames: [[medium]]).rfc4514.hasPrefix("CN=#14818041"))
    }

    @Test func `no name of any byte breaks a line`() {
        for byte in UInt8.min...UInt8.max {
            for type in NameStringType.allCases where type != .other {
                let name = NameAttribute(oid: "2.5.4.3", stringType: type, raw: [byte, byte, byte, byte])
                let text = DistinguishedName(der: [], relativeNames: [[name]]).rfc4514
                #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) })
            }
        }
    }
}
