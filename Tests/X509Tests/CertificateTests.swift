import TestPKI
import Testing
import X509

@Suite struct `Reading a certificate` {
    static let customer = TestAuthority(name: "Test CA").issue(
        [.printable("C", "JP"), .utf8("O", "都島信用組合"), .utf8("CN", "TSUSER0001")], san: ["DNS:a.example"])

    @Test func `no proper prefix of a certificate is one`() {
        let der = Self.customer.certificate.der
        for length in 0..<der.count {
            #expect(throws: CertificateFault.self) { try Certificate(der: Array(der[..<length])) }
        }
    }

    @Test func `a byte after the certificate is a fault`() {
        #expect(throws: CertificateFault.self) { try Certificate(der: Self.customer.certificate.der + [0]) }
    }

    @Test func `a certificate reads back as it was written`() throws {
        let certificate = try Certificate(der: Self.customer.certificate.der)
        #expect(certificate.fingerprint == Self.customer.certificate.fingerprint)
    }
}
