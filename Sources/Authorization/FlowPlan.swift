/// A screen of the flow that waits for the customer.
///
/// A further step is a case here, its place in ``FlowPlan``, its answer in ``FlowEvent`` and its page.
public enum FlowStep: String, Sendable, Hashable, CaseIterable {
    /// 情報アクセス許可
    case consent
}

/// The steps that one customer goes through for one partner, in order; decided when the flow begins, then
/// kept.
public struct FlowPlan: Sendable, Hashable {
    public let steps: [FlowStep]

    /// Nil unless the plan ends with 情報アクセス許可 and holds no step twice.
    public init?(_ steps: [FlowStep]) {
        guard steps.last == .consent, Set(steps).count == steps.count else { return nil }
        self.steps = steps
    }

    private init(consentAfter steps: [FlowStep]) {
        self.steps = steps + [.consent]
    }

    /// Nothing but 情報アクセス許可.
    public static let shortest = FlowPlan(consentAfter: [])

    var first: FlowStep { steps[0] }

    func step(after step: FlowStep) -> FlowStep? {
        steps.firstIndex(of: step).flatMap { steps.indices.contains($0 + 1) ? steps[$0 + 1] : nil }
    }
}
