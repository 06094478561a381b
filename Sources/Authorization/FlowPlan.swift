/// A screen of the flow that waits for the customer, in the order of the source document.
///
/// A further step is a case here, its condition in ``FlowPlan/init(for:)``, its answer in ``FlowAnswer`` and
/// its page.
public enum FlowStep: String, Sendable, Hashable, CaseIterable {
    /// 追加認証
    case challenge
    /// 認可業務選択
    case scopes
    /// 照会用暗証番号登録
    case pins
    /// 照会用暗証番号登録結果
    case pinResult
    /// 情報アクセス許可
    case consent
    // Where it cannot go on: only the way back to the partner is left.
    /// 追加認証 is asked for, but the customer has set up no questions.
    case notEnrolled
    /// 追加認証利用停止: too many wrong answers.
    case challengeStopped
    /// The customer may use none of the 業務 that are asked for.
    case noScope
    /// The customer has no 照会用口座.
    case noAccounts

    /// Whether nothing but going back to the partner is possible.
    public var isDeadEnd: Bool {
        switch self {
        case .challenge, .scopes, .pins, .pinResult, .consent: false
        case .notEnrolled, .challengeStopped, .noScope, .noAccounts: true
        }
    }
}

/// The steps that one customer goes through for one partner, in order; decided when the flow begins, then
/// kept.
public struct FlowPlan: Sendable, Hashable {
    public let steps: [FlowStep]

    /// Nil unless the steps are in their order, the last and no other is 情報アクセス許可 or a dead end, and
    /// 照会用暗証番号登録 has its 結果.
    public init?(_ steps: [FlowStep]) {
        let order = steps.compactMap(FlowStep.allCases.firstIndex(of:))
        let ends = steps.filter { $0 == .consent || $0.isDeadEnd }
        guard let last = steps.last, ends == [last], zip(order, order.dropFirst()).allSatisfy({ $0 < $1 }),
            steps.contains(.pins) == steps.contains(.pinResult)
        else { return nil }
        self.steps = steps
    }

    /// The skip rules.
    public init(for situation: FlowSituation) {
        steps =
            if situation.isChallengeStopped {
                [.challengeStopped]
            } else if situation.isChallengeDue && !situation.isEnrolled {
                [.notEnrolled]
            } else if situation.scopes.isEmpty {
                Self.challenge(situation) + [.noScope]
            } else if situation.pins.isEmpty {
                Self.challenge(situation) + [.noAccounts]
            } else {
                Self.challenge(situation) + (situation.choosesScopes ? [.scopes] : [])
                    + (situation.pins.contains(.unregistered) ? [.pins, .pinResult] : []) + [.consent]
            }
    }

    var first: FlowStep { steps[0] }

    /// Where a step leads when it is done; a dead end and 情報アクセス許可 lead nowhere.
    func step(after step: FlowStep) -> FlowStep? {
        steps.firstIndex(of: step).flatMap { steps.indices.contains($0 + 1) ? steps[$0 + 1] : nil }
    }

    private static func challenge(_ situation: FlowSituation) -> [FlowStep] {
        situation.isChallengeDue ? [.challenge] : []
    }
}

/// What is known of customer and partner when a flow begins.
public struct FlowSituation: Sendable, Hashable {
    /// Whether the risk rules ask for 追加認証.
    public var isChallengeDue: Bool
    /// Whether the customer has set up questions for it.
    public var isEnrolled: Bool
    /// 追加認証利用停止
    public var isChallengeStopped: Bool
    /// Whether the partner's customers choose the 業務.
    public var choosesScopes: Bool
    /// Asked for, allowed to the partner, and permitted to the customer.
    public var scopes: Scopes
    /// Of each 照会用口座. `登録済み*` counts as registered; one that is 未登録 is enough for the page.
    public var pins: [PINStatus]

    public init(
        isChallengeDue: Bool, isEnrolled: Bool, isChallengeStopped: Bool, choosesScopes: Bool,
        scopes: Scopes, pins: [PINStatus]
    ) {
        self.isChallengeDue = isChallengeDue
        self.isEnrolled = isEnrolled
        self.isChallengeStopped = isChallengeStopped
        self.choosesScopes = choosesScopes
        self.scopes = scopes
        self.pins = pins
    }
}
