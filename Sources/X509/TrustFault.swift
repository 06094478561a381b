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
    /// No anchor is self-signed, and the policy does not let a path end elsewhere (`partialChain`).
    case noSelfSignedAnchor
    /// More CRLs than any store has use for.
    case tooManyRevocationLists(countMax: Int)
}

extension TrustFault: CustomStringConvertible {
    /// In words for the operator.
    public var description: String {
        switch self {
        case .noAnchors: "no anchors"
        case .tooManyCertificates(let countMax): "more than \(countMax) certificates"
        case .notAuthority(let member): "\(member) is no CA's certificate"
        case .malformed(let member): "\(member) has extensions, dates or a key that do not decode"
        case .noSelfSignedAnchor:
            "no anchor is self-signed, and without `partialChain` a chain may end at no other"
        case .tooManyRevocationLists(let countMax): "more than \(countMax) CRLs"
        }
    }
}

/// One certificate or CRL of a trust store, as an operator finds it again.
public struct TrustMember: Sendable, Hashable, CustomStringConvertible {
    public enum Role: String, Sendable, Hashable {
        case anchor, intermediate, revocationList
    }

    public let role: Role
    /// Its place in its file, from 1.
    public let ordinal: Int
    /// RFC 4514, safe for logs; of a CRL its issuer.
    public let subject: String

    /// `anchor 2, CN=…`
    public var description: String { "\(role.rawValue) \(ordinal), \(subject)" }

    init(_ role: Role, index: Int, _ certificate: Certificate) {
        self.role = role
        ordinal = index + 1
        subject = certificate.subject.rfc4514
    }

    init(_ list: RevocationList, index: Int) {
        role = .revocationList
        ordinal = index + 1
        subject = list.issuer.rfc4514
    }
}

/// Something an operator should look at in an epoch that works all the same.
public struct TrustFinding: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        case expired, notYetValid
        /// The policy refuses every path through it.
        case weakKey
        /// The same certificate stands in the store twice.
        case duplicate
        /// An anchor that another authority issued. With `partialChain` it is trusted without that other
        /// authority; otherwise it only helps to find a path to another anchor.
        case notSelfIssued
        /// The names together are too long for a certificate request, so none is advertised; `member` is the
        /// first.
        case namesTooLong
        /// A CRL that none of the store's certificates has signed: no certificate has the name, the name
        /// matches and the key does not, or its key usage does not allow it. It is not used.
        case crlUnknownIssuer, crlWrongSignature, crlIssuerMayNotSign
        /// A CRL that came before the one in force.
        case crlOlder
        /// An authority that had a CRL, and still is in the store, has none any more.
        case crlGone
        /// The authority's certificates are checked, and there is no CRL of it; `member` is the authority.
        case crlMissing
        /// Past its nextUpdate: from then on the policy's tolerance decides.
        case crlStale
        case crlNotYetValid
        /// It does not say when the next one is due, so nobody will notice when none comes.
        case crlWithoutNextUpdate
        /// Not used: a newer one of the same authority and scope is there as well.
        case crlSuperseded
        /// A delta CRL that completes no complete list in the store. It is not used.
        case crlWithoutBase
        /// The store has CRLs, and its policy asks none of them; `member` is the first.
        case crlNotAsked
    }

    public let kind: Kind
    public let member: TrustMember

    /// `crlStale: revocationList 2, CN=…`
    public var description: String {
        "\(kind.rawValue): \(member)"
    }

    /// Whether revocations are not known that should be: somebody is refused for it, or, where the policy
    /// tolerates it, let in unchecked.
    public var leavesRevocationUnknown: Bool {
        switch kind {
        case .crlUnknownIssuer, .crlWrongSignature, .crlIssuerMayNotSign, .crlMissing, .crlStale,
            .crlNotYetValid, .crlWithoutBase:
            true
        default: false
        }
    }

    /// Whether an epoch with this finding must not take the place of one that is in force.
    public var refusesReplacement: Bool {
        switch kind {
        case .crlUnknownIssuer, .crlWrongSignature, .crlIssuerMayNotSign, .crlOlder, .crlGone: true
        default: false
        }
    }
}
