/// What is known of how a customer comes, beside who it is.
public enum RiskFact: String, Sendable, Hashable, CaseIterable {
    /// The session rests on a certificate.
    case certificate
    /// The session rests on ID and password alone.
    case password
    /// The customer has never been seen at this network.
    case newAddress
    /// The customer has never been seen with this certificate.
    case newCertificate
}

/// When 追加認証 is asked for: when all the facts of any one rule hold. Without rules, never.
public struct RiskRules: Sendable, Hashable {
    private let rules: [Set<RiskFact>]

    public init(_ rules: [[RiskFact]]) {
        self.rules = rules.map(Set.init)
    }

    public func demandChallenge(_ facts: Set<RiskFact>) -> Bool {
        rules.contains { $0.isSubset(of: facts) }
    }
}

/// A part of the net that counts as one place: 24 bits of an IPv4 address, 56 of an IPv6 address. Anything
/// else is a place of its own.
public struct AddressNetwork: Sendable, Hashable {
    /// `192.0.2.0/24`
    public let text: String

    public init(of address: String) {
        text = Self.ipv4(address) ?? Self.ipv6(address) ?? address
    }

    private static func ipv4(_ address: some StringProtocol) -> String? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, let a = parts[0], let b = parts[1], let c = parts[2], parts[3] != nil else {
            return nil
        }
        return "\(a).\(b).\(c).0/24"
    }

    private static func ipv6(_ address: String) -> String? {
        guard address.contains(":") else { return nil }
        if let mapped = address.lowercased().firstRange(of: "::ffff:").map({ address[$0.upperBound...] }),
            let network = ipv4(mapped)
        {
            return network
        }
        let halves = address.split(separator: "::", omittingEmptySubsequences: false)
            .map { $0.split(separator: ":").map { UInt16($0, radix: 16) } }
        guard halves.count <= 2, !halves.joined().contains(nil) else { return nil }
        let before = halves[0].compactMap(\.self)
        let after = halves.count == 2 ? halves[1].compactMap(\.self) : []
        guard halves.count == 2 ? before.count + after.count < 8 : before.count == 8 else { return nil }
        let groups = before + Array(repeating: 0, count: 8 - before.count - after.count) + after
        let network = groups.prefix(3) + [groups[3] & 0xFF00]
        return network.map { String($0, radix: 16) }.joined(separator: ":") + "::/56"
    }
}
