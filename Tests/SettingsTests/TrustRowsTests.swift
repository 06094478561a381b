import Settings
import Testing
import Text

/// Rows of the threats list that a configuration decides.
@Suite struct TrustRowsTests {
    private static let anchored = #"{ customers: { anchors: ["ca.pem"] } }"#

    private func complaints(_ change: Change) throws -> [String] {
        let outcome = readGateway(try change.applied(to: minimalGateway))
        #expect(throws: (any Error).self, "nothing is served with \(change)") { try outcome.value }
        return outcome.complaints
    }

    /// Elsewhere a host that asks for certificates takes any of them when no CA is configured.
    @Test func `row 17: a host that asks for certificates without anchors is an error`() throws {
        let host = #", trust: "customers""#
        #expect(try complaints(Change(host, "")).contains { $0.contains("needs a trust store") })
        #expect(try complaints(Change(host, ", trust: 'others'")).contains { $0.contains("hosts[1].trust") })
        for store in ["{ customers: {} }", "{ customers: { anchors: [] } }", "{ customers: null }", "{}"] {
            let found = try complaints(Change(Self.anchored, store))
            #expect(found.contains { $0.contains("trust") }, "\(store)")
        }
        let partner = #"{ name: "api.example.jp", role: "partner", certificate: "a.pem", key: "a.key" },"#
        let found = try complaints(Change("],\n  trust: {", "\(partner)\n],\n  trust: {"))
        #expect(found.contains { $0.contains("a partner host needs a trust store") })
    }

    /// Elsewhere a list of errors to ignore, or one word for all of them, lets anybody in.
    @Test func `row 31: no key of a configuration ignores what is wrong with a certificate`() throws {
        for key in [
            "ignoreErrors: 'all'", "ignore: ['expired']", "crtIgnoreErr: 'all'", "verify: 'optional_no_ca'",
            "insecure: true", "skipVerify: true", "allowExpired: true", "systemRoots: true",
        ] {
            let name = String(key.prefix { $0 != ":" })
            let changed = #"{ customers: { anchors: ["ca.pem"], \#(key) } }"#
            let found = try complaints(Change(Self.anchored, changed))
            #expect(found.contains { $0.contains("trust.customers") && $0.contains(name) }, "\(key)")
        }
        // What can be said of a trust store. Of all this `revocation.whenUnknown` and `clientAuthPurpose`
        // alone ask for less than their defaults do; both by name, and the first is told of in the log.
        let root = try JSONReader.read(Array(GatewaySettings.jsonSchema.utf8), dialect: .json)
        let store = try #require(schema(at: "trust.customers", in: root))
        #expect(
            store["properties"]?.members?.map(\.key).sorted() == [
                "anchors", "clientAuthPurpose", "crls", "depthMax", "epochsKept", "expiryWarningDays",
                "intermediates", "lockoutsMax", "partialChain", "requiredPolicies", "revocation",
                "rsaBitsMin",
            ])
        #expect(
            store["properties"]?["revocation"]?["properties"]?.members?.map(\.key).sorted() == [
                "check", "exceptions", "graceHours", "whenUnknown",
            ])
    }
}
