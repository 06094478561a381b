import Text

/// Whose revocation a trust store asks about, and what it does when nobody can tell.
public struct RevocationPolicy: Sendable, Hashable {
    public enum Check: String, Sendable, Hashable, CaseIterable {
        case none
        /// The client's own certificate alone.
        case leaf
        /// Every certificate of the path but the anchor, which nobody revokes.
        case chain
    }

    /// What to do when an authority's CRL is missing, cannot be verified, speaks about other certificates, or
    /// is past its nextUpdate. Whatever a stale list says to be revoked stays revoked.
    public enum Tolerance: Sendable, Hashable {
        /// Refuse, `revocationUnknown`.
        case deny
        /// Go on with a list for so many hours after its nextUpdate, then refuse. A list that never was has
        /// no grace.
        case grace(hours: Int)
        /// Take the certificate as not revoked.
        case allow
    }

    public var check: Check
    public var tolerance: Tolerance
    /// For single authorities, by the DER of their subject names.
    public var exceptions: [[UInt8]: Tolerance]

    public init(check: Check = .none, tolerance: Tolerance = .deny, exceptions: [[UInt8]: Tolerance] = [:]) {
        self.check = check
        self.tolerance = tolerance
        self.exceptions = exceptions
    }

    func tolerance(for authority: Certificate) -> Tolerance {
        exceptions[authority.subject.der] ?? tolerance
    }

    /// One text for one policy.
    var summary: String {
        let special = exceptions.map { "\(Hex.encode($0))=\($1.summary)" }.sorted().joined(separator: ",")
        return "revocation=\(check.rawValue) tolerance=\(tolerance.summary) exceptions=[\(special)]"
    }
}

extension RevocationPolicy.Tolerance {
    /// `deny`, `grace 24 h`, `allow`
    public var summary: String {
        switch self {
        case .deny: "deny"
        case .grace(let hours): "grace \(hours) h"
        case .allow: "allow"
        }
    }
}
