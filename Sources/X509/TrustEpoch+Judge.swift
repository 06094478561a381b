public import Text

extension TrustEpoch {
    /// What to think of a peer that has proved possession of the key of `presented[0]`.
    ///
    /// - Parameters:
    ///   - presented: what the peer sent, leaf first. Certificates after the leaf may help to find a path
    ///     and are never trusted by themselves. None at all is `.absent`.
    ///   - time: when. The last second of a certificate already counts as expired, as libcrypto has it.
    ///
    /// Of several reasons to refuse, the most helpful one to the customer is given.
    ///
    /// Whatever path plain `X509_verify_cert` finds with the same purpose, depth, level and policies is
    /// found, and trusted but for these, where more is asked: clientAuth must be there unless `allowAbsent`
    /// (libcrypto lets an absent extension pass), and digitalSignature with any key usage; the leaf must be
    /// no authority; RSA keys have `keyBitsMinRSA`, EC keys 256 bits on a named curve, DSA is refused, an
    /// anchor's own key included; every certificate above the leaf must say by basicConstraints that it is
    /// an authority (libcrypto takes old forms of saying so); what presents too many certificates or bytes
    /// is not looked at. In CRLs: a stale delta makes its complete list stale, and no list is indirect.
    /// libcrypto is stricter in one thing: it wants a list's authorityKeyIdentifier to match, where here
    /// the signature decides.
    public func judge(_ presented: [Certificate], at time: WallTime) -> PeerVerdict {
        guard let leaf = presented.first else { return .absent }
        guard presented.count <= policy.chainCertificatesMax,
            presented.reduce(0, { $0 + $1.der.count }) <= policy.chainBytesMax
        else { return .refused(.chainTooLong, leaf: leaf) }
        guard leaf.isWellFormed else { return .refused(.malformed, leaf: leaf) }

        let helpers = presented.dropFirst().filter(\.isWellFormed)
        var path = paths.path(from: leaf, presented: helpers, at: time) { path in
            path.objections.formUnion(strengthObjections(to: path.chain))
            askAboutRevocation(&path, at: time)
        }
        path.objections.formUnion(useObjections(to: leaf))
        if let reason = RefusalReason.mostHelpful(of: path.objections) { return .refused(reason, leaf: leaf) }
        guard path.isVerified else { return .refused(.policy, leaf: leaf) }
        return .trusted(
            PeerIdentity(
                leaf: leaf, chain: path.chain, epoch: number, revocation: path.revocation,
                revocationAnswerUntil: path.revocationAnswerUntil))
    }

    /// Is it for proving who a client is? libcrypto asks this too, but lets an absent extension pass.
    private func useObjections(to leaf: Certificate) -> Set<RefusalReason> {
        let purposes = leaf.extendedKeyUsage
        let isForClients = purposes?.contains(.clientAuth) ?? (policy.clientAuthPurpose == .allowAbsent)
        let mayDigest = leaf.keyUsage?.contains(.digitalSignature) ?? true
        return isForClients && mayDigest && !leaf.isCA ? [] : [.wrongPurpose]
    }

    /// Each certificate but the anchor is looked up in the lists of the one above it, as far as the policy
    /// says.
    private func askAboutRevocation(_ path: inout CertificatePath, at time: WallTime) {
        guard policy.revocation.check != .none else { return }
        path.revocation = .known
        let pairs = zip(path.chain, path.chain.dropFirst())
        for (subject, issuer) in pairs.prefix(policy.revocation.check == .leaf ? 1 : .max) {
            switch revocation.answer(for: subject, issuedBy: issuer, at: time) {
            case .good(let until): path.revocationAnswerUntil = min(path.revocationAnswerUntil, until)
            case .tolerated(let until):
                path.revocation = .tolerated
                path.revocationAnswerUntil = min(path.revocationAnswerUntil, until)
            case .revoked: path.objections.insert(.revoked)
            case .unknown: path.objections.insert(.revocationUnknown)
            }
        }
    }

    /// Every key must be strong and every signature but an anchor's, which proves nothing, must be too.
    /// Whatever stands between leaf and anchor must be an authority by its own basicConstraints.
    private func strengthObjections(to chain: [Certificate]) -> Set<RefusalReason> {
        var objections: Set<RefusalReason> = []
        for certificate in chain where !certificate.key.isStrong(rsaBitCountMin: policy.keyBitsMinRSA) {
            objections.insert(.weakKey)
        }
        for certificate in chain.dropLast() where !certificate.hasStrongSignature {
            objections.insert(.weakKey)
        }
        for certificate in chain.dropFirst() where !certificate.isCA {
            objections.insert(.policy)
        }
        return objections
    }
}
