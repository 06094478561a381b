public import Text

/// Names a flow in addresses and in the store. Knowing it is not enough to act in it.
public struct FlowID: Sendable, Hashable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

/// One customer's way through the screens of API連携認証（利用登録）, from the partner's request to 許可 or 拒否.
///
/// The order of the steps is held here and nowhere else. A value is loaded, given one event, and stored
/// again under its next `revision`; of two that were given an event at once, only one can be stored
/// (``FlowRepository``).
public struct ConsentFlow: Sendable, Hashable {
    public let id: FlowID
    /// Public id of the gateway's session the flow began in; no other session may act in it.
    public let session: String
    public let customer: String
    public let request: AuthorizationRequest
    public let plan: FlowPlan
    /// How long 許可 would be good, as the customer reads it from the first screen to the last.
    public let period: ConsentPeriod
    /// Which of the customer's 追加認証 questions is asked, and kept however often the answer is wrong.
    public let question: Int?
    public let startedAt: WallTime
    /// All that changes.
    public private(set) var progress: FlowProgress

    /// A flow that waits at the first step of its plan. `scopes` are those that are offered.
    public init(
        id: FlowID, session: String, customer: String, request: AuthorizationRequest, plan: FlowPlan,
        scopes: Scopes, question: Int? = nil, period: ConsentPeriod, formToken: String, at now: WallTime
    ) {
        self.init(
            id: id, session: session, customer: customer, request: request, plan: plan, period: period,
            question: question, startedAt: now,
            progress: FlowProgress(
                state: .waiting(plan.first), lastSeenAt: now, scopes: scopes, formToken: formToken))
    }

    /// A flow as the store kept it.
    public init(
        id: FlowID, session: String, customer: String, request: AuthorizationRequest, plan: FlowPlan,
        period: ConsentPeriod, question: Int?, startedAt: WallTime, progress: FlowProgress
    ) {
        self.id = id
        self.session = session
        self.customer = customer
        self.request = request
        self.plan = plan
        self.period = period
        self.question = question
        self.startedAt = startedAt
        self.progress = progress
    }

    public var state: FlowState { progress.state }
    public var formToken: String { progress.formToken }
    public var revision: Int { progress.revision }

    /// Whether a form with this token would be taken at `step`: for those who must do costly work to judge
    /// what it says, and count it.
    public func awaits(
        _ step: FlowStep, formToken: String, from actor: FlowActor, at now: WallTime, lifetimes: Lifetimes
    ) -> Bool {
        actor.session == session && actor.customer == customer && state == .waiting(step)
            && formToken == progress.formToken && !isOver(at: now, lifetimes)
    }

    /// Takes one event and says what to do. `nextFormToken` must be fresh; it is used if the event
    /// takes the form.
    public mutating func receive(
        _ event: FlowEvent, from actor: FlowActor, at now: WallTime, lifetimes: Lifetimes,
        nextFormToken: String
    ) -> FlowAction {
        guard actor.session == session, actor.customer == customer else { return .refuse(.otherSession) }
        switch state {
        case .ended(let end):
            return repetition(of: event, at: now, lifetimes) ?? .refuse(.ended(end))
        case .waiting(let step):
            if isOver(at: now, lifetimes) {
                progress.revision += 1
                progress.state = .ended(.expired)
                return .refuse(.ended(.expired))
            }
            // A page that is fetched right after the form before it has nothing to tell the store.
            if event == .view, now <= progress.lastSeenAt { return .show(step, progress.problem) }
            progress.revision += 1
            progress.lastSeenAt = now
            return take(event, at: step, nextFormToken: nextFormToken)
        }
    }

    /// The last form asked for something that is not possible now: nothing has come of it, and it can be sent
    /// again.
    public mutating func decline(_ problem: FlowProblem, at now: WallTime) {
        progress.revision += 1
        progress.lastSeenAt = now
        progress.problem = problem
    }

    private mutating func take(_ event: FlowEvent, at step: FlowStep, nextFormToken: String) -> FlowAction {
        guard case .answer(let answer, let token) = event else { return .show(step, progress.problem) }
        // A button pressed twice: the first form did it all.
        if token == progress.spentFormToken { return .resume }
        // An old form, of another tab or the back button, does nothing but show where we are. Neither does
        // one that was made up for another step.
        let isCurrent = token == formToken && answer.belongs(to: step)
        if let problem = isCurrent ? problem(with: answer) : .staleForm {
            progress.problem = problem
            return .correct
        }
        progress.problem = nil
        progress.spentFormToken = formToken
        progress.formToken = nextFormToken
        return accept(answer, at: step)
    }

    /// A form that has to be corrected can be sent again as often as it takes; nothing has come of it.
    private func problem(with answer: FlowAnswer) -> FlowProblem? {
        switch answer {
        case .scopes(let chosen): chosen.intersection(progress.scopes).isEmpty ? .noScope : nil
        case .rejectPINs(let complaints): .pins(complaints)
        case .allow(isConfirmed: false): .notConfirmed
        default: nil
        }
    }

    private mutating func accept(_ answer: FlowAnswer, at step: FlowStep) -> FlowAction {
        switch answer {
        case .challenge(.wrong):
            progress.wrongAnswers += 1
            return .advance
        case .challenge(.wrongAndStopped):
            progress.wrongAnswers += 1
            return advance(to: .challengeStopped)
        case .challenge(.right), .confirmPINs:
            return advance(to: plan.step(after: step))
        case .scopes(let chosen):
            progress.scopes = chosen.intersection(progress.scopes)
            return advance(to: plan.step(after: step))
        case .registerPINs(let accounts):
            progress.registered += accounts.filter { !progress.registered.contains($0) }
            return advance(to: .pinResult)
        case .skipPINs:
            return advance(to: plan.step(after: .pinResult))
        case .registerMorePINs:
            return advance(to: .pins)
        case .allow:
            progress.state = .ended(.granted)
            return .grant
        case .deny:
            progress.state = .ended(.denied)
            return .deny
        case .rejectPINs:
            return .correct
        }
    }

    private mutating func advance(to step: FlowStep?) -> FlowAction {
        if let step { progress.state = .waiting(step) }
        return .advance
    }

    /// A button pressed twice sends the form twice, and the browser shows only the second answer; so for as
    /// long as a code lives that answer is the first one again.
    private func repetition(of event: FlowEvent, at now: WallTime, _ lifetimes: Lifetimes) -> FlowAction? {
        guard case .answer(let answer, let token) = event, token == progress.spentFormToken,
            now < progress.lastSeenAt.adding(seconds: Int64(lifetimes.codeSeconds))
        else { return nil }
        switch (state, answer) {
        case (.ended(.granted), .allow(isConfirmed: true)): return .grantAgain
        case (.ended(.denied), .deny): return .denyAgain
        default: return nil
        }
    }

    private func isOver(at now: WallTime, _ lifetimes: Lifetimes) -> Bool {
        now >= progress.lastSeenAt.adding(seconds: Int64(lifetimes.flowIdleSeconds))
            || now >= startedAt.adding(seconds: Int64(lifetimes.flowSeconds))
    }
}
