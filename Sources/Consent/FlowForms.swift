import Authorization
import Crypto
import Text

/// What a form of the flow says, judged, with what is to be recorded when the flow takes it.
struct FlowSubmission: Sendable {
    let answer: FlowAnswer
    var record: FlowRecord?
}

/// Reads the forms of the flow's pages.
struct FlowForms: Sendable {
    private let setup: ConsentSetup
    private let vault: PINVault

    init(_ setup: ConsentSetup) {
        self.setup = setup
        vault = PINVault(key: setup.pinKey)
    }

    /// Nil when the form is none of ours.
    ///
    /// - Parameters:
    ///   - isAwaited: Whether the flow would take an answer to a 追加認証 question with this form; if not,
    ///     none is checked or counted.
    func submission(
        _ form: Parameters, from customer: CustomerRecord, question: Int?, traces: CustomerTraces,
        isAwaited: Bool
    ) throws(CryptoFault) -> FlowSubmission? {
        switch form["decision"] {
        case "answer":
            return try challenge(form, customer, question, traces, isAwaited: isAwaited)
        case "scopes":
            let ticked = Scope.allCases.filter { form["scope-\($0.rawValue)"] == "yes" }
            return FlowSubmission(answer: .scopes(Scopes(ticked)))
        case "register": return pins(form, customer)
        case "skip":
            return setup.offersSkippingPINs(customer) ? FlowSubmission(answer: .skipPINs) : nil
        case "confirm": return FlowSubmission(answer: .confirmPINs)
        case "more": return FlowSubmission(answer: .registerMorePINs)
        case "allow": return FlowSubmission(answer: .allow(isConfirmed: form["agree"] == "yes"))
        case "deny": return FlowSubmission(answer: .deny)
        default: return nil
        }
    }

    private func challenge(
        _ form: Parameters, _ customer: CustomerRecord, _ question: Int?, _ traces: CustomerTraces,
        isAwaited: Bool
    ) throws(CryptoFault) -> FlowSubmission {
        let wrong = FlowSubmission(answer: .challenge(.wrong), record: .wrongAnswer(isLast: false))
        guard isAwaited else { return wrong }
        if let question, customer.questions.indices.contains(question),
            try ChallengeAnswer.matches(
                form["answer"] ?? "", hash: customer.questions[question].answerHash)
        {
            return FlowSubmission(answer: .challenge(.right), record: .rightAnswer(traces))
        }
        guard customer.wrongAnswers + 1 >= setup.wrongAnswersMax else { return wrong }
        return FlowSubmission(answer: .challenge(.wrongAndStopped), record: .wrongAnswer(isLast: true))
    }

    private func pins(_ form: Parameters, _ customer: CustomerRecord) -> FlowSubmission {
        let rows = customer.accounts.map { account in
            PINForm.Row(
                account: account.key, isTicked: form["select-\(account.key.text)"] == "yes",
                text: form["pin-\(account.key.text)"] ?? "")
        }
        switch PINForm(rows, selectsAll: form["all"] == "yes", pinLength: setup.pinLength) {
        case .rejected(let complaints):
            return FlowSubmission(answer: .rejectPINs(complaints))
        case .accepted(let pins):
            let sealed = pins.map { ($0.account, vault.seal($0.pin, for: $0.account, of: customer.id)) }
            return FlowSubmission(
                answer: .registerPINs(pins.map(\.account)),
                record: .pins(Dictionary(sealed) { first, _ in first }))
        }
    }
}
