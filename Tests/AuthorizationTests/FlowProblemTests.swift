import Authorization
import Testing
import Text

@Suite struct FlowProblemTests {
    private static let problems: [FlowProblem] = [
        .noScope, .notConfirmed, .staleForm, .suspended, .pins(PINComplaints()),
        .pins(PINComplaints(isNoneTicked: true)),
        .pins(
            PINComplaints(
                selectsAll: true, ticked: [account(1), account(2)],
                byAccount: [account(1): .blank, account(2): .malformed, account(3): .notTicked])),
        .pins(PINComplaints(ticked: [account(4)], byAccount: [account(4): .sameDigits])),
    ]

    @Test(arguments: problems) func `a problem is read back as it was written`(problem: FlowProblem) {
        #expect(FlowProblem(text: problem.text) == problem)
    }

    @Test(arguments: [
        "", "noscope", "noScope ", "pins ", "pins  all", "pins ticked", "pins ticked:", "pins ticked:1",
        "pins secret:001-1-0000001", "pins ticked:001-1-0000001:x", "all",
    ])
    func `nothing else is a problem`(text: String) {
        #expect(FlowProblem(text: text) == nil)
    }

    @Test func `what is kept of a form is bounded and holds no PIN`() throws {
        let rows = (0..<CustomerRecord.accountsMax).map { number in
            PINForm.Row(account: account(number), isTicked: true, text: "87654321")
        }
        guard case .rejected(let complaints) = PINForm(rows, selectsAll: true, pinLength: 4) else {
            Issue.record("PINs of eight digits were taken")
            return
        }
        let text = FlowProblem.pins(complaints).text
        #expect(text.utf8.count < 12_000)
        #expect(!text.contains("8765"))
    }
}
