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
    /// What 許可 would allow, as the customer reads it from the first screen to the last.
    public let period: ConsentPeriod
    public let startedAt: WallTime
    public private(set) var lastSeenAt: WallTime
    public private(set) var state: FlowState
    /// What the next form must carry; good for one accepted form.
    public private(set) var formToken: String
    /// What the last accepted form carried.
    public private(set) var spentFormToken: String?
    public private(set) var revision: Int

    /// A flow that waits at the first step of its plan.
    public init(
        id: FlowID, session: String, customer: String, request: AuthorizationRequest, plan: FlowPlan,
        period: ConsentPeriod, formToken: String, at now: WallTime
    ) {
        self.init(
            id: id, session: session, customer: customer, request: request, plan: plan, period: period,
            startedAt: now,
            lastSeenAt: now, state: .waiting(plan.first), formToken: formToken, spentFormToken: nil,
            revision: 0)
    }

    /// A flow as the store kept it.
    public init(
        id: FlowID, session: String, customer: String, request: AuthorizationRequest, plan: FlowPlan,
        period: ConsentPeriod, startedAt: WallTime, lastSeenAt: WallTime, state: FlowState, formToken: String,
        spentFormToken: String?, revision: Int
    ) {
        self.id = id
        self.session = session
        self.customer = customer
        self.request = request
        self.plan = plan
        self.period = period
        self.startedAt = startedAt
        self.lastSeenAt = lastSeenAt
        self.state = state
        self.formToken = formToken
        self.spentFormToken = spentFormToken
        self.revision = revision
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
            revision += 1
            if isOver(at: now, lifetimes) {
                state = .ended(.expired)
                return .refuse(.ended(.expired))
            }
            lastSeenAt = now
            return take(event, at: step, nextFormToken: nextFormToken)
        }
    }

    private mutating func take(_ event: FlowEvent, at step: FlowStep, nextFormToken: String) -> FlowAction {
        guard case .answer(let answer, let token) = event else { return .show(step, nil) }
        // An old form, of another tab or the back button, does nothing but show where we are.
        guard token == formToken else { return .show(step, .staleForm) }
        spentFormToken = formToken
        formToken = nextFormToken
        switch (step, answer) {
        case (_, .deny):
            state = .ended(.denied)
            return .deny
        case (.consent, .allow(isConfirmed: false)):
            return .show(step, .notConfirmed)
        case (.consent, .allow(isConfirmed: true)):
            state = .ended(.granted)
            return .grant
        }
    }

    /// A button pressed twice sends the form twice, and the browser shows only the second answer; so for as
    /// long as a code lives that answer is the first one again.
    private func repetition(of event: FlowEvent, at now: WallTime, _ lifetimes: Lifetimes) -> FlowAction? {
        guard case .answer(let answer, let token) = event, token == spentFormToken,
            now < lastSeenAt.adding(seconds: Int64(lifetimes.codeSeconds))
        else { return nil }
        switch (state, answer) {
        case (.ended(.granted), .allow(isConfirmed: true)): return .grantAgain
        case (.ended(.denied), .deny): return .denyAgain
        default: return nil
        }
    }

    private func isOver(at now: WallTime, _ lifetimes: Lifetimes) -> Bool {
        now >= lastSeenAt.adding(seconds: Int64(lifetimes.flowIdleSeconds))
            || now >= startedAt.adding(seconds: Int64(lifetimes.flowSeconds))
    }
}

/// Where a flow is.
public enum FlowState: Sendable, Hashable {
    case waiting(FlowStep)
    case ended(FlowEnd)
}

/// How a flow ended.
public enum FlowEnd: String, Sendable, Hashable, CaseIterable {
    case granted, denied, expired
    /// The customer has begun another one.
    case superseded
}

/// Who sends an event, as the gateway's assertion says.
public struct FlowActor: Sendable, Hashable {
    public let session: String
    public let customer: String

    public init(session: String, customer: String) {
        self.session = session
        self.customer = customer
    }
}

public enum FlowEvent: Sendable, Hashable {
    /// The page is asked for.
    case view
    /// A form comes back with its token.
    case answer(FlowAnswer, formToken: String)
}

/// What a form says.
public enum FlowAnswer: Sendable, Hashable {
    /// 許可; confirmed when 認可手続きを継続する is ticked.
    case allow(isConfirmed: Bool)
    /// 拒否
    case deny
}

/// What to do after an event.
public enum FlowAction: Sendable, Hashable {
    case show(FlowStep, FlowProblem?)
    /// Record grant and code together with this flow, then send the browser back.
    case grant
    /// Nothing to record; send the browser back with the same code.
    case grantAgain
    /// Record it, then send the browser back with `access_denied`.
    case deny
    /// Nothing to record; send the browser back with `access_denied`.
    case denyAgain
    case refuse(FlowRefusal)
}

/// What is wrong with the form that the page is shown again for.
public enum FlowProblem: Sendable, Hashable {
    /// 認可手続きを継続する is not ticked.
    case notConfirmed
    /// The form was an old one.
    case staleForm
}

/// Why a flow cannot go on.
public enum FlowRefusal: Sendable, Hashable {
    case otherSession
    case ended(FlowEnd)
}
