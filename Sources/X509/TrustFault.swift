/// Why certificates cannot become a trust epoch.
public enum TrustFault: Error, Sendable, Hashable {
    /// A store without anchors would trust nobody, or, in careless hands, everybody.
    case noAnchors
    /// More certificates than any store has use for.
    case tooManyCertificates(countMax: Int)
    /// It is no certification authority's certificate (basicConstraints CA, keyUsage keyCertSign when
    /// present).
    case notAuthority(TrustMember)
    /// Its extensions, dates or key do not decode.
    case malformed(TrustMember)
}

/// One certificate of a trust store, as an operator finds it again.
public struct TrustMember: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable {
        case anchor, intermediate
    }

    public let role: Role
    /// Its place in its file, from 1.
    public let ordinal: Int
    /// RFC 4514, safe for logs.
    public let subject: String

    init(_ role: Role, index: Int, _ certificate: Certificate) {
        self.role = role
        ordinal = index + 1
        subject = certificate.subject.rfc4514
    }
}

/// Something an operator should look at in an epoch that works all the same.
public struct TrustFinding: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case expired, notYetValid
        /// The policy refuses every path through it.
        case weakKey
        /// The same certificate stands in the store twice.
        case duplicate
        /// An anchor that another authority issued: trusted all the same, and without that other authority.
        case notSelfIssued
        /// The names together are too long for a certificate request, so none is advertised; `member` is the
        /// first.
        case namesTooLong
    }

    public let kind: Kind
    public let member: TrustMember
}
