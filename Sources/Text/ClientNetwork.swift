/// The network that a client comes from, as far as one subscriber reaches: an IPv4 address, or the first 64
/// bits of an IPv6 address.
public struct ClientNetwork: Sendable, Hashable {
    private let high: UInt64
    private let isIPv4: Bool

    /// - Parameter address: As sockets print it. What is no address counts as one network of its own.
    public init(_ address: String) {
        if let bits = Self.ipv4(address.utf8.span) {
            self.init(high: bits, isIPv4: true)
        } else if let groups = Self.ipv6(address) {
            // An IPv4 client on an IPv6 socket: ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
            if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
                self.init(high: UInt64(groups[6]) << 16 | UInt64(groups[7]), isIPv4: true)
            } else {
                self.init(high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }, isIPv4: false)
            }
        } else {
            self.init(high: .max, isIPv4: true)
        }
    }

    private init(high: UInt64, isIPv4: Bool) {
        self.high = high
        self.isIPv4 = isIPv4
    }

    /// Four numbers of at most three digits.
    private static func ipv4(_ text: Span<UInt8>) -> UInt64? {
        var (bits, part, digits, parts): (UInt64, UInt64, Int, Int) = (0, 0, 0, 1)
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                part = part * 10 + UInt64(text[index] - UInt8(ascii: "0"))
                digits += 1
                guard digits <= 3, part <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, parts < 4 else { return nil }
                bits = bits << 8 | part
                (part, digits, parts) = (0, 0, parts + 1)
            default: return nil
            }
        }
        return digits > 0 && parts == 4 ? bits << 8 | part : nil
    }

    /// Eight groups of 16 bits.
    private static func ipv6(_ text: String) -> [UInt16]? {
        var rest = text.prefix { $0 != "%" }  // without the zone
        var tail: [UInt16] = []
        if let colon = rest.lastIndex(of: ":"), let bits = ipv4(rest[rest.index(after: colon)...].utf8.span) {
            tail = [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
            rest = rest[...colon]
            if !rest.hasSuffix("::") { rest = rest.dropLast() }
        }
        let halves = halves(of: rest)
        guard let front = groups(halves.front), let back = groups(halves.back ?? "") else { return nil }
        let known = front + back + tail
        guard halves.back != nil else { return known.count == 8 ? known : nil }
        guard known.count < 8 else { return nil }
        return front + [UInt16](repeating: 0, count: 8 - known.count) + back + tail
    }

    /// What stands before and behind `::`.
    private static func halves(of text: Substring) -> (front: Substring, back: Substring?) {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index...].hasPrefix("::") {
                return (text[..<index], text[text.index(index, offsetBy: 2)...])
            }
            index = text.index(after: index)
        }
        return (text, nil)
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        return groups
    }
}
