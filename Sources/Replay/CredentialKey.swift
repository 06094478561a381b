public import Traces

/// What is wrong with a certificate that is made for a replay.
public enum CredentialDefect: Sendable, Hashable {
    /// It is good, and leads to the customer.
    case sound
    case expired, notYetValid, revoked, unknownIssuer, wrongPurpose, weakKey, chainTooLong
    /// Nobody says whether it is revoked.
    case revocationUnknown
    /// It breaks a rule its issuer set.
    case policy
    /// It is trusted and names nobody.
    case unmapped

    /// As files have it.
    public var name: String {
        switch self {
        case .sound: "sound"
        case .unmapped: "unmapped"
        default: reason ?? "sound"
        }
    }

    /// The gateway's reason code.
    public var reason: String? {
        switch self {
        case .sound: nil
        case .expired: "expired"
        case .notYetValid: "notYetValid"
        case .revoked: "revoked"
        case .unknownIssuer: "unknownIssuer"
        case .wrongPurpose: "wrongPurpose"
        case .weakKey: "weakKey"
        case .chainTooLong: "chainTooLong"
        case .revocationUnknown: "revocationUnknown"
        case .policy: "policy"
        case .unmapped: Self.unmappedReason
        }
    }

    public init?(name: String) {
        guard let defect = Self.all.first(where: { $0.name == name }) else { return nil }
        self = defect
    }

    public static let all: [CredentialDefect] = [
        .sound, .expired, .notYetValid, .revoked, .unknownIssuer, .wrongPurpose, .weakKey, .chainTooLong,
        .revocationUnknown, .policy, .unmapped,
    ]
    /// What the gateway says of a certificate without the attribute that its rule asks for.
    static let unmappedReason = "mapping.attributeAbsent"
}

/// Tells the certificates of a trace apart: of one customer there may be several, an expired and a renewed
/// one for instance.
public struct CredentialKey: Sendable, Hashable {
    public var customer: String
    /// Of `known`.
    public var key: String
    /// Certificates presented, 1…10; 12 for a chain that is too long.
    public var chainCount: Int
    public var defect: CredentialDefect

    public init(customer: String, key: String, chainCount: Int, defect: CredentialDefect) {
        self.customer = customer
        self.key = key
        self.chainCount = chainCount
        self.defect = defect
    }

    /// Kinds of keys that can be made.
    public static let known = [
        "EC P-256", "EC P-384", "EC P-521", "RSA 2048", "RSA 3072", "RSA 4096", "Ed25519",
    ]

    /// The certificate that a line's client had.
    ///
    /// - Returns: Nil without one.
    /// - Throws: Why one like it cannot be made.
    public static func of(_ line: TraceLine) throws(TraceFault) -> CredentialKey? {
        guard line.chainCount > 0, line.handshake != .failed else { return nil }
        guard let customer = line.customer else { throw TraceFault("a certificate without a customer") }
        let defect = try defect(line)
        let key = line.key ?? "EC P-256"
        guard known.contains(key) || defect == .weakKey && key.hasPrefix("RSA ") else {
            throw TraceFault("no keys of the kind “\(key)” can be made")
        }
        return CredentialKey(
            customer: customer, key: defect == .weakKey ? "RSA 1024" : key, chainCount: line.chainCount,
            defect: defect)
    }

    private static func defect(_ line: TraceLine) throws(TraceFault) -> CredentialDefect {
        switch (line.verdict, line.reason) {
        case (.trusted, nil), (nil, nil): return .sound
        case (.trusted, CredentialDefect.unmappedReason): return .unmapped
        case (.refused, let reason?):
            if let defect = CredentialDefect.all.first(where: { $0.reason == reason && $0 != .unmapped }) {
                return defect
            }
            throw TraceFault("no certificate can be made that is refused for “\(reason)”")
        default:
            throw TraceFault(
                "no certificate can be made for “\(line.reason ?? line.verdict?.rawValue ?? "")”")
        }
    }
}
