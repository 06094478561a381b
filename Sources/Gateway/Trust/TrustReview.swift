import Crypto
import Identity
import Text
import Trust
import X509

/// What a change of epoch would mean: what comes and goes, what an operator should look at, and who of the
/// certificates lately seen would be locked out or let in.
struct TrustReview: Sendable {
    /// In force when the review was made.
    let replacing: TrustEpoch
    let candidate: TrustEpoch
    let at: WallTime
    let anchors: Difference<Certificate>
    let intermediates: Difference<Certificate>
    let revocationLists: Difference<RevocationList>
    let findings: [TrustFinding]
    /// Those of them for which nothing is committed: a CRL that is older than the one in force, that nobody
    /// of the store has signed, or that is gone while it is asked.
    let objections: [TrustFinding]
    /// How many certificates were judged.
    private(set) var judged = 0
    private(set) var lockouts = Outcome()
    private(set) var admissions = Outcome()
    /// Fingerprints of those whose record in the ledger does not say yet that they are revoked, and of those
    /// whose record says so still.
    private(set) var revoked: [[UInt8]] = []
    private(set) var reinstated: [[UInt8]] = []

    /// What comes and goes of one kind.
    struct Difference<Member: Fingerprinted>: Sendable {
        let added: [Member]
        let removed: [Member]
        let keptCount: Int

        init(from old: [Member], to new: [Member]) {
            let before = Set(old.map(\.fingerprint))
            let after = Set(new.map(\.fingerprint))
            added = Self.once(new.filter { !before.contains($0.fingerprint) })
            removed = Self.once(old.filter { !after.contains($0.fingerprint) })
            keptCount = before.intersection(after).count
        }

        private static func once(_ members: [Member]) -> [Member] {
            var seen: Set<SHA256Digest> = []
            return members.filter { seen.insert($0.fingerprint).inserted }
        }
    }

    /// Certificates whose verdict would change, by anchor and reason.
    struct Outcome: Sendable {
        struct Group: Hashable {
            /// At which the trusted path ends: the one in force for a lockout, the new one otherwise.
            let anchor: Certificate
            /// Why the other epoch refuses.
            let reason: RefusalReason
        }

        private(set) var count = 0
        private(set) var groups: [Group: Int] = [:]
        /// The first of them, to be listed.
        private(set) var listed: [(group: Group, certificate: SeenCertificate)] = []
        private var customers: Set<String> = []
        var customerCount: Int { customers.count }

        mutating func add(_ certificate: SeenCertificate, to group: Group) {
            count += 1
            groups[group, default: 0] += 1
            if let customer = certificate.customer, customers.count < Self.customersMax {
                customers.insert(customer)
            }
            if listed.count < Self.listedMax {
                var entry = certificate
                entry.der = []
                entry.chain = []
                listed.append((group, entry))
            }
        }

        private static let listedMax = 1000
        private static let customersMax = 1_000_000
    }

    init(of candidate: TrustEpoch, replacing: TrustEpoch, at time: WallTime) {
        self.replacing = replacing
        self.candidate = candidate
        objections = candidate.refusals(replacing: replacing, at: time)
        findings = candidate.findings(at: time).filter { !$0.refusesReplacement } + objections
        at = time
        anchors = Difference(from: replacing.anchors, to: candidate.anchors)
        intermediates = Difference(from: replacing.intermediates, to: candidate.intermediates)
        revocationLists = Difference(from: replacing.revocationLists, to: candidate.revocationLists)
    }

    /// Judges every certificate of the ledger that was seen since. May take minutes.
    mutating func replay(
        _ ledger: any SeenCertificateRepository, since: WallTime
    ) throws(StoreFault) {
        var last: [UInt8]?
        while true {
            let page = try ledger.seen(
                in: replacing.name, since: since, after: last, countMax: Self.pageMax)
            for certificate in page { judge(certificate) }
            guard page.count == Self.pageMax else { return }
            last = page.last?.fingerprint
        }
    }

    private mutating func judge(_ seen: SeenCertificate) {
        // What does not decode was never trusted, and will not be.
        guard let leaf = try? Certificate(der: seen.der) else { return }
        judged += 1
        let chain = [leaf] + seen.chain.compactMap { try? Certificate(der: $0.der) }
        switch candidate.judge(chain, at: at) {
        case .absent: break
        case .refused(let reason, _):
            if reason == .revoked, seen.verdict != SeenCertificate.revoked {
                revoked.append(seen.fingerprint)
            }
            guard case .trusted(let identity) = replacing.judge(chain, at: at) else { return }
            lockouts.add(seen, to: Outcome.Group(anchor: identity.anchor, reason: reason))
        case .trusted(let identity):
            if seen.verdict == SeenCertificate.revoked { reinstated.append(seen.fingerprint) }
            // Whoever was trusted under the epoch in force still is, but for what time has done to the
            // certificate; then the new epoch would refuse it too.
            if seen.isTrusted, seen.epoch == replacing.number.value { return }
            guard case .refused(let reason, _) = replacing.judge(chain, at: at) else { return }
            admissions.add(seen, to: Outcome.Group(anchor: identity.anchor, reason: reason))
        }
    }

    private static let pageMax = 500
}

extension PeerIdentity {
    /// Where the verified path ends.
    var anchor: Certificate { chain.last ?? leaf }
}

/// What is known by the digest of its bytes.
protocol Fingerprinted: Sendable {
    var fingerprint: SHA256Digest { get }
}

extension Certificate: Fingerprinted {}
extension RevocationList: Fingerprinted {}

extension TrustEpoch {
    /// A CRL that is gone is none where nobody asks.
    fileprivate func refusals(replacing old: TrustEpoch, at time: WallTime) -> [TrustFinding] {
        objections(replacing: old, at: time).filter {
            $0.kind != .crlGone || policy.revocation.check != .none
        }
    }
}

extension TrustFinding {
    /// `crlOlder: revocationList 1, CN=…`
    var words: String { "\(kind.rawValue): \(member.role.rawValue) \(member.ordinal), \(member.subject)" }
}
