public import Text

/// What changes in a flow's life.
public struct FlowProgress: Sendable, Hashable {
    public var state: FlowState
    public var lastSeenAt: WallTime
    /// What 許可 would allow: all that is offered, until the customer chooses.
    public var scopes: Scopes
    /// Wrong answers to the 追加認証 question in this flow.
    public var wrongAnswers: Int
    /// The accounts whose PIN was registered in this flow.
    public var registered: [AccountKey]
    /// What the next form must carry; good for one accepted form.
    public var formToken: String
    /// What the last accepted form carried.
    public var spentFormToken: String?
    /// What is wrong with the form that came last; its page says so until one is taken.
    public var problem: FlowProblem?
    public var revision: Int

    public init(
        state: FlowState, lastSeenAt: WallTime, scopes: Scopes, wrongAnswers: Int = 0,
        registered: [AccountKey] = [], formToken: String, spentFormToken: String? = nil,
        problem: FlowProblem? = nil, revision: Int = 0
    ) {
        self.state = state
        self.lastSeenAt = lastSeenAt
        self.scopes = scopes
        self.wrongAnswers = wrongAnswers
        self.registered = registered
        self.formToken = formToken
        self.spentFormToken = spentFormToken
        self.problem = problem
        self.revision = revision
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
