/// What a trust store asks of a certificate besides a path to one of its anchors.
public struct TrustPolicy: Sendable, Hashable {
    /// Whether a certificate must say that it is for clients (extendedKeyUsage clientAuth, RFC 5280
    /// §4.2.1.12).
    public enum ClientAuthPurpose: String, Sendable, Hashable, CaseIterable {
        /// The extension must be there and name clientAuth; anyExtendedKeyUsage alone is not enough.
        case required
        /// The extension may be absent; when it is there, it must name clientAuth.
        case allowAbsent
    }

    /// How many intermediate certificates may stand between a leaf and its anchor; at most 10.
    public var depthMax: Int {
        didSet { depthMax = Self.clamped(depthMax, to: 0...Self.depthLimit) }
    }
    public var clientAuthPurpose: ClientAuthPurpose
    /// RSA keys of fewer bits are weak; at least 2048.
    public var keyBitsMinRSA: Int {
        didSet { keyBitsMinRSA = max(Self.rsaBitsLimit, keyBitsMinRSA) }
    }
    /// The DER of everything a peer presents, in bytes; at most 1 MiB.
    public var chainBytesMax: Int {
        didSet { chainBytesMax = Self.clamped(chainBytesMax, to: 0...Self.chainBytesLimit) }
    }
    /// How many certificates a peer may present; at most 100.
    public var chainCertificatesMax: Int {
        didSet {
            chainCertificatesMax = Self.clamped(chainCertificatesMax, to: 1...Self.chainCertificatesLimit)
        }
    }

    /// Whether a path may end at an anchor that is not self-signed. Otherwise such a certificate among the
    /// anchors only helps to find a path, as libcrypto has it without X509_V_FLAG_PARTIAL_CHAIN.
    public var partialChain: Bool
    /// Certificate policies (dotted decimal) of which a path must be valid for at least one: the
    /// user-initial-policy-set of RFC 5280 §6.1.1, with initial-explicit-policy. Empty: any policy or none,
    /// unless an authority on the path demands one.
    public var requiredPolicies: Set<String>
    public var revocation: RevocationPolicy

    /// Values outside their limits are brought inside.
    public init(
        depthMax: Int = 3, clientAuthPurpose: ClientAuthPurpose = .required, keyBitsMinRSA: Int = 2048,
        chainBytesMax: Int = 64 * 1024, chainCertificatesMax: Int = 10, partialChain: Bool = false,
        requiredPolicies: Set<String> = [], revocation: RevocationPolicy = RevocationPolicy()
    ) {
        self.partialChain = partialChain
        self.requiredPolicies = requiredPolicies
        self.revocation = revocation
        self.depthMax = Self.clamped(depthMax, to: 0...Self.depthLimit)
        self.clientAuthPurpose = clientAuthPurpose
        self.keyBitsMinRSA = max(Self.rsaBitsLimit, keyBitsMinRSA)
        self.chainBytesMax = Self.clamped(chainBytesMax, to: 0...Self.chainBytesLimit)
        self.chainCertificatesMax = Self.clamped(chainCertificatesMax, to: 1...Self.chainCertificatesLimit)
    }

    /// One text for one policy, for content hashes and logs.
    public var summary: String {
        "depthMax=\(depthMax) clientAuthPurpose=\(clientAuthPurpose.rawValue) keyBitsMinRSA=\(keyBitsMinRSA)"
            + " chainBytesMax=\(chainBytesMax) chainCertificatesMax=\(chainCertificatesMax)"
            + " partialChain=\(partialChain) requiredPolicies=\(requiredPolicies.sorted())"
            + " \(revocation.summary)"
    }

    private static func clamped(_ value: Int, to range: ClosedRange<Int>) -> Int {
        min(max(value, range.lowerBound), range.upperBound)
    }

    private static let depthLimit = 10
    private static let rsaBitsLimit = 2048
    private static let chainBytesLimit = 1024 * 1024
    private static let chainCertificatesLimit = 100
}
