import TestPKI
import Testing

@testable import X509

@Suite struct `Reading a bundle` {
    static let first = TestAuthority(name: "First CA")
    static let second = TestAuthority(name: "Second CA")
    static let bundle = first.pem + second.pem

    func fault(_ pem: [UInt8]) -> CertificateFault? {
        do throws(CertificateFault) {
            _ = try Certificate.parse(pem: pem)
            return nil
        } catch { return error }
    }

    func fault(_ text: String) -> CertificateFault? { fault(Array(text.utf8)) }

    @Test func `a file half written is refused unless it ends between two blocks`() throws {
        let length = Self.first.pem.count
        for count in 0..<Self.bundle.count - 1 {
            let names = (try? Certificate.parse(pem: Array(Self.bundle[..<count])))?.map(\.subject)
            let endsBetween = count == length - 1 || count == length
            #expect(names == (endsBetween ? [Self.first.certificate.subject] : nil), "\(count)")
        }
    }

    @Test func `nothing, blanks and text without a block are no bundle`() {
        for text in ["", "\n\n", "hello", "# customers' CA\n", "MIIB"] {
            #expect(fault(text) == .emptyBundle)
        }
    }

    @Test func `a block that is wrong is named by its place`() throws {
        let good = String(decoding: Self.first.pem, as: UTF8.self)
        let lines = good.split(separator: "\n").count
        func expect(_ block: String, _ problem: PEMProblem) {
            #expect(
                fault(good + block) == .badBlock(ordinal: 2, line: lines + 1, problem: problem), "\(block)")
        }
        expect("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", .otherLabel)
        expect(
            "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n", .otherLabel)
        expect("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", .badBase64)
        expect("-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", .badBase64)
        expect(
            "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END CERTIFICATE-----\n",
            .badBase64)
        expect("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", .undecodable)
        expect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .undecodable)
        expect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END X-----\n", .unbalanced)
        expect("-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\n", .unbalanced)
        expect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE----\n", .badBoundary)
        expect("-----BEGIN CERTIFICATE-----\nAAAA\n", .unfinished)
        expect("-----END CERTIFICATE-----\n", .unbalanced)
        expect("-----BEGIN CERTIFICATE----\nAAAA\n", .badBoundary)
        expect("-----begin certificate-----\nAAAA\n", .badBoundary)
        expect("-----BEGIN -----\nAAAA\n", .badBoundary)
        expect("-----------\n", .badBoundary)
    }

    @Test func `one bad certificate spoils the bundle`() {
        var changed = Self.bundle
        let middle = Self.first.pem.count + 100
        changed[middle] = changed[middle] == 0x41 ? 0x42 : 0x41
        // A changed letter may leave DER that decodes; a removed one never does.
        changed.remove(at: middle)
        #expect(fault(changed) != nil)
    }

    @Test func `a bundle gives every certificate in order`() throws {
        let certificates = try Certificate.parse(pem: Self.bundle)
        #expect(certificates == [Self.first.certificate, Self.second.certificate])
        #expect(certificates.flatMap(\.pem) == Self.bundle)
    }

    @Test func `comments, blank lines, Windows line ends and a byte order mark are no fault`() throws {
        let text = "# 顧客用 認証局\n\nsubject=CN = First CA\n" + String(decoding: Self.bundle, as: UTF8.self)
        for variant in [
            text, text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\r"), "\u{FEFF}" + text,
            text.replacing("\n", with: "  \n"), "\u{FEFF}" + String(decoding: Self.bundle, as: UTF8.self),
            String(text.dropLast()),
        ] {
            #expect(try Certificate.parse(pem: Array(variant.utf8)).count == 2)
        }
    }
}
