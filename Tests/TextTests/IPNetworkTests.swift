import Testing
import Text

@Suite struct IPNetworkTests {
    @Test(arguments: [
        "", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "::/129",
        "2001:db8::1/32", "10.0.0.0/8/8", "host", "10.0.0.0 /8", "/8",
    ])
    func `what is no network, or no clear one, is refused`(_ text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `bits behind the prefix are taken away where that is asked for`() {
        #expect(IPNetwork.around("10.1.2.3/8")?.description == "10.0.0.0/8")
        #expect(IPNetwork.around("2001:db8::1/33")?.description == "2001:db8::/33")
        #expect(IPNetwork.around("10.1.2.3/33") == nil)
        #expect(IPNetwork("0.0.0.0/0")?.isAll == true)
        #expect(IPNetwork("0.0.0.0/1")?.isAll == false)
    }

    @Test func `a network holds its addresses and no others`() throws {
        let cases: [(String, [String], [String])] = [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["11.0.0.0", "9.255.255.255", "unix", "::a00:0"]
            ),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("0.0.0.0/0", ["1.2.3.4"], ["::1"]),
            ("2001:db8::/33", ["2001:db8::", "2001:db8:7fff::1"], ["2001:db8:8000::", "1.2.3.4"]),
            ("::/0", ["::1"], ["1.2.3.4", "::ffff:1.2.3.4"]),
        ]
        for (text, inside, outside) in cases {
            let network = try #require(IPNetwork(text))
            for address in inside { #expect(network.contains(address), "\(address) in \(text)") }
            for address in outside { #expect(!network.contains(address), "\(address) in \(text)") }
        }
    }

    @Test(arguments: [
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("1::", "1::"),
        ("0:0:1:0:0:0:0:1", "0:0:1::1"),
        ("1:0:1:1:1:1:1:1", "1:0:1:1:1:1:1:1"), ("1:0:0:1:0:0:1:1", "1::1:0:0:1:1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"),
    ])
    func `addresses are written as the kernel writes them`(_ text: String, _ canonical: String) throws {
        #expect(canonicalAddressText(try #require(addressBytes(text))) == canonical)
    }
}
