import Testing
import Text

@Suite struct ClientNetworkTests {
    /// One network stands for all that is no address.
    private let none = ClientNetwork("none")

    @Test func `every byte of an IPv4 address counts, and an IPv6 socket's way to write it does not`() {
        var seen: Set<ClientNetwork> = [none]
        for byte in 0...255 {
            for ip in ["\(byte).1.1.1", "2.\(byte).2.2", "3.3.\(byte).3", "4.4.4.\(byte)"] {
                let network = ClientNetwork(ip)
                #expect(network == ClientNetwork("::ffff:\(ip)"))
                seen.insert(network)
            }
        }
        #expect(seen.count == 4 * 256 + 1)
    }

    @Test(arguments: [
        "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ", "1.2.3.x",
    ])
    func `what is no address counts with all that is none`(text: String) {
        #expect(ClientNetwork(text) == none)
    }
}
