import Crypto
import Text

/// The CRLs of all authorities of one epoch: who signed each is found out once, when the epoch is made; a
/// question is a look-up.
///
/// A list belongs to an authority's name and key, not to one certificate of it: it must answer for
/// certificates that were issued below a cross-certificate, or below the authority's next certificate, and
/// must not answer for an authority that only has the same name. The key is the one that also signed the
/// certificates, so that the path to the certificate is the path to the list's issuer.
struct RevocationIndex: Sendable {
    /// Why a list is not used.
    enum Rejection: Error, Sendable {
        case unknownIssuer, wrongSignature, mayNotSign
    }

    let policy: RevocationPolicy
    /// By the digest of the key; of several names with one key each has its own.
    private let authorities: [SHA256Digest: [AuthorityRevocation]]
    /// Digests of keys, by the fingerprints of the store's certificates.
    private let keyDigests: [SHA256Digest: SHA256Digest]
    /// By the places of the lists.
    let rejected: [(index: Int, rejection: Rejection)]

    /// - Parameter certificates: the authorities that may have signed the lists; no path is asked of them,
    ///   since a list is used only where a verified path leads through its issuer.
    init(_ lists: [RevocationList], of certificates: [Certificate], policy: RevocationPolicy) {
        self.policy = policy
        var keyDigests: [SHA256Digest: SHA256Digest] = [:]
        for certificate in certificates { keyDigests[certificate.fingerprint] = certificate.keyDigest }
        var byAuthority: [SHA256Digest: [(name: CanonicalName, lists: [RevocationList])]] = [:]
        var rejected: [(Int, Rejection)] = []
        for (index, list) in lists.enumerated() {
            switch Self.signer(of: list, among: certificates) {
            case .failure(let rejection): rejected.append((index, rejection))
            case .success(let signer):
                let key = keyDigests[signer.fingerprint] ?? signer.keyDigest
                var known = byAuthority[key] ?? []
                if let place = known.firstIndex(where: { $0.name == list.issuerName }) {
                    known[place].lists.append(list)
                } else {
                    known.append((list.issuerName, [list]))
                }
                byAuthority[key] = known
            }
        }
        authorities = byAuthority.mapValues { known in
            known.map { name, lists in
                let signer = certificates.first { name.isSubject(of: $0) }
                let tolerance = signer.map(policy.tolerance) ?? policy.tolerance
                return AuthorityRevocation(name: name, tolerance: tolerance, lists: lists)
            }
        }
        self.keyDigests = keyDigests
        self.rejected = rejected
    }

    /// The lists that are asked.
    var lists: [RevocationList] {
        authorities.values.joined().flatMap(\.pairs).flatMap { [$0.complete] + ($0.delta.map { [$0] } ?? []) }
    }

    /// Lists that another one replaces, and deltas that complete none.
    var unusedLists: [RevocationList] { authorities.values.joined().flatMap(\.unused) }

    /// - Parameter issuer: the certificate above `subject` on a path that was verified.
    func answer(
        for subject: Certificate, issuedBy issuer: Certificate, at time: WallTime
    ) -> RevocationAnswer {
        if let authority = authority(issuer) { return authority.answer(for: subject, at: time) }
        return policy.tolerance(for: issuer) == .allow ? .tolerated(until: .endOfTime) : .unknown
    }

    /// The lists of the authority that this is a certificate of.
    func authority(_ certificate: Certificate) -> AuthorityRevocation? {
        let key = keyDigests[certificate.fingerprint] ?? certificate.keyDigest
        return authorities[key]?.first { $0.name.isSubject(of: certificate) }
    }

    private static func signer(
        of list: RevocationList, among certificates: [Certificate]
    ) -> Result<Certificate, Rejection> {
        let named = certificates.filter { list.issuerName.isSubject(of: $0) }
        guard !named.isEmpty else { return .failure(.unknownIssuer) }
        let signers = named.filter { list.signature.isValid(under: $0) }
        guard !signers.isEmpty else { return .failure(.wrongSignature) }
        // An absent key usage forbids nothing.
        let permitted = signers.first { $0.keyUsage?.contains(.cRLSign) ?? true }
        return permitted.map { .success($0) } ?? .failure(.mayNotSign)
    }
}
