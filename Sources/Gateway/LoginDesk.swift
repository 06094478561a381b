import Crypto
import Identity
import Reactor
import Text
import X509

/// Where logins are decided and sessions kept: store, password hashing, audit. Everything here may block.
struct LoginDesk: Sendable {
    let customers: any CustomerRepository
    let sessions: any SessionRepository
    let logs: GatewayLogs
    /// Whether a password fits a hash; takes the hash's time and memory.
    var verifies: @Sendable (PasswordHash, [UInt8]) -> Bool = { hash, password in
        (try? hash.matches(password)) ?? false
    }

    /// One try to log in.
    struct Attempt: Sendable {
        enum Method: Sendable {
            case password(typedID: String)
            /// A trusted certificate, and what its mapping came to.
            case certificate(MappedCertificate, PeerIdentity)

            fileprivate var name: String {
                switch self {
                case .password: "password"
                case .certificate: "certificate"
                }
            }
        }

        let method: Method
        let password: [UInt8]
        /// An ID that came beside a certificate, which none of our pages asks for.
        var strayID: String?
        let host: String
        let address: String
        let rules: LoginRules
        /// What a password costs now.
        let hashing: ScryptParameters
        let at: WallTime
        /// Of the request that it came with.
        var trace = RequestTrace.none
    }

    enum Outcome: Sendable {
        /// The value for the session cookie.
        case opened(token: String)
        /// `until`: the end of a pause.
        case refused(LoginRefusal, SupportCode, until: WallTime?)
        /// The store or the audit log did not answer: nobody is let in on a guess.
        case unavailable

        fileprivate var name: String {
            switch self {
            case .opened: "opened"
            case .refused: "refused"
            case .unavailable: "unavailable"
            }
        }
    }

    /// Whether a mapped certificate belongs to a customer who may still use it.
    func recognise(_ mapped: MappedCertificate, at now: WallTime) -> Recognition {
        do throws(StoreFault) {
            guard let customer = try customer(mapped.outcome) else { return .refused(mapped.strangerReason) }
            return try isSuperseded(mapped, customer, at: now) ? .superseded : .customer
        } catch {
            logs.storeFailed(error)
            return .unavailable
        }
    }

    enum Recognition: Sendable {
        case customer
        /// Nobody's; the audit log's reason.
        case refused(String)
        /// The customer has a newer one.
        case superseded
        case unavailable
    }

    func logIn(_ attempt: Attempt) -> Outcome {
        let start = Clock.monotonic()
        let outcome = decide(attempt)
        logs.metrics.loggedIn(
            method: attempt.method.name, outcome: outcome.name,
            microseconds: Clock.monotonic().microseconds(since: start))
        return outcome
    }

    private func decide(_ attempt: Attempt) -> Outcome {
        do throws(StoreFault) {
            let customer = try customer(for: attempt)
            if case .certificate(let mapped, _) = attempt.method, let customer,
                try isSuperseded(mapped, customer, at: attempt.at)
            {
                return try refuse(attempt, customer, .certificateSuperseded, counts: false)
            }
            let isStray = attempt.strayID != nil && attempt.strayID != customer?.id.text
            let matches = verify(attempt, customer) && !isStray
            let method: LoginMethod = if case .password = attempt.method { .password } else { .certificate }
            switch attempt.rules.decide(method, customer: customer, passwordMatches: matches, at: attempt.at)
            {
            case .refused(.wrongPassword, let counts) where isStray:
                return try refuse(attempt, customer, .identityMismatch, counts: counts)
            case .refused(let refusal, let counts):
                return try refuse(attempt, customer, refusal, counts: counts)
            case .accepted:
                guard let customer else { return .unavailable }  // never accepted without one
                return try open(attempt, customer)
            }
        } catch {
            logs.storeFailed(error)
            return .unavailable
        }
    }

    private func customer(for attempt: Attempt) throws(StoreFault) -> Customer? {
        switch attempt.method {
        case .password(let typed):
            guard let id = CustomerID(typed) else { return nil }
            return try customers.customer(id)
        case .certificate(let mapped, _):
            return try customer(mapped.outcome)
        }
    }

    private func isSuperseded(
        _ mapped: MappedCertificate, _ customer: Customer, at now: WallTime
    ) throws(StoreFault) -> Bool {
        if mapped.supersession == .never { return false }
        let newest = try customers.newestCertificate(of: customer.id, issuer: mapped.issuerKey)
        return mapped.supersession.supersedes(
            mapped.issuerSerialKey, notBefore: mapped.notBefore, by: newest, at: now)
    }

    private func customer(_ mapped: MappingOutcome) throws(StoreFault) -> Customer? {
        switch mapped {
        case .customer(let id): try customers.customer(id)
        case .enrolment(let claim): try customers.customer(enrolledAs: claim)
        case .refused: nil
        }
    }

    /// Costs the same for nobody as for somebody whose hash has the parameters in force. An imported hash
    /// costs what it was made with until its owner first logs in: until then, who measures can tell the ID
    /// from others.
    private func verify(_ attempt: Attempt, _ customer: Customer?) -> Bool {
        let known = customer.flatMap { try? PasswordHash(parsing: $0.passwordHash) }
        let matches = verifies(known ?? .decoy(attempt.hashing), attempt.password)
        return known != nil && matches
    }

    private func refuse(
        _ attempt: Attempt, _ customer: Customer?, _ refusal: LoginRefusal, counts: Bool
    ) throws(StoreFault) -> Outcome {
        var refusal = refusal
        var until = customer?.failures.pausedUntil
        if counts, let customer {
            let counter = try customers.recordFailure(customer.id, attempt.rules.lockout, at: attempt.at)
            if counter.pauses >= attempt.rules.lockout.pausesMax {
                refusal = .stopped
            } else if counter.isPaused(at: attempt.at) {
                refusal = .paused
            }
            until = counter.pausedUntil
        } else if customer == nil {
            try customers.recordUnknown(bucket: Self.bucket(attempt))
        }
        let code = SupportCode()
        logs.loginRefused(attempt, customer?.id, refusal, code)
        return .refused(refusal, code, until: refusal == .paused ? until : nil)
    }

    private func open(_ attempt: Attempt, _ customer: Customer) throws(StoreFault) -> Outcome {
        let token = SecureRandom.token(byteCount: 32)
        var session = Session(
            idHash: Self.hash(ofCookie: token), publicID: SecureRandom.token(byteCount: 16),
            customer: customer.id,
            method: .password, certificateFingerprint: nil, trustEpoch: nil, authenticatedAt: attempt.at,
            lastSeenAt: attempt.at, clientAddress: attempt.address)
        if case .certificate(_, let identity) = attempt.method {
            session.method = .certificate
            session.certificateFingerprint = identity.leaf.fingerprint.bytes
            session.trustEpoch = identity.epoch.value
        }
        let ended: Int
        do throws(StoreFault) {
            ended = try sessions.open(session)
        } catch .conflict {
            // Stopped or paused while the password was checked.
            return try refuse(attempt, customer, .stopped, counts: false)
        }
        guard logs.loginAccepted(attempt, customer.id, session) else {
            // What can't be audited does not happen.
            try sessions.end(idHash: session.idHash)
            logs.loginWithdrawn(attempt, customer.id, session)
            return .unavailable
        }
        if ended > 0 { logs.sessionsSuperseded(customer.id, count: ended) }
        try customers.recordSuccess(customer.id)
        if case .certificate(let mapped, _) = attempt.method {
            let seen = NewestCertificate(
                issuerSerialKey: mapped.issuerSerialKey, notBefore: mapped.notBefore, firstLoginAt: attempt.at
            )
            try customers.recordCertificate(seen, of: customer.id, issuer: mapped.issuerKey)
        }
        strengthen(attempt, customer)
        return .opened(token: token)
    }

    /// Makes the hash anew when passwords cost more now than when it was made. A login does not fail over it.
    private func strengthen(_ attempt: Attempt, _ customer: Customer) {
        guard let hash = try? PasswordHash(parsing: customer.passwordHash),
            hash.needsRehash(for: attempt.hashing),
            let new = try? PasswordHash.make(of: attempt.password, parameters: attempt.hashing)
        else { return }
        do throws(StoreFault) {
            try customers.replacePasswordHash(customer.passwordHash, by: new.encoded, of: customer.id)
        } catch {
            logs.storeFailed(error)
        }
    }

    private static func bucket(_ attempt: Attempt) -> Int {
        let name: [UInt8] =
            switch attempt.method {
            case .password(let typed): Array(typed.utf8)
            case .certificate(_, let identity): identity.leaf.fingerprint.bytes
            }
        let digest = SHA256Digest(of: name).bytes
        return (Int(digest[0]) << 8 | Int(digest[1])) % unknownLoginBuckets
    }

    /// Whether a newer login of the same customer ended the session.
    func isSuperseded(idHash: [UInt8]) throws(StoreFault) -> Bool {
        try sessions.isSuperseded(idHash: idHash)
    }

    /// The session of a cookie, and why it may not go on by what the store knows now; nil when there is none.
    ///
    /// - Parameters:
    ///   - use: The request counts as one of the customer's, unless the session was touched so lately.
    ///   - certificate: The trusted certificate that the request came with. One look-up tells both whether it
    ///     still leads to the customer and whether the customer is active.
    func session(
        idHash: [UInt8], use: (at: WallTime, afterSeconds: Int)?, certificate: MappedCertificate? = nil
    ) throws(StoreFault) -> (session: Session, ending: SessionEnd?)? {
        guard let session = try sessions.session(idHash: idHash) else { return nil }
        if let use, use.at.seconds - session.lastSeenAt.seconds >= Int64(use.afterSeconds) {
            try sessions.touch(idHash: idHash, at: use.at)
        }
        let holder =
            if session.method == .certificate, let certificate {
                try customer(certificate.outcome)
            } else {
                try customers.customer(session.customer)
            }
        guard holder?.id == session.customer else {
            return (session, session.method == .certificate ? .certificateUnmapped : .customerStopped)
        }
        return (session, holder?.status == .active ? nil : .customerStopped)
    }

    static func hash(ofCookie token: String) -> [UInt8] {
        SHA256Digest(of: Array(token.utf8)).bytes
    }
}
