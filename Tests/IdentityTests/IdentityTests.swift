import Identity
import Testing
import Text

private let now = WallTime(seconds: 1_800_000_000)
private let rules = LoginRules(offersCertificate: true, offersPassword: true, lockout: LockoutPolicy())

private func customer(
    _ method: AuthenticationMethod = .password, _ status: CustomerStatus = .active,
    failures: FailureCounter = FailureCounter()
) throws -> Customer {
    Customer(
        id: try #require(CustomerID("IDUSER0003")), displayName: "試験", role: .general, method: method,
        status: status, passwordHash: "", failures: failures)
}

@Suite struct LoginRulesTests {
    @Test func `a customer enrolled for certificates is refused with the words of a wrong password`() throws {
        let enrolled = try customer(.certificate)
        let decision = rules.decide(.password, customer: enrolled, passwordMatches: true, at: now)
        #expect(decision == .refused(.certificateRequired, counts: true))
        for refusal in [LoginRefusal.certificateRequired, .wrongPassword, .unknownCustomer] {
            #expect(refusal.publicReason == .badCredentials)
        }
    }

    @Test func `what is to be done first is told to nobody but who has the right password`() throws {
        for (duty, refusal) in [
            (CustomerDuty.changePassword, LoginRefusal.passwordExpired), (.finishSetup, .setupMissing),
            (.readNotice, .noticeUnread),
        ] {
            var one = try customer()
            one.duty = duty
            #expect(
                rules.decide(.password, customer: one, passwordMatches: true, at: now)
                    == .refused(refusal, counts: false))
            #expect(refusal.publicReason == .duty(duty))
            #expect(
                rules.decide(.password, customer: one, passwordMatches: false, at: now)
                    == .refused(.wrongPassword, counts: true))
            #expect(
                rules.decide(.certificate, customer: one, passwordMatches: true, at: now)
                    == .refused(.passwordRequired, counts: true))
            one.status = .stopped
            #expect(
                rules.decide(.password, customer: one, passwordMatches: true, at: now)
                    == .refused(.stopped, counts: false))
        }
    }

    @Test func `the way in must be the customer's and the institution's`() throws {
        #expect(
            rules.decide(.certificate, customer: try customer(.certificate), passwordMatches: true, at: now)
                == .accepted)
        #expect(
            rules.decide(.password, customer: try customer(.password), passwordMatches: true, at: now)
                == .accepted)
        for method in [LoginMethod.certificate, .password] {
            #expect(
                rules.decide(method, customer: try customer(.either), passwordMatches: true, at: now)
                    == .accepted)
        }
        #expect(
            rules.decide(.certificate, customer: try customer(.password), passwordMatches: true, at: now)
                == .refused(.passwordRequired, counts: true))
        var certificateOnly = rules
        certificateOnly.offersPassword = false
        #expect(
            certificateOnly.decide(.password, customer: try customer(.either), passwordMatches: true, at: now)
                == .refused(.methodDisabled, counts: false))
    }

    @Test(arguments: [true, false])
    func `stopped, closed and paused never tell whether the password was right`(_ matches: Bool) throws {
        for (status, refusal) in [(CustomerStatus.stopped, LoginRefusal.stopped), (.closed, .closed)] {
            let one = try customer(.password, status)
            let decision = rules.decide(.password, customer: one, passwordMatches: matches, at: now)
            #expect(decision == .refused(refusal, counts: false))
        }
        let paused = try customer(failures: FailureCounter(pauses: 1, pausedUntil: now.adding(seconds: 1)))
        let decision = rules.decide(.password, customer: paused, passwordMatches: matches, at: now)
        #expect(decision == .refused(.paused, counts: false))
        let later = rules.decide(
            .password, customer: paused, passwordMatches: matches, at: now.adding(seconds: 1))
        #expect(later == (matches ? .accepted : .refused(.wrongPassword, counts: true)))
    }

    @Test(arguments: [(LoginMethod.password, AuthenticationMethod.certificate), (.certificate, .password)])
    func `the right password by the wrong way is counted and told as a wrong one`(
        _ method: LoginMethod, _ policy: AuthenticationMethod
    ) throws {
        var seen: [Bool: [PublicLoginRefusal]] = [:]
        for matches in [true, false] {
            var one = try customer(policy)
            for _ in 0...rules.lockout.failuresMax {
                let decision = rules.decide(method, customer: one, passwordMatches: matches, at: now)
                guard case .refused(let refusal, let counts) = decision else {
                    Issue.record("accepted")
                    continue
                }
                if counts { one.failures = rules.lockout.afterFailure(one.failures, at: now).counter }
                seen[matches, default: []].append(refusal.publicReason)
            }
        }
        #expect(seen[true] == seen[false])
        #expect(seen[true]?.last == .paused)
    }

    @Test func `nobody is refused as a wrong password is`() {
        #expect(
            rules.decide(.password, customer: nil, passwordMatches: false, at: now)
                == .refused(.unknownCustomer, counts: false))
        #expect(
            rules.decide(.certificate, customer: nil, passwordMatches: true, at: now)
                == .refused(.unknownCustomer, counts: false))
    }
}

@Suite struct LockoutPolicyTests {
    @Test func `the fifth failure pauses, the third pause stops`() {
        let policy = LockoutPolicy(failuresMax: 5, pauseSeconds: 60, pausesMax: 3)
        var counter = FailureCounter()
        var stops = false
        var now = now
        for pause in 1...3 {
            for _ in 1...4 {
                (counter, stops) = policy.afterFailure(counter, at: now)
                #expect(counter.pauses == pause - 1 && !stops)
            }
            (counter, stops) = policy.afterFailure(counter, at: now)
            #expect(counter.pauses == pause && counter.consecutive == 0 && stops == (pause == 3))
            #expect(
                counter.isPaused(at: now.adding(seconds: 59))
                    && !counter.isPaused(at: now.adding(seconds: 60)))
            let during = policy.afterFailure(counter, at: now.adding(seconds: 59))
            #expect(during.counter == counter && !during.stops)
            now = now.adding(seconds: 60)
        }
    }
}

@Suite struct SessionPolicyTests {
    private let policy = SessionPolicy(idleSeconds: 600, absoluteSeconds: 1800)

    private func session(bound: [UInt8]?, seen: Int64 = 0, opened: Int64 = 0) throws -> Session {
        Session(
            idHash: [1], publicID: "p", customer: try #require(CustomerID("A")),
            method: bound == nil ? .password : .certificate,
            certificateFingerprint: bound, trustEpoch: nil, authenticatedAt: now.adding(seconds: -opened),
            lastSeenAt: now.adding(seconds: -seen), clientAddress: "127.0.0.1")
    }

    @Test func `a certificate session is good only with the same certificate`() throws {
        let bound = try session(bound: [7])
        #expect(policy.ending(bound, presented: [7], at: now) == nil)
        #expect(policy.ending(bound, presented: [8], at: now) == .certificateDiffers)
        #expect(policy.ending(bound, presented: nil, at: now) == .certificateMissing)
        #expect(policy.ending(try session(bound: nil), presented: nil, at: now) == nil)
    }

    // Threats row 66.
    @Test func `setting the clock back grants no session its time anew`() throws {
        let early = try session(bound: nil, seen: -60, opened: -60)
        #expect(policy.ending(early, presented: nil, at: now) == nil, "nodes' clocks differ a little")
        let future = try session(bound: nil, seen: -61, opened: -61)
        #expect(policy.ending(future, presented: nil, at: now) == .absolute)
        let yesterday = try session(bound: nil, seen: 86_400, opened: 86_400)
        #expect(policy.ending(yesterday, presented: nil, at: now) == .absolute)
    }

    @Test func `a certificate session without its certificate on record is good with none`() throws {
        var unbound = try session(bound: nil)
        unbound.method = .certificate
        #expect(policy.ending(unbound, presented: nil, at: now) == .certificateMissing)
        #expect(policy.ending(unbound, presented: [7], at: now) == .certificateDiffers)
    }

    @Test func `a password session does not look at certificates`() throws {
        #expect(policy.ending(try session(bound: nil), presented: [7], at: now) == nil)
    }

    @Test func `idle and absolute limits end at the second`() throws {
        #expect(
            policy.ending(try session(bound: nil, seen: 599, opened: 599), presented: nil, at: now) == nil)
        #expect(
            policy.ending(try session(bound: nil, seen: 600, opened: 600), presented: nil, at: now) == .idle)
        #expect(policy.ending(try session(bound: nil, seen: 0, opened: 1799), presented: nil, at: now) == nil)
        #expect(
            policy.ending(try session(bound: nil, seen: 0, opened: 1800), presented: nil, at: now)
                == .absolute)
    }
}

@Suite struct CustomerIDTests {
    @Test(arguments: ["", " ", "a b", "a\u{0}b", "ü", String(repeating: "a", count: 65)])
    func `what is no customer ID is refused`(_ text: String) {
        #expect(CustomerID(text) == nil)
    }

    @Test func `sixty-four characters are an ID`() {
        #expect(CustomerID(String(repeating: "a", count: 64)) != nil)
    }
}
