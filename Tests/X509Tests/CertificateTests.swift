import Crypto
import TestPKI
import Testing
import Text

@testable import X509

@Suite struct `Reading a certificate` {
    static let authority = TestAuthority(name: "Test CA")
    static let customer = authority.issue(
        [.printable("C", "JP"), .utf8("O", "都島信用組合"), .utf8("CN", "TSUSER0001")], san: ["DNS:a.example"])

    @Test func `no proper prefix of a certificate is one`() {
        let der = Self.customer.certificate.der
        for length in 0..<der.count {
            #expect(throws: CertificateFault.undecodable) { try Certificate(der: Array(der[..<length])) }
        }
    }

    @Test func `a byte after the certificate is a fault`() {
        #expect(throws: CertificateFault.undecodable) {
            try Certificate(der: Self.customer.certificate.der + [0])
        }
    }

    @Test func `a length in more bytes than needed is a fault`() {
        var der = Self.customer.certificate.der
        // SEQUENCE of a two-byte length becomes one of three.
        #expect(der[1] == 0x82)
        der.replaceSubrange(1...1, with: [0x83, 0x00])
        #expect(throws: CertificateFault.undecodable) { try Certificate(der: der) }
    }

    @Test func `bytes that are not UTF-8 in a UTF8String are a fault`() throws {
        var der = Self.customer.certificate.der
        let place = try #require(der.indices.first { der[$0...].starts(with: "都島".utf8) })
        der[place] = 0x83
        #expect(throws: CertificateFault.undecodable) { try Certificate(der: der) }
    }

    @Test func `no change of one bit is fatal, and none is trusted`() throws {
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1), anchors: [Self.authority.certificate],
            intermediates: [], policy: TrustPolicy())
        let der = Self.customer.certificate.der
        for bit in 0..<der.count * 8 {
            var changed = der
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let certificate = try? Certificate(der: changed) else { continue }
            _ = certificate.subject.rfc4514 + certificate.keySummary + certificate.serialHex
            #expect(Outcome(epoch.judge([certificate], at: midday)) != .trusted)
        }
    }

    @Test func `a certificate reads as it was made`() throws {
        let certificate = try Certificate(der: Self.customer.certificate.der)
        #expect(certificate == Self.customer.certificate)
        #expect(certificate.fingerprint == SHA256Digest(of: certificate.der))
        #expect(certificate.subject.rfc4514 == "CN=TSUSER0001,O=都島信用組合,C=JP")
        #expect(certificate.issuer == Self.authority.certificate.subject)
        #expect(certificate.notBefore == TestAuthority.notBefore)
        #expect(certificate.notAfter == TestAuthority.notAfter)
        #expect(certificate.keySummary == "EC P-256")
        #expect(!certificate.isCA && Self.authority.certificate.isCA)
        #expect(certificate.isWellFormed)
        #expect(certificate.serialHex.hasPrefix("4d") && certificate.serialHex.utf8.count == 32)
    }

    @Test func `validity beyond 2050 and before 1970 reads`() {
        let begin = WallTime(seconds: -315_619_200)
        let end = WallTime(seconds: 253_402_300_799)
        let certificate = Self.authority.issue("x", notBefore: begin, notAfter: end).certificate
        #expect(certificate.notBefore == begin && certificate.notAfter == end)
    }

    @Test(arguments: [
        (TestKeyKind.p256, "EC P-256"), (.p384, "EC P-384"), (.p224, "EC P-224"), (.rsa2048, "RSA 2048"),
        (.rsa1024, "RSA 1024"), (.ed25519, "Ed25519"), (.dsa1024, "DSA 1024"),
    ])
    func `keys are named as people name them`(kind: TestKeyKind, name: String) {
        #expect(Self.authority.issue("x", key: kind).certificate.keySummary == name)
    }

    @Test func `the same serial of two issuers gives two keys`() {
        let other = TestAuthority(name: "Other CA")
        let certificates = [
            Self.authority.issue("a", serial: [1]), other.issue("a", serial: [1]),
            Self.authority.issue("a", serial: [2]), Self.authority.issue("b", serial: [1]),
        ].map(\.certificate)
        #expect(certificates.map(\.serialHex) == ["01", "01", "02", "01"])
        let keys = certificates.map(\.issuerSerialKey)
        #expect(Set(keys).count == 3)
        #expect(keys[0] == keys[3])
        let expected = SHA256Digest(of: Self.authority.certificate.subject.der + [0x02, 0x01, 0x01])
        #expect(keys[0] == expected)
    }

    @Test func `a serial of twenty bytes with its top bit set stays positive`() {
        let serial = [0xFF] + [UInt8](repeating: 0, count: 19)
        #expect(Self.authority.issue("x", serial: serial).certificate.serialHex == Hex.encode(serial))
    }
}

@Suite struct `Reading alternative names` {
    let authority = TestAuthority(name: "Test CA")

    func names(_ san: String...) -> [SubjectAlternativeName] {
        authority.issue("x", san: san).certificate.subjectAlternativeNames
    }

    /// A certificate with exactly these bytes as the names.
    func names(der hex: String) -> [SubjectAlternativeName] {
        authority.issue("x", extensions: [TestExtension("2.5.29.17", "DER:\(hex)")])
            .certificate.subjectAlternativeNames
    }

    @Test func `names with NUL, controls, blanks or beyond ASCII are listed as unusable`() {
        #expect(
            names(der: "300582036100 62".filter { $0 != " " }) == [.unusable(tag: 2, raw: [0x61, 0, 0x62])])
        #expect(names(der: "30058603610A62") == [.unusable(tag: 6, raw: [0x61, 0x0A, 0x62])])
        #expect(names(der: "30058103612062") == [.unusable(tag: 1, raw: [0x61, 0x20, 0x62])])
        #expect(names(der: "30048202E983") == [.unusable(tag: 2, raw: [0xE9, 0x83])])
        #expect(names(der: "30028200") == [.unusable(tag: 2, raw: [])])
    }

    @Test(arguments: [0, 3, 5, 8, 15, 17])
    func `an address of another length is unusable`(count: Int) {
        let address = [UInt8](repeating: 1, count: count)
        let der = Hex.encode([0x30, UInt8(count + 2), 0x87, UInt8(count)] + address)
        #expect(names(der: der) == [.unusable(tag: 7, raw: address)])
    }

    @Test func `names that are well read in order`() {
        let read = names(
            "DNS:a.example", "URI:https://a.example/x", "email:a@b.example", "IP:192.0.2.1", "IP:2001:db8::1")
        #expect(
            read == [
                .dns("a.example"), .uri("https://a.example/x"), .email("a@b.example"), .ip([192, 0, 2, 1]),
                .ip([0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]),
            ])
        #expect(authority.issue("x").certificate.subjectAlternativeNames == [])
    }

    @Test func `other kinds keep their DER`() {
        let read = names("RID:1.2.3")
        #expect(read == [.other(tag: 8, der: [0x88, 0x02, 0x2A, 0x03])])
    }
}
