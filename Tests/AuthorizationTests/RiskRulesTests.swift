import Authorization
import Testing

@Suite struct RiskRulesTests {
    @Test func `without rules nothing is asked`() {
        #expect(!RiskRules([]).demandChallenge(Set(RiskFact.allCases)))
    }

    @Test func `all facts of one rule must hold`() {
        let rules = RiskRules([[.password, .newAddress], [.newCertificate]])
        #expect(!rules.demandChallenge([.password]))
        #expect(!rules.demandChallenge([.certificate, .newAddress]))
        #expect(rules.demandChallenge([.password, .newAddress]))
        #expect(rules.demandChallenge([.certificate, .newCertificate]))
    }

    @Test func `a rule without facts always asks`() {
        #expect(RiskRules([[]]).demandChallenge([]))
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.0/24"), ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2345::1", "2001:db8:1:2300::/56"), ("2001:DB8:1:23ff:1:2:3:4", "2001:db8:1:2300::/56"),
        ("::1", "0:0:0:0::/56"), ("unix", "unix"), ("300.1.1.1", "300.1.1.1"), ("1:2:3", "1:2:3"),
        ("1::2::3", "1::2::3"), ("1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9"), ("", ""),
    ])
    func `addresses of one place have one network`(address: String, network: String) {
        #expect(AddressNetwork(of: address).text == network)
    }
}
