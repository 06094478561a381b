import Authorization
import Testing
import Text

@Suite struct ConsentFlowTests {
    // MARK: Every step and every event

    /// The answers there are, one of each kind, the rejected ones included.
    static let answers: [FlowAnswer] = [
        .challenge(.right), .challenge(.wrong), .challenge(.wrongAndStopped), .scopes(Scopes([.balance])),
        .scopes(Scopes([Scope]())), .registerPINs([account(1)]), .rejectPINs(PINComplaints()), .skipPINs,
        .confirmPINs, .registerMorePINs, .allow(isConfirmed: true), .allow(isConfirmed: false), .deny,
    ]

    /// What a step makes of an answer: the action and where the flow is then. Nil: not an answer of its page.
    static func expected(_ step: FlowStep, _ answer: FlowAnswer) -> (FlowAction, FlowState)? {
        switch (step, answer) {
        case (.challenge, .challenge(.right)): (.advance, .waiting(.scopes))
        case (.challenge, .challenge(.wrong)): (.advance, .waiting(.challenge))
        case (.challenge, .challenge(.wrongAndStopped)): (.advance, .waiting(.challengeStopped))
        case (.scopes, .scopes(let chosen)):
            chosen.isEmpty ? (.correct, .waiting(.scopes)) : (.advance, .waiting(.pins))
        case (.pins, .registerPINs): (.advance, .waiting(.pinResult))
        case (.pins, .rejectPINs): (.correct, .waiting(.pins))
        case (.pins, .skipPINs): (.advance, .waiting(.consent))
        case (.pinResult, .confirmPINs): (.advance, .waiting(.consent))
        case (.pinResult, .registerMorePINs): (.advance, .waiting(.pins))
        case (.consent, .allow(isConfirmed: true)): (.grant, .ended(.granted))
        case (.consent, .allow(isConfirmed: false)): (.correct, .waiting(.consent))
        case (.consent, .deny), (.notEnrolled, .deny), (.challengeStopped, .deny), (.noScope, .deny),
            (.noAccounts, .deny):
            (.deny, .ended(.denied))
        default: nil
        }
    }

    /// What the page says afterwards when the answer has to be corrected.
    static func problem(_ answer: FlowAnswer) -> FlowProblem? {
        switch answer {
        case .scopes(let chosen): chosen.isEmpty ? .noScope : nil
        case .rejectPINs(let complaints): .pins(complaints)
        case .allow(isConfirmed: false): .notConfirmed
        default: nil
        }
    }

    @Test(arguments: FlowStep.allCases, answers)
    func `each step takes the answers of its page and no others`(step: FlowStep, answer: FlowAnswer) throws {
        var flow = try flow(at: step)
        let action = receive(.answer(answer, formToken: "t0"), &flow)
        guard let (expectedAction, expectedState) = Self.expected(step, answer) else {
            #expect(action == .correct && flow.progress.problem == .staleForm)
            #expect(flow.state == .waiting(step))
            #expect(flow.formToken == "t0" && flow.progress.spentFormToken == nil)
            return
        }
        #expect(action == expectedAction)
        #expect(flow.state == expectedState)
        #expect(flow.revision == 1)
        // What has to be corrected can be sent again; what was taken cannot.
        let isTaken = action != .correct
        #expect(flow.progress.problem == Self.problem(answer))
        #expect(flow.formToken == (isTaken ? "t1" : "t0"))
        #expect(flow.progress.spentFormToken == (isTaken ? "t0" : nil))
    }

    @Test(arguments: FlowStep.allCases)
    func `each step shows its page and nothing else comes of it`(step: FlowStep) throws {
        var flow = try flow(at: step)
        #expect(receive(.view, &flow) == .show(step, nil))
        #expect(flow.state == .waiting(step) && flow.formToken == "t0")
    }

    @Test(arguments: FlowStep.allCases, answers)
    func `an old form shows the step again and does nothing`(step: FlowStep, answer: FlowAnswer) throws {
        for token in ["", "old", "t0 "] {
            var flow = try flow(at: step)
            #expect(receive(.answer(answer, formToken: token), &flow) == .correct)
            #expect(flow.state == .waiting(step) && flow.formToken == "t0")
            #expect(receive(.view, &flow) == .show(step, .staleForm))
        }
    }

    @Test func `a page says what was wrong with the last form, reloaded or not, until one is taken`() throws {
        var flow = try flow(at: .scopes)
        let nothing = FlowAnswer.scopes(Scopes([Scope]()))
        #expect(receive(.answer(nothing, formToken: "t0"), &flow) == .correct)
        for second: Int64 in [1, 1, 2, 30] {
            #expect(receive(.view, &flow, after: second) == .show(.scopes, .noScope))
        }
        #expect(receive(.answer(.scopes(Scopes([.balance])), formToken: "old"), &flow) == .correct)
        #expect(receive(.view, &flow) == .show(.scopes, .staleForm))
        #expect(receive(.answer(.scopes(Scopes([.balance])), formToken: "t0"), &flow) == .advance)
        #expect(receive(.view, &flow) == .show(.pins, nil))
    }

    @Test func `a page fetched within the second of its form has nothing to store`() throws {
        var flow = try flow(at: .scopes)
        _ = receive(.answer(.scopes(Scopes([.balance])), formToken: "t0"), &flow, after: 5)
        let stored = flow
        for second: Int64 in [5, 4] {
            #expect(receive(.view, &flow, after: second) == .show(.pins, nil) && flow == stored)
        }
        #expect(receive(.view, &flow, after: 6) == .show(.pins, nil) && flow.revision == stored.revision + 1)
    }

    @Test func `what is declined can be sent again`() throws {
        var flow = try flow()
        flow.decline(.suspended, at: noon.adding(seconds: 1))
        #expect(flow.revision == 1 && receive(.view, &flow) == .show(.consent, .suspended))
        #expect(receive(.answer(.allow(isConfirmed: true), formToken: "t0"), &flow) == .grant)
        #expect(flow.progress.problem == nil)
    }

    @Test(arguments: FlowStep.allCases, answers)
    func `a form sent twice leads to the page the first one led to`(step: FlowStep, answer: FlowAnswer) throws
    {
        var flow = try flow(at: step)
        let event = FlowEvent.answer(answer, formToken: "t0")
        guard receive(event, &flow) == .advance else { return }
        var afterwards = flow
        #expect(receive(event, &afterwards, next: "t2") == .resume)
        #expect(afterwards.state == flow.state && afterwards.formToken == "t1")
        #expect(afterwards.progress.registered == flow.progress.registered)
        #expect(afterwards.progress.wrongAnswers == flow.progress.wrongAnswers)
    }

    // MARK: Who and when

    static let events = answers.map { FlowEvent.answer($0, formToken: "t0") } + [.view]
    static let strangers = [
        FlowActor(session: "S2", customer: "C1"), FlowActor(session: "S1", customer: "C2"),
    ]

    @Test(arguments: FlowStep.allCases, strangers)
    func `no other session or customer can act in a flow`(step: FlowStep, stranger: FlowActor) throws {
        for event in Self.events {
            var flow = try flow(at: step)
            #expect(receive(event, &flow, from: stranger) == .refuse(.otherSession))
            #expect(try flow == self.flow(at: step))
        }
    }

    @Test(arguments: FlowStep.allCases)
    func `ten idle minutes end a flow at any step`(step: FlowStep) throws {
        for event in Self.events {
            var flow = try flow(at: step)
            #expect(receive(event, &flow, after: 600) == .refuse(.ended(.expired)))
            #expect(flow.state == .ended(.expired))
            #expect(flow.revision == 1)
        }
    }

    @Test func `a page asked for keeps a flow alive for ten more minutes`() throws {
        var flow = try flow()
        #expect(receive(.view, &flow, after: 599) == .show(.consent, nil))
        #expect(receive(.view, &flow, after: 1198) == .show(.consent, nil))
        #expect(receive(.view, &flow, after: 1798) == .refuse(.ended(.expired)))
    }

    @Test(arguments: events)
    func `half an hour ends a flow however busy`(event: FlowEvent) throws {
        var flow = try flow()
        for second: Int64 in [500, 1000, 1500, 1799] {
            #expect(receive(.view, &flow, after: second) == .show(.consent, nil))
        }
        #expect(receive(event, &flow, after: 1800) == .refuse(.ended(.expired)))
    }

    @Test(arguments: events, [FlowEnd.expired, .superseded])
    func `an expired or superseded flow takes nothing`(event: FlowEvent, end: FlowEnd) throws {
        var flow = try flow(in: .ended(end))
        let before = flow
        #expect(receive(event, &flow) == .refuse(.ended(end)))
        #expect(flow == before)
    }

    // MARK: 追加認証

    @Test func `work is done for an answer only where it would be taken`() throws {
        let flow = try flow(at: .challenge)
        func awaits(
            _ flow: ConsentFlow, _ token: String = "t0", actor: FlowActor? = nil, after seconds: Int64 = 1
        ) -> Bool {
            flow.awaits(
                .challenge, formToken: token, from: actor ?? self.actor, at: noon.adding(seconds: seconds),
                lifetimes: Lifetimes())
        }
        #expect(awaits(flow))
        #expect(!awaits(flow, "old"))
        #expect(!awaits(flow, after: 600))
        for stranger in Self.strangers { #expect(!awaits(flow, actor: stranger)) }
        for step in FlowStep.allCases where step != .challenge { #expect(!awaits(try self.flow(at: step))) }
    }

    @Test func `the question stays the same and wrong answers are counted`() throws {
        var flow = try flow(at: .challenge)
        _ = receive(.answer(.challenge(.wrong), formToken: "t0"), &flow)
        _ = receive(.answer(.challenge(.wrong), formToken: "t1"), &flow, next: "t2")
        #expect(flow.progress.wrongAnswers == 2 && flow.question == 1)
    }

    // MARK: 認可業務選択

    @Test func `what is not offered cannot be chosen, and what is not chosen is dropped`() throws {
        var flow = try flow(at: .scopes)
        #expect(
            receive(.answer(.scopes(Scopes([.transfers])), formToken: "t0"), &flow) == .correct)
        #expect(flow.progress.problem == .noScope)
        #expect(
            receive(.answer(.scopes(Scopes([.balance, .transfers])), formToken: "t0"), &flow) == .advance)
        #expect(flow.progress.scopes == Scopes([.balance]))
    }

    // MARK: 照会用暗証番号

    @Test func `the loop of 登録 and 追加登録 remembers what was registered`() throws {
        var flow = try flow(at: .pins)
        _ = receive(.answer(.registerPINs([account(1)]), formToken: "t0"), &flow)
        _ = receive(.answer(.registerMorePINs, formToken: "t1"), &flow, next: "t2")
        _ = receive(.answer(.registerPINs([account(2), account(1)]), formToken: "t2"), &flow, next: "t3")
        #expect(flow.progress.registered == [account(1), account(2)])
        #expect(receive(.answer(.confirmPINs, formToken: "t3"), &flow) == .advance)
        #expect(flow.state == .waiting(.consent))
    }

    // MARK: 情報アクセス許可

    private func allow(_ token: String, ticked: Bool = true) -> FlowEvent {
        .answer(.allow(isConfirmed: ticked), formToken: token)
    }

    @Test func `without the tick 許可 stays, and the same form can be sent with it`() throws {
        var flow = try flow()
        #expect(receive(allow("t0", ticked: false), &flow) == .correct)
        #expect(receive(allow("t0"), &flow) == .grant)
    }

    @Test func `許可 pressed twice grants once and answers alike for a minute`() throws {
        var flow = try flow()
        #expect(receive(allow("t0"), &flow, after: 1) == .grant)
        let granted = flow
        #expect(receive(allow("t0"), &flow, after: 60) == .grantAgain)
        #expect(receive(allow("t0"), &flow, after: 61) == .refuse(.ended(.granted)))
        for event in Self.events where event != allow("t0") {
            #expect(receive(event, &flow, after: 2) == .refuse(.ended(.granted)))
        }
        #expect(receive(allow("t1"), &flow, after: 2) == .refuse(.ended(.granted)))
        #expect(flow == granted)
    }

    @Test func `拒否 pressed twice denies once and answers alike for a minute`() throws {
        var flow = try flow()
        #expect(receive(.answer(.deny, formToken: "t0"), &flow) == .deny)
        #expect(receive(.answer(.deny, formToken: "t0"), &flow, after: 60) == .denyAgain)
        for event in Self.events where event != .answer(.deny, formToken: "t0") {
            #expect(receive(event, &flow, after: 2) == .refuse(.ended(.denied)))
        }
        #expect(receive(.answer(.deny, formToken: "t0"), &flow, after: 61) == .refuse(.ended(.denied)))
    }

    // MARK: Parts

    private let actor = FlowActor(session: "S1", customer: "C1")

    /// A flow of the plan that leads to `step`.
    private func flow(at step: FlowStep = .consent) throws -> ConsentFlow { try flow(in: .waiting(step)) }

    private func flow(in state: FlowState) throws -> ConsentFlow {
        let request = AuthorizationRequest(
            partner: "sample", redirectURI: "https://p.example/cb", state: "x",
            scopes: Scopes([.balance, .movements]), challenge: try #require(CodeChallenge(challengeText)))
        return ConsentFlow(
            id: FlowID("f"), session: "S1", customer: "C1", request: request,
            plan: try #require(FlowPlan([.challenge, .scopes, .pins, .pinResult, .consent])),
            period: ConsentPeriod(startingAt: noon, days: 365), question: 1, startedAt: noon,
            progress: FlowProgress(
                state: state, lastSeenAt: noon, scopes: Scopes([.balance, .movements]), formToken: "t0"))
    }

    private func receive(
        _ event: FlowEvent, _ flow: inout ConsentFlow, after seconds: Int64 = 1, from actor: FlowActor? = nil,
        next: String = "t1"
    ) -> FlowAction {
        flow.receive(
            event, from: actor ?? self.actor, at: noon.adding(seconds: seconds), lifetimes: Lifetimes(),
            nextFormToken: next)
    }
}

/// A 普通 account at branch 001.
func account(_ number: Int) -> AccountKey {
    let digits = String(number)
    let key = AccountKey(
        branch: "001", kind: .ordinary, number: String(repeating: "0", count: 7 - digits.count) + digits)
    guard let key else { preconditionFailure("\(number) has more than seven digits") }
    return key
}
