import Authorization
import Testing

/// The skip rules of the source document.
@Suite struct FlowPlanTests {
    private static let everything = FlowSituation(
        isChallengeDue: true, isEnrolled: true, isChallengeStopped: false, choosesScopes: true,
        scopes: Scopes([.balance]), pins: [.registered, .unregistered])

    private func steps(_ change: (inout FlowSituation) -> Void) -> [FlowStep] {
        var situation = Self.everything
        change(&situation)
        let plan = FlowPlan(for: situation)
        #expect(FlowPlan(plan.steps) == plan)
        return plan.steps
    }

    @Test func `every step is shown when each has a reason`() {
        #expect(steps { _ in } == [.challenge, .scopes, .pins, .pinResult, .consent])
    }

    @Test func `追加認証 is skipped when no rule asks for it, enrolled or not`() {
        for isEnrolled in [true, false] {
            let steps = steps {
                $0.isChallengeDue = false
                $0.isEnrolled = isEnrolled
            }
            #expect(steps == [.scopes, .pins, .pinResult, .consent])
        }
    }

    @Test func `認可業務選択 is skipped where the partner's 業務 are fixed`() {
        #expect(steps { $0.choosesScopes = false } == [.challenge, .pins, .pinResult, .consent])
    }

    @Test(arguments: [[.registered], [.pending], [.pending, .registered]] as [[PINStatus]])
    func `登録 and 結果 are skipped when every account is registered, the starred ones included`(
        pins: [PINStatus]
    ) {
        #expect(steps { $0.pins = pins } == [.challenge, .scopes, .consent])
    }

    @Test(arguments: PINStatus.allCases)
    func `one account that is 未登録 is enough for 登録`(other: PINStatus) {
        #expect(steps { $0.pins = [other, .unregistered] }.contains(.pins))
    }

    @Test func `a customer without questions cannot go on when one is asked for`() {
        #expect(steps { $0.isEnrolled = false } == [.notEnrolled])
    }

    @Test func `追加認証利用停止 holds even where no question would be asked`() {
        for isDue in [true, false] {
            let steps = steps {
                $0.isChallengeStopped = true
                $0.isChallengeDue = isDue
            }
            #expect(steps == [.challengeStopped])
        }
    }

    @Test func `what is missing is told only to who has answered the question`() {
        #expect(steps { $0.scopes = Scopes([Scope]()) } == [.challenge, .noScope])
        #expect(steps { $0.pins = [] } == [.challenge, .noAccounts])
        let unasked = steps {
            $0.pins = []
            $0.isChallengeDue = false
        }
        #expect(unasked == [.noAccounts])
    }

    @Test(
        arguments: [
            [], [.consent, .consent], [.scopes], [.scopes, .challenge, .consent], [.pins, .consent],
            [.pinResult, .consent], [.consent, .noAccounts], [.noAccounts, .consent],
            [.notEnrolled, .noScope],
            [.scopes, .scopes, .consent], [.challenge, .pins, .pinResult],
        ] as [[FlowStep]])
    func `a plan out of order is none`(steps: [FlowStep]) {
        #expect(FlowPlan(steps) == nil)
    }
}
