/// Which certificates and reasons one CRL speaks about (issuingDistributionPoint, RFC 5280 §5.2.5). Two lists
/// with the same scope replace one another; two with different scopes stand side by side.
public struct RevocationScope: Sendable, Hashable {
    public enum Subjects: String, Sendable, Hashable {
        case all
        /// onlyContainsUserCerts
        case users
        /// onlyContainsCACerts
        case authorities
        /// onlyContainsAttributeCerts: speaks about no certificate that is ever asked about.
        case attributes
    }

    public private(set) var subjects = Subjects.all
    public private(set) var reasons = RevocationReasons.all
    /// DER of the names of its distribution point; empty when it is for certificates of any.
    private(set) var pointNames: Set<[UInt8]> = []
    private(set) var isIndirect = false

    /// Everything its issuer has issued.
    init() {}

    init(reading value: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) {
        var cursor = DERCursor(value)
        let sequence = try cursor.next(DERTag.sequence, in: bytes)
        try cursor.expectEnd()
        var inner = DERCursor(sequence.content)
        if let point = try inner.nextIf(DERTag.constructed(0), in: bytes) {
            pointNames = try distributionPointNames(point.content, in: bytes)
        }
        let usersOnly = try Self.flag(1, &inner, bytes)
        let authoritiesOnly = try Self.flag(2, &inner, bytes)
        if let some = try inner.nextIf(DERTag.context(3), in: bytes) {
            reasons = RevocationReasons(rawValue: try bytes.namedBits(some.content))
        }
        isIndirect = try Self.flag(4, &inner, bytes)
        let attributesOnly = try Self.flag(5, &inner, bytes)
        try inner.expectEnd()
        guard [usersOnly, authoritiesOnly, attributesOnly].count(where: { $0 }) <= 1 else {
            throw DERFault(offset: value.lowerBound)
        }
        if usersOnly { subjects = .users }
        if authoritiesOnly { subjects = .authorities }
        if attributesOnly { subjects = .attributes }
    }

    private static func flag(
        _ tag: UInt8, _ cursor: inout DERCursor, _ bytes: Span<UInt8>
    ) throws(DERFault) -> Bool {
        guard let element = try cursor.nextIf(DERTag.context(tag), in: bytes) else { return false }
        return try bytes.boolean(element.content)
    }

    /// The reasons for which this list answers for a certificate; empty when it does not speak about it.
    func reasonsCovered(isAuthority: Bool, points: [DistributionPoint]) -> RevocationReasons {
        switch subjects {
        case .all: break
        case .users: if isAuthority { return [] }
        case .authorities: if !isAuthority { return [] }
        case .attributes: return []
        }
        for point in points where !point.namesOtherIssuer {
            if pointNames.isEmpty || point.names.isEmpty || !point.names.isDisjoint(with: pointNames) {
                return reasons.intersection(point.reasons)
            }
        }
        return pointNames.isEmpty ? reasons : []
    }
}

/// ReasonFlags (RFC 5280 §4.2.1.13), bit 0 highest.
public struct RevocationReasons: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue & 0x7F80
    }

    /// keyCompromise to aACompromise; bit 0 is unused.
    public static let all = RevocationReasons(rawValue: 0x7F80)
}

/// One place where a certificate says that its revocation is published (RFC 5280 §4.2.1.13).
struct DistributionPoint {
    /// DER of each name; empty when it has none.
    var names: Set<[UInt8]> = []
    var reasons = RevocationReasons.all
    /// It names another CRL issuer: only an indirect CRL would be found there.
    var namesOtherIssuer = false

    /// The points of a cRLDistributionPoints extension.
    static func list(in extensionValue: [UInt8]) throws(DERFault) -> [DistributionPoint] {
        let bytes = extensionValue.span
        var cursor = DERCursor(0..<bytes.count)
        let sequence = try cursor.next(DERTag.sequence, in: bytes)
        try cursor.expectEnd()
        var points: [DistributionPoint] = []
        var inner = DERCursor(sequence.content)
        while !inner.isAtEnd {
            let item = try inner.next(DERTag.sequence, in: bytes)
            points.append(try DistributionPoint(item.content, in: bytes))
        }
        return points
    }

    private init(_ content: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) {
        var cursor = DERCursor(content)
        if let name = try cursor.nextIf(DERTag.constructed(0), in: bytes) {
            names = try distributionPointNames(name.content, in: bytes)
        }
        if let some = try cursor.nextIf(DERTag.context(1), in: bytes) {
            reasons = RevocationReasons(rawValue: try bytes.namedBits(some.content))
        }
        namesOtherIssuer = try cursor.nextIf(DERTag.constructed(2), in: bytes) != nil
        try cursor.expectEnd()
    }
}

/// DER of the names of a DistributionPointName: each of fullName, or nameRelativeToCRLIssuer as it stands.
private func distributionPointNames(
    _ content: Range<Int>, in bytes: Span<UInt8>
) throws(DERFault) -> Set<[UInt8]> {
    var cursor = DERCursor(content)
    let choice = try cursor.next(in: bytes)
    try cursor.expectEnd()
    switch choice.tag {
    case DERTag.constructed(0):
        var names: Set<[UInt8]> = []
        var inner = DERCursor(choice.content)
        while !inner.isAtEnd { names.insert(bytes.array(try inner.next(in: bytes).whole)) }
        guard !names.isEmpty else { throw DERFault(offset: choice.start) }
        return names
    case DERTag.constructed(1): return [bytes.array(choice.whole)]
    default: throw DERFault(offset: choice.start)
    }
}
