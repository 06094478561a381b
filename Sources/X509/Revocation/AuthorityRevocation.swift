import Text

/// What is known about the revocation of one certificate.
enum RevocationAnswer: Sendable, Equatable {
    /// Not revoked, as a list says that is good until then (exclusive).
    case good(until: WallTime)
    /// Not known, and the policy tolerates it until then.
    case tolerated(until: WallTime)
    case revoked(RevokedEntry)
    case unknown
}

/// The verified CRLs of one authority: one name and one key, whatever certificates it has.
struct AuthorityRevocation: Sendable {
    /// A complete list, and what has changed since.
    struct Pair: Sendable {
        let complete: RevocationList
        let delta: RevocationList?

        var isKnownFrom: WallTime { max(complete.thisUpdate, delta?.thisUpdate ?? complete.thisUpdate) }
        var isFreshUntil: WallTime { min(complete.staleFrom, delta?.staleFrom ?? complete.staleFrom) }

        /// What a delta takes off the list is not revoked, whatever the complete list says.
        func entry(for serial: [UInt8]) -> RevokedEntry? {
            let entry = delta?.serials.entry(for: serial) ?? complete.serials.entry(for: serial)
            return entry?.reason == .removeFromCRL ? nil : entry
        }

        /// The number of the last list taken up.
        var number: RevocationListNumber? { delta?.number ?? complete.number }
    }

    let name: CanonicalName
    let tolerance: RevocationPolicy.Tolerance
    /// One for each scope.
    private(set) var pairs: [Pair] = []
    /// Lists that another one replaces, and deltas that complete none.
    private(set) var unused: [RevocationList] = []

    /// - Parameter lists: those that this authority has signed.
    init(name: CanonicalName, tolerance: RevocationPolicy.Tolerance, lists: [RevocationList]) {
        self.name = name
        self.tolerance = tolerance
        let byScope = Dictionary(grouping: lists, by: \.scope)
        for (_, lists) in byScope.sorted(by: { $0.value[0].thisUpdate < $1.value[0].thisUpdate }) {
            guard let complete = lists.filter({ !$0.isDelta }).newest else {
                unused += lists
                continue
            }
            let delta = lists.filter { $0.isDelta && $0.completes(complete) }.newest
            pairs.append(Pair(complete: complete, delta: delta))
            unused += lists.filter { $0 !== complete && $0 !== delta }
        }
    }

    func answer(for subject: Certificate, at time: WallTime) -> RevocationAnswer {
        let points = subject.distributionPoints
        let grace: Int64 = if case .grace(let hours) = tolerance { Int64(hours) * 3600 } else { 0 }
        var fresh = Coverage()
        var tolerated = Coverage()
        for pair in pairs {
            let reasons = pair.complete.scope.reasonsCovered(isAuthority: subject.isCA, points: points)
            if reasons.isEmpty { continue }
            if let entry = pair.entry(for: subject.serialContent) { return .revoked(entry) }
            guard pair.isKnownFrom <= time else { continue }
            if time < pair.isFreshUntil { fresh.add(reasons, until: pair.isFreshUntil) }
            let end = pair.isFreshUntil.adding(seconds: grace)
            if time < end { tolerated.add(reasons, until: end) }
        }
        if fresh.isComplete { return .good(until: fresh.until) }
        if tolerated.isComplete { return .tolerated(until: tolerated.until) }
        return tolerance == .allow ? .tolerated(until: .endOfTime) : .unknown
    }

    /// Several lists may each answer for some reasons; all are needed.
    private struct Coverage {
        private var reasons: RevocationReasons = []
        private(set) var until = WallTime.endOfTime
        var isComplete: Bool { reasons == .all }

        mutating func add(_ more: RevocationReasons, until end: WallTime) {
            reasons.formUnion(more)
            until = min(until, end)
        }
    }
}

extension WallTime {
    static let endOfTime = WallTime(seconds: .max)
}

extension RevocationList {
    /// The first second at which it is stale, as libcrypto counts.
    fileprivate var staleFrom: WallTime { nextUpdate ?? .endOfTime }

    /// Whether this list came after another of the same authority and scope: by number, or by date when
    /// either has none.
    func isNewer(than other: RevocationList) -> Bool {
        if let number, let otherNumber = other.number, number != otherNumber { return number > otherNumber }
        return thisUpdate > other.thisUpdate
    }

    /// Whether a delta is about changes since `complete`, or since an earlier list (RFC 5280 §5.2.4).
    fileprivate func completes(_ complete: RevocationList) -> Bool {
        guard let baseNumber, let number, let completeNumber = complete.number else { return false }
        return baseNumber <= completeNumber && completeNumber < number
    }
}

extension [RevocationList] {
    fileprivate var newest: RevocationList? {
        self.max { $1.isNewer(than: $0) }
    }
}
