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

/// What a form says, once its content has been judged.
public enum FlowAnswer: Sendable, Hashable {
    /// 認証
    case challenge(ChallengeVerdict)
    /// 次へ, with the 業務 that are ticked.
    case scopes(Scopes)
    /// 登録, with PINs that look right.
    case registerPINs([AccountKey])
    /// 登録, with something to be corrected.
    case rejectPINs(PINComplaints)
    /// 登録せずに次へ
    case skipPINs
    /// 確認
    case confirmPINs
    /// 照会用暗証番号の追加登録
    case registerMorePINs
    /// 許可; confirmed when 認可手続きを継続する is ticked.
    case allow(isConfirmed: Bool)
    /// 拒否, or the way back from a dead end.
    case deny

    /// Whether the page of `step` has a button for it.
    func belongs(to step: FlowStep) -> Bool {
        switch self {
        case .challenge: step == .challenge
        case .scopes: step == .scopes
        case .registerPINs, .rejectPINs, .skipPINs: step == .pins
        case .confirmPINs, .registerMorePINs: step == .pinResult
        case .allow: step == .consent
        case .deny: step == .consent || step.isDeadEnd
        }
    }
}

/// What became of an answer to a 追加認証 question.
public enum ChallengeVerdict: Sendable, Hashable {
    case right
    case wrong
    /// Wrong, and the last one the customer had.
    case wrongAndStopped
}

/// What to do after an event.
public enum FlowAction: Sendable, Hashable {
    case show(FlowStep, FlowProblem?)
    /// Nothing has come of the form. Record what is wrong with it together with this flow, then lead the
    /// browser to its page, which says so.
    case correct
    /// Record what the answer brought together with this flow, then lead the browser to its page.
    case advance
    /// The form came twice: nothing to record, lead the browser to the flow's page.
    case resume
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

/// What is wrong with the form that came last.
public enum FlowProblem: Sendable, Hashable {
    /// No 業務 is ticked.
    case noScope
    /// Accounts or PINs are to be corrected.
    case pins(PINComplaints)
    /// 認可手続きを継続する is not ticked.
    case notConfirmed
    /// The form was an old one.
    case staleForm
    /// The customer may allow nothing for now.
    case suspended
}

/// Why a flow cannot go on.
public enum FlowRefusal: Sendable, Hashable {
    case otherSession
    case ended(FlowEnd)
}
