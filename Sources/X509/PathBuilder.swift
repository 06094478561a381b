import COpenSSL
import Text

/// Finds paths from leaves to one epoch's anchors (RFC 4158), and has each verified.
///
/// libcrypto's own search takes the first issuer that looks right and never comes back: a cross-certificate
/// that has expired, or an authority's second key under its old name, hides a path that is good. Here every
/// path among the certificates at hand is tried in turn, the likeliest first, until one is good: an issuer is
/// what `X509_check_issued` says it is, a good path what `X509_verify_cert` says is one, when it is given
/// nothing but that path.
///
/// The search is bounded: `visitsMax` steps, `attemptsMax` paths verified. Only somebody who presents a
/// thicket of certificates made for it gets there, and is refused.
struct PathBuilder: Sendable {
    private let members: [Certificate]
    /// For each name in the store, written as it is there, the places of those that have it as subject
    /// however it is written.
    private let bySubject: [DistinguishedName: [Int]]
    /// Whether a path may end there.
    fileprivate let endpoints: Set<Certificate>
    fileprivate let verifier: PathVerifier

    init(anchors: [Certificate], intermediates: [Certificate], policy: TrustPolicy) {
        var seen: Set<Certificate> = []
        let members = (anchors + intermediates).filter { seen.insert($0).inserted }
        var bySubject: [DistinguishedName: [Int]] = [:]
        for name in Set(members.map(\.subject) + members.map(\.issuer)) {
            guard let canonical = CanonicalName(der: name.der) else { continue }
            bySubject[name] = members.indices.filter { canonical.isSubject(of: members[$0]) }
        }
        self.members = members
        self.bySubject = bySubject
        endpoints = Set(policy.partialChain ? anchors : anchors.filter(\.isSelfSigned))
        verifier = PathVerifier(policy: policy)
    }

    /// The first good path from `leaf`, or the objections to the best one.
    ///
    /// - Parameter examine: adds objections to a path that libcrypto has verified.
    func path(
        from leaf: Certificate, presented: [Certificate], at time: WallTime,
        examine: (inout CertificatePath) -> Void
    ) -> CertificatePath {
        var search = PathSearch(builder: self, presented: presented, time: time, path: [leaf])
        search.extend(examine)
        return search.best
    }

    /// Who may have issued `certificate`, the likeliest first.
    fileprivate func issuers(
        of certificate: Certificate, presented: [Certificate], at time: WallTime
    ) -> [Certificate] {
        let named = bySubject[certificate.issuer]?.map { members[$0] } ?? members
        var candidates = (named + presented).filter { $0.mayHaveIssued(certificate) }
        guard candidates.count > 1 else { return candidates }
        var seen: Set<Certificate> = []
        candidates = candidates.filter { seen.insert($0).inserted }
        let ranks = candidates.enumerated().map { place, candidate in
            (
                endpoints.contains(candidate) ? 0 : 1, candidate.isValid(at: time) ? 0 : 1,
                // The store's stand in front of the presented ones.
                place
            )
        }
        return ranks.sorted { $0 < $1 }.map { candidates[$0.2] }
    }
}

/// One search, depth first.
struct PathSearch {
    let builder: PathBuilder
    let presented: [Certificate]
    let time: WallTime
    /// From the leaf up.
    var path: [Certificate]
    private var visitCount = 0
    /// How many paths have been verified.
    private(set) var attemptCount = 0
    private var badSignatures: Set<[Certificate]> = []
    private var isTooLong = false
    private var found: CertificatePath?

    init(builder: PathBuilder, presented: [Certificate], time: WallTime, path: [Certificate]) {
        self.builder = builder
        self.presented = presented
        self.time = time
        self.path = path
    }

    var best: CertificatePath {
        found ?? CertificatePath(objections: [isTooLong ? .chainTooLong : .unknownIssuer])
    }

    /// True when there is nothing more to look for.
    @discardableResult
    mutating func extend(_ examine: (inout CertificatePath) -> Void) -> Bool {
        visitCount += 1
        guard visitCount <= visitsMax, let last = path.last else { return true }
        if builder.endpoints.contains(last) { return attempt(examine) }
        for candidate in builder.issuers(of: last, presented: presented, at: time) {
            guard !path.dropFirst().contains(where: candidate.isSameAuthority), candidate != path[0],
                !badSignatures.contains([last, candidate]),
                path.count <= intermediatesMax || builder.endpoints.contains(candidate)
            else { continue }
            path.append(candidate)
            if extend(examine) { return true }
            path.removeLast()
        }
        return false
    }

    private mutating func attempt(_ examine: (inout CertificatePath) -> Void) -> Bool {
        guard path.count - 2 <= builder.verifier.policy.depthMax else {
            isTooLong = true
            return false
        }
        // One found below, after this way was taken.
        guard !zip(path, path.dropFirst()).contains(where: { badSignatures.contains([$0, $1]) }) else {
            return false
        }
        attemptCount += 1
        var result = builder.verifier.verify(path, at: time)
        if let place = result.badSignatureAt, place + 1 < result.chain.count {
            badSignatures.insert([result.chain[place], result.chain[place + 1]])
        }
        if !result.objections.contains(.unknownIssuer) { examine(&result) }
        if result.objections.isEmpty {
            found = result
            return true
        }
        // A path with signatures that hold says more about a certificate than one without.
        if found?.objections.contains(.unknownIssuer) ?? true { found = result }
        return attemptCount >= attemptsMax
    }
}

extension Certificate {
    /// By name, key identifiers and key usage; whether it has, only verifying the signature tells.
    fileprivate func mayHaveIssued(_ other: Certificate) -> Bool {
        unsafe withHandle { issuer in
            unsafe other.withHandle { unsafe X509_check_issued(issuer, $0) == X509_V_OK }
        }
    }

    /// Whether both are of one authority: a path through both could be cut short.
    fileprivate func isSameAuthority(_ other: Certificate) -> Bool {
        if self == other { return true }
        guard subject == other.subject else { return false }
        return unsafe withHandle { a in
            unsafe other.withHandle { b in
                unsafe EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1
            }
        }
    }

    fileprivate func isValid(at time: WallTime) -> Bool {
        notBefore <= time && time < notAfter
    }

    /// Signed by its own key.
    var isSelfSigned: Bool {
        defer { ERR_clear_error() }
        return unsafe withHandle { unsafe X509_self_signed($0, 1) == 1 }
    }
}

private let visitsMax = 256
private let attemptsMax = 32
/// Beyond the most that any policy allows nothing is looked for.
private let intermediatesMax = 10
