import Authorization
import Testing
import Text

@Suite struct ConsentFlowTests {
    private let actor = FlowActor(session: "S1", customer: "C1")

    private func flow() throws -> ConsentFlow {
        let request = AuthorizationRequest(
            partner: "sample", redirectURI: "https://p.example/cb", state: "x", scopes: Scopes([.balance]),
            challenge: try #require(CodeChallenge(challengeText)))
        return ConsentFlow(
            id: FlowID("f"), session: "S1", customer: "C1", request: request, plan: .shortest,
            period: ConsentPeriod(startingAt: noon, days: 365), formToken: "t0", at: noon)
    }

    private func receive(
        _ event: FlowEvent, _ flow: inout ConsentFlow, after seconds: Int64 = 1, from actor: FlowActor? = nil
    ) -> FlowAction {
        flow.receive(
            event, from: actor ?? self.actor, at: noon.adding(seconds: seconds), lifetimes: Lifetimes(),
            nextFormToken: "t1")
    }

    private func allow(_ token: String, ticked: Bool = true) -> FlowEvent {
        .answer(.allow(isConfirmed: ticked), formToken: token)
    }

    private static let events: [FlowEvent] = [
        .view, .answer(.allow(isConfirmed: true), formToken: "t0"),
        .answer(.allow(isConfirmed: false), formToken: "t0"), .answer(.deny, formToken: "t0"),
    ]

    @Test(
        arguments: events,
        [FlowActor(session: "S2", customer: "C1"), FlowActor(session: "S1", customer: "C2")])
    func `no other session or customer can act in a flow`(event: FlowEvent, stranger: FlowActor) throws {
        var flow = try flow()
        #expect(receive(event, &flow, from: stranger) == .refuse(.otherSession))
        #expect(try flow == self.flow())
    }

    @Test(arguments: events)
    func `ten idle minutes end a flow`(event: FlowEvent) throws {
        var flow = try flow()
        #expect(receive(event, &flow, after: 600) == .refuse(.ended(.expired)))
        #expect(flow.state == .ended(.expired))
        #expect(flow.revision == 1)
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

    @Test(arguments: [true, false])
    func `an old form shows the step again and does nothing`(ticked: Bool) throws {
        var flow = try flow()
        #expect(receive(allow("old", ticked: ticked), &flow) == .show(.consent, .staleForm))
        #expect(receive(.answer(.deny, formToken: ""), &flow) == .show(.consent, .staleForm))
        #expect(flow.state == .waiting(.consent))
        #expect(flow.formToken == "t0")
    }

    @Test func `without the tick 許可 stays, and its form is spent`() throws {
        var flow = try flow()
        #expect(receive(allow("t0", ticked: false), &flow) == .show(.consent, .notConfirmed))
        #expect(flow.formToken == "t1")
        #expect(receive(allow("t0"), &flow) == .show(.consent, .staleForm))
        #expect(receive(allow("t1"), &flow) == .grant)
    }

    @Test func `許可 with the tick grants`() throws {
        var flow = try flow()
        #expect(receive(allow("t0"), &flow) == .grant)
        #expect(flow.state == .ended(.granted))
        #expect(flow.revision == 1)
    }

    @Test func `拒否 denies, ticked or not`() throws {
        var flow = try flow()
        #expect(receive(.answer(.deny, formToken: "t0"), &flow) == .deny)
        #expect(flow.state == .ended(.denied))
    }

    @Test func `許可 pressed twice grants once and answers alike for a minute`() throws {
        var flow = try flow()
        #expect(receive(allow("t0"), &flow, after: 1) == .grant)
        let granted = flow
        #expect(receive(allow("t0"), &flow, after: 60) == .grantAgain)
        #expect(receive(allow("t0"), &flow, after: 61) == .refuse(.ended(.granted)))
        #expect(receive(allow("t1"), &flow, after: 2) == .refuse(.ended(.granted)))
        #expect(receive(allow("t0", ticked: false), &flow, after: 2) == .refuse(.ended(.granted)))
        #expect(receive(.answer(.deny, formToken: "t0"), &flow, after: 2) == .refuse(.ended(.granted)))
        #expect(receive(.view, &flow, after: 2) == .refuse(.ended(.granted)))
        #expect(flow == granted)
    }

    @Test func `拒否 pressed twice denies once and answers alike for a minute`() throws {
        var flow = try flow()
        #expect(receive(.answer(.deny, formToken: "t0"), &flow) == .deny)
        #expect(receive(.answer(.deny, formToken: "t0"), &flow, after: 60) == .denyAgain)
        #expect(receive(allow("t0"), &flow, after: 2) == .refuse(.ended(.denied)))
        #expect(receive(.answer(.deny, formToken: "t0"), &flow, after: 61) == .refuse(.ended(.denied)))
    }

    @Test(arguments: events, [FlowEnd.expired, .superseded])
    func `an expired or superseded flow takes nothing`(event: FlowEvent, end: FlowEnd) throws {
        let begun = try flow()
        var flow = ConsentFlow(
            id: begun.id, session: begun.session, customer: begun.customer, request: begun.request,
            plan: begun.plan,
            period: begun.period, startedAt: begun.startedAt, lastSeenAt: begun.lastSeenAt,
            state: .ended(end),
            formToken: "t0", spentFormToken: nil, revision: 3)
        #expect(receive(event, &flow) == .refuse(.ended(end)))
        #expect(flow.revision == 3)
    }

    @Test func `a plan ends with 情報アクセス許可 and has no step twice`() {
        #expect(FlowPlan([]) == nil)
        #expect(FlowPlan([.consent, .consent]) == nil)
        #expect(FlowPlan([.consent]) == .shortest)
    }
}
