import Crypto
import Customers
import Identity
import Reactor
import Text
import Traces
import X509

/// Turns sightings into lines in which nobody can be found again.
///
/// A customer is a keyed hash (HMAC-SHA-256, 64 bits of it); the key is random, lives in this value alone and
/// goes with it. The same customer is the same within a trace and in no other.
struct TracePseudonyms: Sendable {
    private let key = SecureRandom.bytes(32)
    /// By certificate and by whether it is trusted: one that is may lead to a customer.
    private var known: [Holder: Person] = [:]

    private struct Holder: Hashable {
        let fingerprint: SHA256Digest
        let isTrusted: Bool
        let isPartner: Bool
    }

    private struct Person {
        let pseudonym: String
        /// Why a trusted certificate leads to nobody.
        let reason: String?
    }

    /// - Parameter start: Of the trace.
    mutating func line(_ sighting: TraceSighting, since start: UInt64, _ rules: MappingRules) -> TraceLine {
        var line = TraceLine(
            offsetMicroseconds: Int((sighting.openedAt.nanoseconds - start) / 1000), host: sighting.host,
            handshake: sighting.agreement.map { $0.isResumed ? .resumed : .full } ?? .failed,
            chainCount: sighting.chainCount, requestCount: sighting.requestCount,
            lastedMicroseconds: sighting.closedAt.microseconds(since: sighting.openedAt),
            ending: sighting.ending)
        if let agreement = sighting.agreement {
            line.version = agreement.version == "TLSv1.2" ? "1.2" : "1.3"
            line.group = agreement.group
            line.cipher = agreement.cipher
            line.alpn = agreement.alpn
        }
        line.key = sighting.leaf?.keySummary
        switch sighting.verdict {
        case nil: break
        case .absent?: line.verdict = .absent
        case .trusted?: line.verdict = .trusted
        case .refused(let reason, _)?:
            line.verdict = .refused
            line.reason = reason.rawValue
        }
        guard let leaf = sighting.leaf else { return line }
        let person = person(leaf, isTrusted: isTrusted(sighting, leaf), sighting.isPartner, rules)
        line.customer = person.pseudonym
        if line.reason == nil { line.reason = person.reason }
        return line
    }

    /// Where nothing was judged, what was thought of the certificate before counts: a customer who comes back
    /// and asks for nothing is the same customer.
    private func isTrusted(_ sighting: TraceSighting, _ leaf: Certificate) -> Bool {
        switch sighting.verdict {
        case .trusted?: true
        case .absent?, .refused?: false
        case nil:
            known[
                Holder(fingerprint: leaf.fingerprint, isTrusted: true, isPartner: sighting.isPartner)] != nil
        }
    }

    /// Only a trusted certificate speaks for a customer; any other stands for itself.
    private mutating func person(
        _ leaf: Certificate, isTrusted: Bool, _ isPartner: Bool, _ rules: MappingRules
    ) -> Person {
        let holder = Holder(fingerprint: leaf.fingerprint, isTrusted: isTrusted, isPartner: isPartner)
        if let known = known[holder] { return known }
        var name = Array("certificate ".utf8) + leaf.fingerprint.bytes
        var reason: String?
        if isTrusted, !isPartner {
            switch rules.evaluate(CertificateFacts(leaf)) {
            case .customer(let id): name = Array("customer \(id.text)".utf8)
            case .enrolment: break
            case .refused(let refusal): reason = MappingOutcome.refused(refusal).strangerReason
            }
        }
        let code = HMACSHA256.code(name, key: key).prefix(8)
        let person = Person(pseudonym: Hex.encode(Array(code)), reason: reason)
        if known.count >= Self.knownMax { known = [:] }
        known[holder] = person
        return person
    }

    /// A hundred bytes each; whoever is forgotten is worked out again.
    private static let knownMax = 50_000
}
