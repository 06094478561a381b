public import Crypto
public import Text

/// Everything that decides whether a certificate is good, as one immutable, numbered value of one trust
/// store.
///
/// Only the anchors given here are trusted; system roots never are. No clock is read: time is an argument.
public final class TrustEpoch: Sendable {
    public let number: TrustEpochNumber
    /// The trust store this is an epoch of: `customers`.
    public let name: String
    public let anchors: [Certificate]
    /// Certificates that help to find a path for peers who send their leaf alone. Not trusted by themselves.
    public let intermediates: [Certificate]
    /// The CRLs as given; which of them are used, `revocationListsInUse` says.
    public let revocationLists: [RevocationList]
    public let policy: TrustPolicy
    /// Equal for two epochs exactly when certificates and policy are; order and repetition do not matter.
    public let contentHash: SHA256Digest
    /// Subject names (DER) to put into a certificate request: of anchors and intermediates, since a browser
    /// looks for the issuer of what it has. Empty when they take more than 8 KiB: peers that truncate such
    /// lists then find no certificate at all, while an empty list leaves the choice to the user.
    public let advertisedNames: [[UInt8]]

    let paths: PathBuilder
    let revocation: RevocationIndex

    /// A CRL that cannot be used is no fault but a finding: its authority's certificates are then judged by
    /// the policy's tolerance, and nobody else's are touched.
    ///
    /// - Throws: `TrustFault` when there is no anchor, or a certificate is not a working authority's.
    public init(
        store name: String, number: TrustEpochNumber, anchors: [Certificate], intermediates: [Certificate],
        revocation lists: [RevocationList] = [], policy: TrustPolicy
    ) throws(TrustFault) {
        guard !anchors.isEmpty else { throw .noAnchors }
        guard anchors.count + intermediates.count <= certificateCountMax else {
            throw .tooManyCertificates(countMax: certificateCountMax)
        }
        for member in Self.members(anchors, intermediates) {
            guard member.certificate.isWellFormed else { throw .malformed(member.description) }
            guard member.certificate.isCA else { throw .notAuthority(member.description) }
        }
        guard lists.count <= revocationListCountMax else {
            throw .tooManyRevocationLists(countMax: revocationListCountMax)
        }
        guard policy.partialChain || anchors.contains(where: \.isSelfSigned) else {
            throw .noSelfSignedAnchor
        }
        self.name = name
        self.number = number
        self.anchors = anchors
        self.intermediates = intermediates
        self.policy = policy
        revocationLists = lists
        revocation = RevocationIndex(lists, of: anchors + intermediates, policy: policy.revocation)
        contentHash = Self.contentHash(anchors, intermediates, lists, policy)
        let names = Self.names(anchors + intermediates)
        advertisedNames = names.reduce(0) { $0 + $1.count + 2 } <= advertisedBytesMax ? names : []
        paths = PathBuilder(anchors: anchors, intermediates: intermediates, policy: policy)
    }

    /// What an operator should look at, as of a moment.
    public func findings(at time: WallTime) -> [TrustFinding] {
        var findings: [TrustFinding] = []
        var seen: Set<Certificate> = []
        for (certificate, member) in Self.members(anchors, intermediates) {
            func report(_ kind: TrustFinding.Kind) {
                findings.append(TrustFinding(kind: kind, member: member))
            }
            if certificate.notAfter < time { report(.expired) }
            if certificate.notBefore > time { report(.notYetValid) }
            if !certificate.key.isStrong(rsaBitCountMin: policy.keyBitsMinRSA) { report(.weakKey) }
            if !seen.insert(certificate).inserted { report(.duplicate) }
            if member.role == .anchor, certificate.issuer != certificate.subject { report(.notSelfIssued) }
        }
        if advertisedNames.isEmpty {
            findings.append(
                TrustFinding(kind: .namesTooLong, member: TrustMember(.anchor, index: 0, anchors[0])))
        }
        return findings + revocationFindings(at: time)
    }

    static func members(
        _ anchors: [Certificate], _ intermediates: [Certificate]
    ) -> [(certificate: Certificate, description: TrustMember)] {
        anchors.enumerated().map { ($1, TrustMember(.anchor, index: $0, $1)) }
            + intermediates.enumerated().map { ($1, TrustMember(.intermediate, index: $0, $1)) }
    }

    /// Each name once, in the order of the files.
    private static func names(_ certificates: [Certificate]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return certificates.map(\.subject.der).filter { seen.insert($0).inserted }
    }

    private static func contentHash(
        _ anchors: [Certificate], _ intermediates: [Certificate], _ lists: [RevocationList],
        _ policy: TrustPolicy
    ) -> SHA256Digest {
        func lines(_ role: TrustMember.Role, _ certificates: [Certificate]) -> [String] {
            Set(certificates).map { "\(role.rawValue) \($0.fingerprint.hex)" }.sorted()
        }
        let listLines = Set(lists.map { "\(TrustMember.Role.revocationList.rawValue) \($0.fingerprint.hex)" })
        let text =
            [policy.summary] + lines(.anchor, anchors) + lines(.intermediate, intermediates)
            + listLines.sorted()
        return SHA256Digest(of: Array(text.joined(separator: "\n").utf8))
    }
}

private let certificateCountMax = 1000
private let revocationListCountMax = 1000
/// Well under the 16 KB at which Windows peers cut the list off.
private let advertisedBytesMax = 8 * 1024
