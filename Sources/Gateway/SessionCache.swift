import Crypto
import Customers
import HTTP
import Identity
import Reactor
import Serving
import Text
import X509

/// What a look for the session of a request came to.
enum SessionFinding {
    case valid(AssertedCustomer)
    case none(SessionEnd?)
    /// The store does not answer, or too many ask it.
    case unavailable
}

/// The sessions lately seen on one loop, kept for a second: what ends in the store ends here within that
/// time.
final class SessionCache {
    private final class Entry {
        let session: Session
        /// That the session is bound to.
        let certificate: SHA256Digest?
        /// Why it ended as of the last look, whatever it is presented with.
        let ending: SessionEnd?
        /// The last look counted as a request of the customer.
        let isTouched: Bool
        let freshUntil: MonotonicTime

        init(_ session: Session, _ ending: SessionEnd?, isTouched: Bool, freshUntil: MonotonicTime) {
            self.session = session
            certificate = session.certificateFingerprint.flatMap(SHA256Digest.init(bytes:))
            self.ending = ending
            self.isTouched = isTouched
            self.freshUntil = freshUntil
        }
    }

    private let loop: EventLoop
    private let pool: BlockingPool
    private let desk: LoginDesk
    private var entries: [[UInt8]: Entry] = [:]

    init(on loop: EventLoop, pool: BlockingPool, desk: LoginDesk) {
        self.loop = loop
        self.pool = pool
        self.desk = desk
    }

    var count: Int { entries.count }

    /// - Parameter isUse: Whether this counts as a request of the customer, so that the session goes on.
    func find(
        for facts: RequestFacts, isUse: Bool = true, then completion: @escaping (SessionFinding) -> Void
    ) {
        guard let token = Cookies.single(CookieName.session, in: facts.request.headers) else {
            return completion(.none(nil))
        }
        let hash = LoginDesk.hash(ofCookie: token)
        // A tunnel that nobody uses does not keep one that is used from saying so.
        if let entry = entries[hash], loop.now < entry.freshUntil, entry.isTouched || !isUse {
            return completion(judge(entry, facts))
        }
        let desk = self.desk
        let use = isUse ? (facts.now, facts.snapshot.sessionPolicy.touchSeconds) : nil
        let leaf = facts.identity?.leaf
        let mapping = facts.snapshot.mapping
        let taken = loop.offload(to: pool) { () -> Result<Found, StoreFault> in
            do throws(StoreFault) {
                let certificate = leaf.map { MappedCertificate($0, by: mapping) }
                if let (session, ending) = try desk.session(
                    idHash: hash, use: use, certificate: certificate)
                {
                    return .success(.session(session, ending))
                }
                return .success(try desk.isSuperseded(idHash: hash) ? .superseded : .nothing)
            } catch {
                desk.logs.storeFailed(error)
                return .failure(error)
            }
        } then: { [self] outcome in
            switch outcome {
            case .failure: completion(.unavailable)
            case .success(.nothing):
                entries[hash] = nil
                completion(.none(nil))
            case .success(.superseded):
                entries[hash] = nil
                completion(.none(.superseded))
            case .success(.session(let session, let ending)):
                completion(judge(keep(session, ending, as: hash, isTouched: isUse), facts))
            }
        }
        if !taken { completion(.unavailable) }
    }

    private enum Found: Sendable {
        case session(Session, SessionEnd?)
        case superseded
        case nothing
    }

    private func keep(
        _ session: Session, _ ending: SessionEnd?, as hash: [UInt8], isTouched: Bool
    ) -> Entry {
        if entries.count >= Self.entriesMax { entries.removeAll(keepingCapacity: true) }
        let entry = Entry(
            session, ending, isTouched: isTouched,
            freshUntil: loop.now.adding(milliseconds: Self.freshMilliseconds))
        entries[hash] = entry
        return entry
    }

    /// Judged at every request: certificate, lifetimes, and the customer's and enrolment's state as of the
    /// last look.
    private func judge(_ entry: Entry, _ facts: RequestFacts) -> SessionFinding {
        let session = entry.session
        let presented = facts.identity?.leaf.fingerprint
        let policy = facts.snapshot.sessionPolicy
        // What it is presented with comes first: another certificate is no news about this one's enrolment.
        if let end = policy.ending(session, presented: presented?.bytes, at: facts.now) ?? entry.ending {
            return ended(session, end, facts)
        }
        return .valid(
            AssertedCustomer(
                customer: session.customer.text, sessionID: session.publicID,
                authenticatedAt: session.authenticatedAt,
                certificate: entry.certificate,
                epoch: facts.identity?.epoch.value))
    }

    private func ended(_ session: Session, _ end: SessionEnd, _ facts: RequestFacts) -> SessionFinding {
        entries[session.idHash] = nil
        desk.logs.sessionEnded(session, end, facts)
        // A cookie that turns up without its certificate, or with another, may be stolen: it is worth nothing
        // from now on.
        let sessions = desk.sessions
        _ = pool.submit { try? sessions.end(idHash: session.idHash) }
        return .none(end)
    }

    private static let freshMilliseconds = 1000
    static let entriesMax = 10_000
}
