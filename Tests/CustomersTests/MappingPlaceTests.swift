import Customers
import Identity
import Settings
import TestPKI
import Testing
import X509

/// Threats row 41: rules that contradict each other are refused with file, line and column.
@Suite struct MappingPlaceTests {
    private let authority = TestAuthority(name: "Client CA")

    private func complaints(_ rules: String...) throws -> [String] {
        let text = """
            {
              listen: ["0.0.0.0:443"], institution: { name: "銀行", service: "ＦＢ" },
              hosts: [
                { name: "fb.example.jp", role: "login", certificate: "fb.pem", key: "fb.key",
                  certificateHost: "cert.fb.example.jp",
                  routes: [{ path: "/", upstream: "u", access: "customer" }] },
                { name: "cert.fb.example.jp", role: "certificate", certificate: "c.pem", key: "c.key", trust: "t" },
              ],
              trust: { t: { anchors: ["ca.pem"] } }, upstreams: { u: { endpoint: "unix:u.sock" } },
              assertion: { issuer: "https://fb.example.jp", keyFile: "a.pem", jwksFile: "a.jwks" },
              continuation: { keyFile: "c.key" },
              mapping: [
                \(rules.map { "{ issuer: \"ca.pem\", \($0) }" }.joined(separator: ",\n    ")),
              ],
            }
            """
        guard
            case .accepted(let settings, _) = GatewaySettings.read(
                text: Array(text.utf8), file: "g.json5", folder: "")
        else { return ["the file is refused"] }
        var complaints: [String] = []
        let issuers = [Certificate?](repeating: authority.certificate, count: rules.count)
        let rules = MappingRules(settings.mapping, issuers: issuers, complaints: &complaints)
        #expect((rules == nil) == !complaints.isEmpty)
        return complaints
    }

    @Test func `each contradiction is told where the later rule stands`() throws {
        #expect(try complaints("by: 'subject', pattern: 'A[0-9]'", "by: 'subject', attribute: 'UID'") == [])
        #expect(
            try complaints("by: 'subject', pattern: 'A[0-9]'", "by: 'subject', pattern: '[A-Z]1'") == [
                "g.json5:14:5: mapping[1]: ambiguous: the CN “A1” would fit this one and mapping[0]"
            ])
        #expect(
            try complaints("by: 'subject'", "by: 'enrolled'", "by: 'subject', case: 'fold'") == [
                "g.json5:15:5: mapping[2]: never reached: mapping[0] decides about every certificate that this"
                    + " one could"
            ])
        #expect(
            try complaints("by: 'enrolled'", "by: 'enrolled'") == [
                "g.json5:14:5: mapping[1]: says the same as mapping[0]"
            ])
        #expect(
            try complaints("by: 'subject'", "by: 'enrolled', supersede: 'onNewLogin'") == [
                "g.json5:14:5: mapping[1]: expected the same supersede and issuerMatching as in mapping[0],"
                    + " which is about the same issuer"
            ])
        #expect(
            try complaints("by: 'subject', pattern: 'ts[0-9]', case: 'fold'") == [
                "g.json5:13:5: mapping[0]: with case: “fold” no value can fit the pattern, which asks for lower"
                    + " case"
            ])
    }
}
