/// Four numbers from 0 to 255 without zeros in front, as RFC 3986 §3.2.2 writes IPv4 addresses.
public func isIPv4Address(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { $0.utf8.count <= 3 && decimal($0, max: 255) != nil }
}

/// RFC 4291 §2.2, without a zone.
public func isIPv6Address(_ text: String) -> Bool {
    guard let gap = text.firstDoubleColon else {
        return groupCount(text[...]) == 8
    }
    let before = text[..<gap.lowerBound]
    let after = text[gap.upperBound...]
    guard let countBefore = before.isEmpty ? 0 : groupCount(before, mayEndInIPv4: false),
        let countAfter = after.isEmpty ? 0 : groupCount(after)
    else { return false }
    return countBefore + countAfter <= 7
}

/// The 4 or 16 bytes of an address.
public func addressBytes(_ text: String) -> [UInt8]? {
    if isIPv4Address(text) { return text.split(separator: ".").compactMap { UInt8($0) } }
    guard isIPv6Address(text) else { return nil }
    guard let gap = text.firstDoubleColon else { return groupBytes(text[...]) }
    let (before, after) = (groupBytes(text[..<gap.lowerBound]), groupBytes(text[gap.upperBound...]))
    return before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
}

/// The other way; IPv6 with all its groups, none shortened away.
public func addressText(_ bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return bytes.map { "\($0)" }.joined(separator: ".") }
    return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        .joined(separator: ":")
}

/// Of groups that ``isIPv6Address(_:)`` has found good.
private func groupBytes(_ text: Substring) -> [UInt8] {
    text.split(separator: ":").flatMap { group -> [UInt8] in
        if isIPv4Address(String(group)) { return group.split(separator: ".").compactMap { UInt8($0) } }
        let value = UInt16(group, radix: 16) ?? 0
        return [UInt8(value >> 8), UInt8(value & 0xFF)]
    }
}

/// 0 to 65535 without zeros in front.
public func portNumber(_ text: Substring) -> UInt16? {
    decimal(text, max: 65535).map(UInt16.init)
}

private func decimal(_ text: Substring, max: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy(\.isDigit),
        text == "0" || text.first != "0",
        let value = Int(text), value <= max
    else { return nil }
    return value
}

/// The groups of 16 bits between single colons; an IPv4 address at the end is two of them.
private func groupCount(_ text: Substring, mayEndInIPv4: Bool = true) -> Int? {
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    var count = groups.count
    for (index, group) in groups.enumerated() {
        if mayEndInIPv4, index == groups.count - 1, isIPv4Address(String(group)) {
            count += 1
        } else if !(1...4).contains(group.utf8.count) || !group.utf8.allSatisfy(\.isHexDigit) {
            return nil
        }
    }
    return count
}

extension String {
    fileprivate var firstDoubleColon: Range<Index>? {
        for index in indices where self[index...].hasPrefix("::") {
            return index..<self.index(index, offsetBy: 2)
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}
