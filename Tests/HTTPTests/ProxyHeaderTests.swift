import HTTP
import Testing

/// Row 54: who a connection is for is said by whom one trusts, exactly, or not at all.
@Suite struct ProxyHeaderTests {
    /// Fed byte by byte as the parser wants them; what is left is the client's.
    private func parse(_ bytes: [UInt8]) throws -> (header: ProxyHeader?, rest: Int) {
        var parser = ProxyHeaderParser()
        var index = 0
        while index < bytes.count {
            let part = bytes[index..<min(bytes.count, index + parser.bytesWanted)]
            index += part.count
            if let header = try parser.take(part) { return (header, bytes.count - index) }
        }
        return (nil, 0)
    }

    private func parse(_ text: String) throws -> ProxyHeader? { try parse(Array(text.utf8)).header }

    static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private func v2(_ command: UInt8, _ family: UInt8, _ content: [UInt8], count: Int? = nil) -> [UInt8] {
        let count = count ?? content.count
        return Self.signature + [command, family, UInt8(count >> 8), UInt8(count & 0xFF)] + content
    }

    static let ipv4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xC3, 0x50, 0x01, 0xBB]

    @Test func `version 1 names a client`() throws {
        #expect(
            try parse("PROXY TCP4 192.0.2.1 198.51.100.1 50000 443\r\n")
                == .client(ip: "192.0.2.1", port: 50000))
        #expect(
            try parse("PROXY TCP6 2001:DB8:0::1 ::1 1 443\r\n") == .client(ip: "2001:db8::1", port: 1))
        #expect(try parse("PROXY UNKNOWN\r\n") == .local)
        #expect(try parse("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n") == .local)
    }

    @Test(arguments: [
        "PROXY TCP4 192.0.2.1 198.51.100.1 50000 443\n", "PROXY TCP4  192.0.2.1 198.51.100.1 50000 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 50000\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 50000 443 1\r\n",
        "PROXY TCP4 192.0.2.01 198.51.100.1 50000 443\r\n", "PROXY TCP4 ::1 ::1 50000 443\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 50000 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n", "PROXY UDP4 192.0.2.1 198.51.100.1 50000 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 50000\t443\r\n", "PROXY UNKNOWN \u{7F}\r\n",
    ])
    func `what is nearly version 1 is refused`(_ text: String) {
        #expect(throws: ProxyHeaderFault.malformed) { try parse(text) }
    }

    @Test(arguments: ["proxy TCP4 1", "GET / HTTP/1.1\r\n", "\u{16}\u{3}\u{1}", "PROXYTCP4", "\r\n\r\nX"])
    func `what is no header is refused at its first byte that is none`(_ text: String) {
        #expect(throws: ProxyHeaderFault.absent) { try parse(text) }
    }

    @Test func `version 1 has 107 bytes at most`() throws {
        let start = "PROXY UNKNOWN "
        let fits = start + String(repeating: "x", count: 107 - start.count - 2) + "\r\n"
        #expect(try parse(fits) == .local)
        #expect(throws: ProxyHeaderFault.self) {
            try parse(start + String(repeating: "x", count: 200) + "\r\n")
        }
    }

    @Test func `version 2 names a client, and no byte of what follows is read`() throws {
        let outcome = try parse(v2(0x21, 0x11, Self.ipv4) + Array("hello".utf8))
        #expect(outcome.header == .client(ip: "192.0.2.1", port: 50000))
        #expect(outcome.rest == 5)
        let v6 = [UInt8](repeating: 0, count: 15) + [1] + [UInt8](repeating: 9, count: 16) + [0, 7, 0, 8]
        #expect(try parse(v2(0x21, 0x21, v6)).header == .client(ip: "::1", port: 7))
        let mapped = [UInt8](repeating: 0, count: 10) + [255, 255, 10, 0, 0, 1] + v6[16...]
        #expect(try parse(v2(0x21, 0x21, mapped)).header == .client(ip: "10.0.0.1", port: 7))
        let first = try parse(Array("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nrest".utf8))
        #expect(first.rest == 4)
    }

    @Test func `LOCAL, and families without a client's address, leave the socket's`() throws {
        #expect(try parse(v2(0x20, 0x00, [])).header == .local)
        #expect(try parse(v2(0x20, 0x11, [1, 2, 3])).header == .local)
        #expect(try parse(v2(0x21, 0x00, [1, 2, 3])).header == .local)
        #expect(try parse(v2(0x21, 0x31, [UInt8](repeating: 0x61, count: 216))).header == .local)
    }

    @Test func `extensions are skipped, within bounds, and their checksum counts`() throws {
        let extensions: [UInt8] = [0x01, 0, 2, 0x68, 0x32, 0x04, 0, 3, 0, 0, 0]
        #expect(
            try parse(v2(0x21, 0x11, Self.ipv4 + extensions)).header == .client(ip: "192.0.2.1", port: 50000))
        for broken: [UInt8] in [[1], [1, 0], [1, 0, 1], [1, 0xFF, 0xFF, 0]] {
            #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x21, 0x11, Self.ipv4 + broken)) }
        }
        // The sum comes from another implementation of CRC-32C than the parser has.
        let right = Self.ipv4 + [3, 0, 4] + CRC.sum(v2(0x21, 0x11, Self.ipv4 + [3, 0, 4, 0, 0, 0, 0]))
        #expect(try parse(v2(0x21, 0x11, right)).header == .client(ip: "192.0.2.1", port: 50000))
        #expect(throws: ProxyHeaderFault.checksum) {
            try parse(v2(0x21, 0x11, Array(right.dropLast() + [(right.last ?? 0) ^ 1])))
        }
    }

    @Test func `version 2 is refused where it is none`() {
        #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x11, 0x11, Self.ipv4)) }
        #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x22, 0x11, Self.ipv4)) }
        #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x21, 0x41, Self.ipv4)) }
        #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x21, 0x13, Self.ipv4)) }
        #expect(throws: ProxyHeaderFault.malformed) { try parse(v2(0x21, 0x11, Array(Self.ipv4.dropLast()))) }
        #expect(throws: ProxyHeaderFault.tooLong) { try parse(v2(0x21, 0x11, Self.ipv4, count: 4081)) }
    }

    @Test func `no proper beginning of a header is one, and none is read too far`() throws {
        for whole in [
            v2(0x21, 0x11, Self.ipv4 + [1, 0, 1, 0]), v2(0x20, 0, []),
            Array("PROXY TCP4 192.0.2.1 198.51.100.1 50000 443\r\n".utf8), Array("PROXY UNKNOWN\r\n".utf8),
        ] {
            for count in 0..<whole.count { #expect(try parse(Array(whole[..<count])).header == nil) }
            var parser = ProxyHeaderParser()
            for (index, byte) in whole.enumerated() {
                #expect((1...whole.count - index).contains(parser.bytesWanted))
                let header = try parser.take([byte])
                #expect((header == nil) == (index + 1 < whole.count))
            }
        }
    }
}

/// CRC-32C from a table, as other programs have it.
private enum CRC {
    static func sum(_ bytes: [UInt8]) -> [UInt8] {
        let table = (0..<256).map { start -> UInt32 in
            (0..<8).reduce(UInt32(start)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
            }
        }
        var sum = UInt32.max
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
        let value = ~sum
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
    }
}
