public import Text

extension TrustEpoch {
    /// The CRLs that are asked: of each authority and scope the newest, and the delta that completes it. In
    /// the order in which they were given.
    public var revocationListsInUse: [RevocationList] { inOrder(revocation.lists) }

    private func inOrder(_ lists: [RevocationList]) -> [RevocationList] {
        let wanted = Set(lists.map(ObjectIdentifier.init))
        return revocationLists.filter { wanted.contains(ObjectIdentifier($0)) }
    }

    /// The CRLs of the authority that this is a certificate of: by name and key.
    public func revocationLists(of authority: Certificate) -> [RevocationList] {
        revocation.authority(authority)?.pairs.flatMap { [$0.complete] + ($0.delta.map { [$0] } ?? []) } ?? []
    }

    /// What speaks against putting this epoch in the place of `old`: besides findings of its own, CRLs that
    /// came before those in force (a replayed old list would bring revoked certificates back), and CRLs
    /// that are gone while their authority is still here.
    public func objections(replacing old: TrustEpoch, at time: WallTime) -> [TrustFinding] {
        var objections = findings(at: time).filter(\.refusesReplacement)
        var compared: Set<ObjectIdentifier> = []
        for (certificate, member) in Self.members(anchors, intermediates) {
            // Several certificates of one authority are one authority.
            guard let before = old.revocation.authority(certificate), let list = before.pairs.first?.complete,
                compared.insert(ObjectIdentifier(list)).inserted
            else { continue }
            let now = revocation.authority(certificate)
            for pair in before.pairs {
                guard let next = now?.pairs.first(where: { $0.complete.scope == pair.complete.scope }) else {
                    objections.append(TrustFinding(kind: .crlGone, member: member))
                    continue
                }
                if pair.isNewer(than: next) {
                    objections.append(TrustFinding(kind: .crlOlder, member: self.member(next.complete)))
                }
            }
        }
        return objections
    }

    func revocationFindings(at time: WallTime) -> [TrustFinding] {
        var findings = revocation.rejected.map { rejected in
            TrustFinding(
                kind: rejected.rejection.finding,
                member: TrustMember(revocationLists[rejected.index], index: rejected.index))
        }
        for list in revocationListsInUse {
            func report(_ kind: TrustFinding.Kind) {
                findings.append(TrustFinding(kind: kind, member: member(list)))
            }
            if list.thisUpdate > time { report(.crlNotYetValid) }
            if let nextUpdate = list.nextUpdate {
                if nextUpdate <= time { report(.crlStale) }
            } else {
                report(.crlWithoutNextUpdate)
            }
        }
        for list in inOrder(revocation.unusedLists) {
            findings.append(
                TrustFinding(kind: list.isDelta ? .crlWithoutBase : .crlSuperseded, member: member(list)))
        }
        if policy.revocation.check == .none, let list = revocationLists.first {
            findings.append(TrustFinding(kind: .crlNotAsked, member: member(list)))
        }
        return findings + missingLists
    }

    /// Authorities whose certificates are checked without a list to check them by. When only leaves are, an
    /// authority that has issued another of the store is taken to issue no leaves.
    private var missingLists: [TrustFinding] {
        guard policy.revocation.check != .none else { return [] }
        let members = Self.members(anchors, intermediates)
        let issuers = Set(
            members.filter { $0.certificate.issuer != $0.certificate.subject }
                .map(\.certificate.issuer))
        return members.compactMap { certificate, member in
            guard revocation.authority(certificate)?.pairs.isEmpty ?? true else { return nil }
            if policy.revocation.check == .leaf, issuers.contains(certificate.subject) { return nil }
            return TrustFinding(kind: .crlMissing, member: member)
        }
    }

    private func member(_ list: RevocationList) -> TrustMember {
        TrustMember(list, index: revocationLists.firstIndex { $0 === list } ?? 0)
    }
}

extension AuthorityRevocation.Pair {
    /// Whether its last word came after that of `other`.
    fileprivate func isNewer(than other: Self) -> Bool {
        if let number, let otherNumber = other.number { return number > otherNumber }
        return isKnownFrom > other.isKnownFrom
    }
}

extension RevocationIndex.Rejection {
    fileprivate var finding: TrustFinding.Kind {
        switch self {
        case .unknownIssuer: .crlUnknownIssuer
        case .wrongSignature: .crlWrongSignature
        case .mayNotSign: .crlIssuerMayNotSign
        }
    }
}
