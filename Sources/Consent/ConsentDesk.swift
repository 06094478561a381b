import Authorization
import Crypto
import HTTP
import Serving
import Text

/// The authorization endpoint and the screens behind it, for customers.
struct ConsentDesk: CustomerDesk {
    let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let watch: GrantWatch
    let journal: ConsentJournal
    private let forms: FlowForms
    private let housekeeping = Housekeeping()
    private let codes: CodeMaker

    init(
        _ setup: ConsentSetup, store: any ConsentApplication.Store, watch: GrantWatch, journal: ConsentJournal
    ) {
        self.setup = setup
        self.store = store
        self.watch = watch
        self.journal = journal
        codes = CodeMaker(store)
        forms = FlowForms(setup)
    }

    // MARK: GET /authorize

    func authorize(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let query = try? QueryParameters(parsing: call.request.head.query) else {
            return notice(.malformed, call)
        }
        switch AuthorizationRequest.parse(Parameters(query.pairs), partners: setup.partners) {
        case .local(.unknownPartner): return notice(.unknownPartner, call)
        case .local(.redirectURI): return notice(.redirectURI, call)
        case .local(.requestURI): return notice(.requestURI, call)
        case .pushed(let reference, let partner): return begin(pushed: reference, partner, call, session)
        case .redirect(let error, let back):
            return refused(error, back, partner: query.single("client_id"), call)
        case .accepted(let request):
            guard let partner = setup.partners[request.partner] else { return notice(.unknownPartner, call) }
            return begin(request, partner, call, session)
        }
    }

    private func begin(
        pushed reference: String, _ partner: Partner, _ call: Call, _ session: CustomerSession
    ) -> WebResponse {
        let hash = PushDesk.hash(reference)
        do throws(ConsentStoreFault) {
            guard let pushed = try store.pushedRequest(hash: hash), pushed.isOpen(for: partner, at: call.now)
            else { return notice(.requestURI, call) }
            guard partner.mayAskForConsent else {
                let error = AuthorizationError(.unauthorizedClient)
                return refused(error, ReturnAddress(of: pushed.request), partner: partner.id, call)
            }
            return begin(pushed.request, answering: hash, partner, call, session)
        } catch {
            return failed(error, call)
        }
    }

    private func begin(
        _ request: AuthorizationRequest, answering pushed: [UInt8]? = nil, _ partner: Partner, _ call: Call,
        _ session: CustomerSession
    ) -> WebResponse {
        do throws(ConsentStoreFault) {
            try housekeeping.sweep(store, at: call.now)
            let customer = try store.customer(session.customer)
            let facts = try store.novelties(of: session.traces, of: customer.id).union([session.method])
            let flow = flow(request, of: customer, facts, partner, call, session)
            if let pushed {
                guard try store.begin(flow, answering: pushed) else { return notice(.requestURI, call) }
            } else {
                try store.begin(flow)
            }
            journal.flowBegan(flow, facts, call.assertion)
            return redirect(to: Self.address(of: flow.id))
        } catch {
            return unable(error, to: request, call)
        }
    }

    /// Before the first page nothing is lost: the partner is told and can offer to try again, with our
    /// number for the help desk. Once there is a flow, its page says so and stays good.
    private func unable(
        _ fault: ConsentStoreFault, to request: AuthorizationRequest, _ call: Call
    ) -> WebResponse {
        let code = SupportCode()
        journal.storeFailed(fault, code)
        let error = AuthorizationError(fault.isLasting ? .serverError : .temporarilyUnavailable, code.text)
        return refused(error, ReturnAddress(of: request), partner: request.partner, call)
    }

    private func refused(
        _ error: AuthorizationError, _ back: ReturnAddress, partner: String?, _ call: Call
    ) -> WebResponse {
        journal.authorizationRefused(error, partner: partner, call.assertion)
        return redirect(to: back.refused(error, issuer: setup.issuer))
    }

    private func flow(
        _ request: AuthorizationRequest, of customer: CustomerRecord, _ facts: Set<RiskFact>,
        _ partner: Partner, _ call: Call, _ session: CustomerSession
    ) -> ConsentFlow {
        let scopes = request.scopes.intersection(customer.permitted)
        let plan = FlowPlan(
            for: FlowSituation(
                isChallengeDue: setup.riskRules.demandChallenge(facts),
                isEnrolled: !customer.questions.isEmpty, isChallengeStopped: customer.isChallengeStopped,
                choosesScopes: partner.choosesScopes, scopes: scopes,
                pins: customer.accounts.map(\.pin.status)))
        return ConsentFlow(
            id: FlowID(SecureRandom.token(byteCount: 16)), session: session.evidence.session,
            customer: customer.id, request: request, plan: plan, scopes: scopes,
            question: plan.steps.contains(.challenge) ? customer.questions.indices.randomElement() : nil,
            period: ConsentPeriod(startingAt: call.now, days: partner.consentDays),
            formToken: SecureRandom.token(), at: call.now)
    }

    // MARK: GET and POST /consent

    func show(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let id = (try? QueryParameters(parsing: call.request.head.query))?.single("flow") else {
            return notice(.otherSession, call)
        }
        return receive(FlowID(id), call, session) { _, _ in (.view, nil) }
    }

    func take(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let form = call.form.map(Parameters.init), let id = form["flow"], let token = form["token"]
        else {
            return notice(.malformed, call)
        }
        return receive(FlowID(id), call, session) { (flow, customer) throws(FlowFault) in
            let isAwaited = flow.awaits(
                .challenge, formToken: token, from: session.actor, at: call.now,
                lifetimes: lifetimes(of: flow))
            let submission: FlowSubmission?
            do throws(CryptoFault) {
                submission = try forms.submission(
                    form, from: customer, question: flow.question, traces: session.traces,
                    isAwaited: isAwaited)
            } catch {
                throw .store(ConsentStoreFault("a 追加認証 answer of \(customer.id): \(error)"))
            }
            guard let submission else { throw .malformed }
            return (.answer(submission.answer, formToken: token), submission.record)
        }
    }

    /// Loads the flow, gives it the event, and stores it with what follows from it. When another event
    /// was stored meanwhile, begins again with the flow as it then is.
    private func receive(
        _ id: FlowID, _ call: Call, _ session: CustomerSession,
        _ event: (ConsentFlow, CustomerRecord) throws(FlowFault) -> (FlowEvent, FlowRecord?)
    ) -> WebResponse {
        do throws(FlowFault) {
            for _ in 0..<Self.attemptsMax {
                guard var flow = try stored({ () throws(ConsentStoreFault) in try store.flow(id) }) else {
                    return ended(.otherSession, id, call)
                }
                let customer = try stored { () throws(ConsentStoreFault) in
                    try store.customer(session.customer)
                }
                let (event, record) = try event(flow, customer)
                let before = flow
                let action = flow.receive(
                    event, from: session.actor, at: call.now, lifetimes: lifetimes(of: flow),
                    nextFormToken: SecureRandom.token())
                let response = try stored { () throws(ConsentStoreFault) in
                    try perform(action, flow, after: before, record, customer, call, session)
                }
                if let response { return response }
            }
            return failed(ConsentStoreFault("the flow kept changing"), call)
        } catch {
            switch error {
            case .malformed: return notice(.malformed, call)
            case .store(let fault): return failed(fault, call)
            }
        }
    }

    /// Nil when the flow has changed in the store meanwhile.
    private func perform(
        _ action: FlowAction, _ flow: ConsentFlow, after before: ConsentFlow, _ record: FlowRecord?,
        _ customer: CustomerRecord, _ call: Call, _ session: CustomerSession
    ) throws(ConsentStoreFault) -> WebResponse? {
        guard let partner = setup.partners[flow.request.partner] else { return notice(.unknownPartner, call) }
        let back = ReturnAddress(of: flow.request)
        let denied = AuthorizationError(.accessDenied)
        let page = redirect(to: Self.address(of: flow.id))
        switch action {
        case .show(let step, let problem):
            if flow != before, try !store.save(flow, replacing: before.revision) { return nil }
            let view = FlowView(
                step: step, flow: flow, partner: partner, customer: customer, problem: problem,
                supportCode: SupportCode())
            if let message = view.message {
                journal.noticeShown(message, view.supportCode, call.assertion, call.request.head.path)
            }
            return ConsentPages(setup, for: call.request).step(view)
        case .advance:
            let isSaved =
                if let record {
                    try store.save(flow, replacing: before.revision, recording: record)
                } else {
                    try store.save(flow, replacing: before.revision)
                }
            guard isSaved else { return nil }
            journal.advanced(flow, from: before, record, call.assertion)
            return page
        case .correct:
            return try store.save(flow, replacing: before.revision) ? page : nil
        case .resume:
            return page
        case .grant:
            if let objection = try watch.objection(to: session) {
                var declined = before
                declined.decline(.suspended, at: call.now)
                guard try store.save(declined, replacing: before.revision) else { return nil }
                journal.declined(declined, because: objection, call.assertion)
                return page
            }
            let code = try codes.code(for: flow)
            guard try conclude(flow, after: before, code, partner, customer, call, session) else {
                return nil
            }
            return redirect(to: back.granted(code: code, issuer: setup.issuer))
        case .grantAgain:
            return redirect(to: back.granted(code: try codes.code(for: flow), issuer: setup.issuer))
        case .deny:
            guard try store.save(flow, replacing: before.revision) else { return nil }
            journal.denied(flow, call.assertion)
            return redirect(to: back.refused(denied, issuer: setup.issuer))
        case .denyAgain:
            return redirect(to: back.refused(denied, issuer: setup.issuer))
        case .refuse(.otherSession):
            return ended(.otherSession, flow.id, call)
        case .refuse(.ended(let end)):
            // An expiry is noticed here for the first time and kept; every other end is stored already.
            if flow.revision != before.revision, try !store.save(flow, replacing: before.revision) {
                return nil
            }
            return ended(Self.message(end), flow.id, call)
        }
    }

    /// The page of a flow that cannot go on. A form is answered with the way there, so that the browser has
    /// nothing to send again when the page is reloaded or gone back to.
    private func ended(_ message: ConsentMessage, _ id: FlowID, _ call: Call) -> WebResponse {
        guard call.request.head.method == "POST", id.text.utf8.count <= Self.idBytesMax else {
            return notice(message, call)
        }
        return redirect(to: Self.address(of: id))
    }

    private func conclude(
        _ flow: ConsentFlow, after before: ConsentFlow, _ code: String, _ partner: Partner,
        _ customer: CustomerRecord, _ call: Call, _ session: CustomerSession
    ) throws(ConsentStoreFault) -> Bool {
        var evidence = session.evidence
        evidence.isChallenged = flow.plan.steps.contains(.challenge)
        let grant = Grant(
            id: GrantID(SecureRandom.token(byteCount: 16)), customer: flow.customer,
            partner: flow.request.partner, scopes: flow.progress.scopes,
            accounts: customer.accountsForInquiry.map(\.key), period: flow.period, grantedAt: call.now,
            evidence: evidence)
        let stored = AuthorizationCode(
            hash: SHA256Digest(of: Array(code.utf8)).bytes, request: flow.request, grant: grant.id,
            at: call.now,
            lifetimes: partner.lifetimes)
        guard try store.conclude(flow, replacing: before.revision, grant: grant, code: stored) else {
            return false
        }
        journal.granted(grant, flow, call.assertion)
        return true
    }

    // MARK: Parts

    private func lifetimes(of flow: ConsentFlow) -> Lifetimes {
        setup.partners[flow.request.partner]?.lifetimes ?? setup.lifetimes
    }

    private func stored<Value>(
        _ body: () throws(ConsentStoreFault) -> Value
    ) throws(FlowFault) -> Value {
        do throws(ConsentStoreFault) { return try body() } catch { throw .store(error) }
    }

    private static func address(of flow: FlowID) -> String {
        "/consent?" + FormFields.encode([("flow", flow.text)])
    }

    private func redirect(to address: String) -> WebResponse {
        var response = WebResponse.redirect(to: address).unstored
        response.headers.set("Referrer-Policy", "no-referrer")
        return response
    }

    private static func message(_ end: FlowEnd) -> ConsentMessage {
        switch end {
        case .granted, .denied: .finished
        case .expired: .expired
        case .superseded: .superseded
        }
    }

    /// Two events at once are a button pressed twice; more need intent.
    private static let attemptsMax = 3
    /// More than an id has; a form may say anything.
    private static let idBytesMax = 64
}

/// Why a form cannot be answered with the flow's page.
private enum FlowFault: Error {
    case malformed
    case store(ConsentStoreFault)
}
