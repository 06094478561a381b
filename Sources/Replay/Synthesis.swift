public import Traces

/// Makes a trace by a plan, a line at a time in the order of time. The same plan and seed make the same
/// trace.
public struct Synthesis: Sequence, IteratorProtocol {
    private struct Customer {
        let pseudonym: String
        let key: String
        let version: String
        /// Whether there is a session to take up, by the place of the host.
        var sessions: Set<Int> = []
    }

    /// Customers with the same thing wrong with their certificates: a range of all customers.
    private struct Group {
        let refusal: SynthesisPlan.Refusal?
        let members: Range<Int>
    }

    private let plan: SynthesisPlan
    private var random: RandomStream
    private var customers: [Customer]
    private let groups: Weighted<Group>
    private let hosts: Weighted<Int>
    private let requests: Weighted<Int>
    private var moment = 0.0
    /// Arrivals still to come are counted down to this one.
    private var gap: Double

    public init(_ plan: SynthesisPlan, seed: UInt64) {
        self.plan = plan
        var random = RandomStream(seed: seed)
        let keys = Weighted(plan.keys)
        let versions = Weighted(plan.versions)
        let groups = Self.groups(plan)
        let total = groups.map(\.value.members.upperBound).max() ?? 0
        customers = (0..<total).map { _ in
            Customer(
                pseudonym: Self.pseudonym(random.next()), key: keys.pick(&random),
                version: versions.pick(&random))
        }
        self.groups = Weighted(groups)
        hosts = Weighted(plan.hosts.enumerated().map { ($0.offset, $0.element.weight) })
        requests = Weighted(plan.requests)
        gap = plan.arrival == .constant ? 0.5 : random.exponential()
        self.random = random
    }

    public mutating func next() -> TraceLine? {
        guard advance() else { return nil }
        let place = hosts.pick(&random)
        let group = groups.pick(&random)
        var line = TraceLine(
            offsetMicroseconds: Int(moment * 1e6), host: plan.hosts[place].value, handshake: .full,
            alpn: "http/1.1", requestCount: requests.pick(&random),
            lastedMicroseconds: Int(plan.lastedSeconds * 1e6))
        let index = Int(random.next(upperBound: UInt64(group.members.count))) + group.members.lowerBound
        let customer = customers[index]
        line.version = customer.version
        line.group = "X25519"
        line.cipher = customer.version == "1.3" ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256"
        present(customer, of: group, in: &line)
        let mayResume = line.verdict == .trusted && customer.sessions.contains(place)
        if mayResume, random.unit() < plan.resumedShare { line.handshake = .resumed }
        if line.verdict == .trusted, line.requestCount > 0 { customers[index].sessions.insert(place) }
        if line.requestCount == 0 { line.verdict = nil }
        return line
    }

    private func present(_ customer: Customer, of group: Group, in line: inout TraceLine) {
        guard group.refusal != SynthesisPlan.Refusal.none else {
            line.verdict = .absent
            return
        }
        line.chainCount = plan.chainCount
        line.key = customer.key
        line.customer = customer.pseudonym
        line.verdict = .refused
        switch group.refusal {
        case nil: line.verdict = .trusted
        case .unmapped?:
            line.verdict = .trusted
            line.reason = CredentialDefect.unmapped.reason
        case .unknownCA?: line.reason = CredentialDefect.unknownIssuer.reason
        case .weakKey?:
            line.reason = CredentialDefect.weakKey.reason
            line.key = "RSA 1024"
        case let refusal?: line.reason = refusal.rawValue
        }
    }

    /// On to the moment of the next arrival: where the rate, summed up since the one before, makes up the
    /// gap.
    private mutating func advance() -> Bool {
        var left = gap
        let step = Swift.min(0.01, plan.seconds / 100)
        while true {
            guard moment < plan.seconds else { return false }
            let rate = plan.rate(at: moment)
            // A moment that rounding puts on the border belongs to the step behind it.
            let border = ((moment / step).rounded(.down) + 1) * step
            let end = Swift.min(plan.seconds, border > moment ? border : moment + step)
            let amount = rate * (end - moment)
            if amount >= left, rate > 0 {
                moment += left / rate
                break
            }
            left -= amount
            moment = end
        }
        gap = plan.arrival == .constant ? 1 : random.exponential()
        return moment < plan.seconds
    }

    /// A group for what is wrong with certificates, as large as its share, and one for all others.
    private static func groups(_ plan: SynthesisPlan) -> [(value: Group, weight: Double)] {
        var groups: [(value: Group, weight: Double)] = []
        var (start, soundShare) = (0, 1.0)
        for (refusal, share) in plan.refusals {
            let count = Swift.max(1, Int((share * Double(plan.customerCount)).rounded()))
            groups.append((Group(refusal: refusal, members: start..<start + count), share))
            start += count
            soundShare -= share
        }
        if soundShare > 1e-9 {
            let count = Swift.max(1, plan.customerCount - start)
            groups.append((Group(refusal: nil, members: start..<start + count), soundShare))
        }
        return groups
    }

    private static func pseudonym(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
