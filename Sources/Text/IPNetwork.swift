/// A block of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `2001:db8::/32`. An address alone is a
/// block of one.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes; those behind the prefix are zero.
    private let bytes: [UInt8]
    private let prefixLength: Int

    private init(bytes: [UInt8], prefixLength: Int) {
        self.bytes = bytes
        self.prefixLength = prefixLength
    }

    /// Nil for anything else, also when bits behind the prefix are set: then one of the two numbers is wrong.
    public init?(_ text: String) {
        guard let network = Self.around(text),
            addressBytes(String(text.prefix { $0 != "/" })) == network.bytes
        else { return nil }
        self = network
    }

    /// The block that the address lies in, whatever bits are set behind the prefix.
    public static func around(_ text: String) -> IPNetwork? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = addressBytes(String(parts[0])) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy(\.isDigit),
                parts[1] == "0" || parts[1].first != "0",
                let number = Int(parts[1]), number <= length
            else { return nil }
            length = number
        }
        return IPNetwork(bytes: masked(bytes, to: length), prefixLength: length)
    }

    /// - Parameter address: As sockets print it. An IPv4 client of an IPv6 socket counts as IPv4.
    public func contains(_ address: String) -> Bool {
        guard var other = addressBytes(address) else { return false }
        if let mapped = mappedIPv4(other) { other = mapped }
        return other.count == bytes.count && Self.masked(other, to: prefixLength) == bytes
    }

    /// Every address of its kind.
    public var isAll: Bool { prefixLength == 0 }

    public var description: String { "\(canonicalAddressText(bytes))/\(prefixLength)" }

    private static func masked(_ address: [UInt8], to prefixLength: Int) -> [UInt8] {
        address.enumerated().map { index, byte in
            let bits = min(8, max(0, prefixLength - index * 8))
            return bits == 0 ? 0 : byte & (0xFF << UInt8(8 - bits))
        }
    }
}

/// The address as the kernel prints it (RFC 5952), of 4 or 16 bytes; ::ffff:a.b.c.d as the IPv4 address that
/// it is.
public func canonicalAddressText(_ bytes: [UInt8]) -> String {
    if let mapped = mappedIPv4(bytes) { return addressText(mapped) }
    guard bytes.count == 16 else { return addressText(bytes) }
    let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    var gap = 0..<0
    var start = 0
    for (index, group) in groups.enumerated() {
        if group != 0 { start = index + 1 } else if index + 1 - start > gap.count { gap = start..<index + 1 }
    }
    let text = { (part: ArraySlice<Int>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    guard gap.count > 1 else { return text(groups[...]) }
    return "\(text(groups[..<gap.lowerBound]))::\(text(groups[gap.upperBound...]))"
}

private func mappedIPv4(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF else {
        return nil
    }
    return Array(bytes[12...])
}
