import Authorization
import Crypto
import HTTP
import Serving
import Synchronization
import Text

/// The authorization endpoint and the screens behind it, for customers.
struct ConsentDesk: Sendable {
    private let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let pages: ConsentPages
    private let journal: ConsentJournal
    private let housekeeping = Housekeeping()
    private let codes: CodeMaker

    init(
        _ setup: ConsentSetup, store: any ConsentApplication.Store, pages: ConsentPages,
        journal: ConsentJournal
    ) {
        self.setup = setup
        self.store = store
        self.pages = pages
        self.journal = journal
        codes = CodeMaker(store)
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
            journal.authorizationRefused(error, partner: query.single("client_id"), call.assertion)
            return redirect(to: back.refused(error, issuer: setup.issuer))
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
            return begin(pushed.request, answering: hash, partner, call, session)
        } catch {
            return failed(error, call)
        }
    }

    private func begin(
        _ request: AuthorizationRequest, answering pushed: [UInt8]? = nil, _ partner: Partner, _ call: Call,
        _ session: CustomerSession
    ) -> WebResponse {
        let flow = ConsentFlow(
            id: FlowID(SecureRandom.token(byteCount: 16)), session: session.evidence.session,
            customer: session.customer, request: request, plan: .shortest,
            period: ConsentPeriod(startingAt: call.now, days: partner.consentDays),
            formToken: SecureRandom.token(), at: call.now)
        do throws(ConsentStoreFault) {
            try housekeeping.sweep(store, at: call.now)
            if let pushed {
                guard try store.begin(flow, answering: pushed) else { return notice(.requestURI, call) }
            } else {
                try store.begin(flow)
            }
        } catch {
            return failed(error, call)
        }
        journal.flowBegan(flow, call.assertion)
        return redirect(to: "/consent?flow=\(flow.id.text)")
    }

    // MARK: GET and POST /consent

    func show(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let id = (try? QueryParameters(parsing: call.request.head.query))?.single("flow") else {
            return notice(.otherSession, call)
        }
        return receive(.view, FlowID(id), call, session)
    }

    func take(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let form = call.form.map(Parameters.init), let id = form["flow"], let token = form["token"]
        else {
            return notice(.malformed, call)
        }
        let answer: FlowAnswer
        switch form["decision"] {
        case "allow": answer = .allow(isConfirmed: form["agree"] == "yes")
        case "deny": answer = .deny
        default: return notice(.malformed, call)
        }
        return receive(.answer(answer, formToken: token), FlowID(id), call, session)
    }

    /// Loads the flow, gives it the event, and stores it with what follows from it. When another event
    /// was stored meanwhile, begins again with the flow as it then is.
    private func receive(
        _ event: FlowEvent, _ id: FlowID, _ call: Call, _ session: CustomerSession
    ) -> WebResponse {
        do throws(ConsentStoreFault) {
            for _ in 0..<Self.attemptsMax {
                guard var flow = try store.flow(id) else { return notice(.otherSession, call) }
                let revision = flow.revision
                let lifetimes = setup.partners[flow.request.partner]?.lifetimes ?? setup.lifetimes
                let action = flow.receive(
                    event, from: session.actor, at: call.now, lifetimes: lifetimes,
                    nextFormToken: SecureRandom.token())
                let response = try perform(action, flow, replacing: revision, call, session)
                if let response { return response }
            }
            throw ConsentStoreFault("the flow kept changing")
        } catch {
            return failed(error, call)
        }
    }

    /// Nil when the flow has changed in the store meanwhile.
    private func perform(
        _ action: FlowAction, _ flow: ConsentFlow, replacing revision: Int, _ call: Call,
        _ session: CustomerSession
    ) throws(ConsentStoreFault) -> WebResponse? {
        guard let partner = setup.partners[flow.request.partner] else { return notice(.unknownPartner, call) }
        let back = ReturnAddress(redirectURI: flow.request.redirectURI, state: flow.request.state)
        let denied = AuthorizationError(.accessDenied)
        switch action {
        case .show(let step, let problem):
            guard try store.save(flow, replacing: revision) else { return nil }
            return pages.step(step, of: flow, for: partner, problem: problem)
        case .grant:
            let code = try codes.code(for: flow)
            guard try conclude(flow, replacing: revision, code, partner, call, session) else { return nil }
            return redirect(to: back.granted(code: code, issuer: setup.issuer))
        case .grantAgain:
            return redirect(to: back.granted(code: try codes.code(for: flow), issuer: setup.issuer))
        case .deny:
            guard try store.save(flow, replacing: revision) else { return nil }
            journal.denied(flow, call.assertion)
            return redirect(to: back.refused(denied, issuer: setup.issuer))
        case .denyAgain:
            return redirect(to: back.refused(denied, issuer: setup.issuer))
        case .refuse(.otherSession):
            return notice(.otherSession, call)
        case .refuse(.ended(let end)):
            // An expiry is noticed here for the first time and kept; every other end is stored already.
            if flow.revision != revision, try !store.save(flow, replacing: revision) { return nil }
            return notice(Self.message(end), call)
        }
    }

    private func conclude(
        _ flow: ConsentFlow, replacing revision: Int, _ code: String, _ partner: Partner, _ call: Call,
        _ session: CustomerSession
    ) throws(ConsentStoreFault) -> Bool {
        let grant = Grant(
            id: GrantID(SecureRandom.token(byteCount: 16)), customer: flow.customer,
            partner: flow.request.partner, scopes: flow.request.scopes, period: flow.period,
            grantedAt: call.now, evidence: session.evidence)
        let stored = AuthorizationCode(
            hash: SHA256Digest(of: Array(code.utf8)).bytes, request: flow.request, grant: grant.id,
            at: call.now,
            lifetimes: partner.lifetimes)
        guard try store.conclude(flow, replacing: revision, grant: grant, code: stored) else { return false }
        journal.granted(grant, flow, call.assertion)
        return true
    }

    // MARK: Parts

    private func redirect(to address: String) -> WebResponse {
        var response = WebResponse.redirect(to: address).unstored
        response.headers.set("Referrer-Policy", "no-referrer")
        return response
    }

    private func notice(_ message: ConsentMessage, _ call: Call) -> WebResponse {
        let code = SupportCode()
        journal.noticeShown(message, code, call.assertion, call.request.head.path)
        return pages.notice(message, code)
    }

    private func failed(_ fault: ConsentStoreFault, _ call: Call) -> WebResponse {
        let code = SupportCode()
        journal.storeFailed(fault, code)
        return pages.notice(.outOfOrder, code)
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
}

/// Removes what nobody will ask for any more, when a flow begins and at most once a minute.
final class Housekeeping: Sendable {
    private let sweptAt = Mutex<WallTime?>(nil)

    func sweep(_ store: any FlowRepository, at now: WallTime) throws(ConsentStoreFault) {
        let isDue = sweptAt.withLock { sweptAt in
            if let last = sweptAt, now >= last, now < last.adding(seconds: 60) { return false }
            sweptAt = now
            return true
        }
        guard isDue else { return }
        try store.removeRemains(before: now.adding(seconds: -Self.keptSeconds), countMax: Self.countMax)
    }

    /// A code that was spent is known as spent for a day; a late page says what became of its flow.
    private static let keptSeconds: Int64 = 86_400
    private static let countMax = 10_000
}
