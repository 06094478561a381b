import Identity
import Testing
import Text

@Suite struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
        ("2001:db8::1", "2001:db8:0:0:ffff::2"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::2"), ("::1", "::"), ("::1.2.3.4", "::5"),
    ])
    func `addresses of one subscriber are one network`(one: String, other: String) {
        #expect(ClientNetwork(one) == ClientNetwork(other))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.2"), ("2001:db8:0:1::", "2001:db8:0:2::"), ("::1", "0.0.0.1"),
        ("::ffff:192.0.2.1", "::192.0.2.1"), ("1::", "0:1::"), ("2001:db8::", "nonsense"),
    ])
    func `addresses of two subscribers are two`(one: String, other: String) {
        #expect(ClientNetwork(one) != ClientNetwork(other))
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1:2:3", "1:2:3:4:5:6:7:8:9", "1::2::3", "g::", "12345::",
        ":", "1:2:3:4:5:6:7::8:9", "::1.2.3",
    ])
    func `what is no address is one network of its own`(text: String) {
        #expect(ClientNetwork(text) == ClientNetwork("nonsense"))
    }
}

@Suite struct SourceBudgetTests {
    private let limit = SourceBudget.Limit(failuresMax: 3, windowSeconds: 30)
    private let here = ClientNetwork("192.0.2.1")
    private let there = ClientNetwork("192.0.2.2")

    @Test func `so many failures are allowed and not one more, for each source`() {
        var budget = SourceBudget()
        for _ in 0..<3 { #expect(budget.take(for: here, limit, at: 0) == nil) }
        #expect(budget.take(for: here, limit, at: 0) == 10)
        #expect(budget.take(for: here, limit, at: 1) == 10)
        #expect(budget.take(for: there, limit, at: 1) == nil)
    }

    @Test func `tries come back one by one over the window`() {
        var budget = SourceBudget()
        for _ in 0..<3 { _ = budget.take(for: here, limit, at: 0) }
        #expect(budget.take(for: here, limit, at: 9_999) == 1)
        #expect(budget.take(for: here, limit, at: 10_000) == nil)
        #expect(budget.take(for: here, limit, at: 10_000) == 10)
        for _ in 0..<3 { #expect(budget.take(for: here, limit, at: 50_000) == nil) }
        #expect(budget.take(for: here, limit, at: 50_000) == 10)
    }

    @Test func `a refused try costs nothing, a success gives back its own try alone`() {
        var budget = SourceBudget()
        for _ in 0..<3 { _ = budget.take(for: here, limit, at: 0) }
        for _ in 0..<100 { #expect(budget.take(for: here, limit, at: 0) == 10) }
        budget.giveBack(here, limit, at: 0)
        #expect(budget.take(for: here, limit, at: 0) == nil)
        #expect(budget.take(for: here, limit, at: 0) == 10)
        budget.giveBack(there, limit, at: 0)
        #expect(budget.sourceCount == 1)
    }

    @Test func `whoever owes nothing is forgotten`() {
        var budget = SourceBudget()
        _ = budget.take(for: here, limit, at: 0)
        budget.giveBack(here, limit, at: 0)
        #expect(budget.sourceCount == 0)
    }

    @Test func `the table keeps its bound, and forgets who owes nothing before anybody else`() {
        var budget = SourceBudget(sourcesMax: 10)
        for _ in 0..<3 { _ = budget.take(for: here, limit, at: 0) }
        for number in 0..<1000 {
            _ = budget.take(for: ClientNetwork("10.0.\(number / 256).\(number % 256)"), limit, at: 0)
            #expect(budget.sourceCount <= 10)
        }
        #expect(budget.take(for: here, limit, at: 0) == 10, "who owes most is remembered")
    }

    @Test func `the alarm is raised once a minute`() {
        var alarm = FailureAlarm()
        let raised = (0..<10).map { _ in alarm.record(3, at: 59_999) }
        #expect(raised == [false, false, true] + [Bool](repeating: false, count: 7))
        let next = [60_000, 60_000, 119_999, 119_999].map { alarm.record(3, at: $0) }
        #expect(next == [false, false, true, false])
    }
}
