import Authorization
import Pages
import Serving

extension ConsentPages {
    // MARK: 追加認証

    func challenge(_ view: FlowView) -> WebResponse {
        page(
            PageText("API連携認証（追加認証）（利用登録）", "API connection: additional authentication (registration)"),
            view, body: challengeBody(view))
    }

    /// The same words whichever question was answered wrongly, and however often.
    @HTMLBuilder private func challengeBody(_ view: FlowView) -> HTML {
        let question = view.flow.question.flatMap { number in
            view.customer.questions.indices.contains(number) ? view.customer.questions[number].text : nil
        }
        let isWrong = view.flow.progress.wrongAnswers > 0 && view.problem == nil
        formNotice(view)
        if isWrong { HTML.alert(line(.wrongAnswer), id: "answer-error") }
        HTML.element("p") {
            self("回答を入力し、「認証」ボタンをクリックします。", "Enter your answer and press “Authenticate”.")
        }
        HTML.element("h2") { self("回答を入力", "Your answer") }
        form(view) {
            HTML.field(
                question ?? "", name: "answer", errorID: isWrong ? "answer-error" : nil)
            HTML.buttons { HTML.button(self("認証", "Authenticate"), name: "decision", value: "answer") }
        }
        HTML.element("p", .class("note")) {
            self(
                "※ご登録いただいた回答を入力してください。回答を\(setup.wrongAnswersMax)回誤ると、ご利用を停止します。",
                "After \(setup.wrongAnswersMax) wrong answers your access is suspended.")
        }
    }

    // MARK: 認可業務選択

    func scopes(_ view: FlowView) -> WebResponse {
        page(
            PageText("API連携認証（認可業務選択）（利用登録）", "API connection: choice of services (registration)"),
            view, body: scopesBody(view))
    }

    @HTMLBuilder private func scopesBody(_ view: FlowView) -> HTML {
        let offered = view.flow.progress.scopes.list
        let isEmpty = view.problem == .noScope
        formNotice(view)
        if isEmpty { HTML.alert(line(.noScopeChosen), id: "scope-error") }
        HTML.element("p") {
            self(
                "API連携先にて利用する業務を選択し、「次へ」ボタンをクリックします。",
                "Select what the connecting service may use and press “Next”.")
        }
        form(view) {
            HTML.element("fieldset", .describedBy(isEmpty ? ["scope-error"] : [])) {
                HTML.element("legend") { self("利用業務を選択", "Services") }
                for scope in offered {
                    HTML.checkbox(
                        scope.text[language], name: "scope-\(scope.rawValue)", value: "yes",
                        errorID: isEmpty ? "scope-error" : nil, isTicked: offered.count == 1 && !isEmpty)
                }
            }
            HTML.buttons { HTML.button(self("次へ", "Next"), name: "decision", value: "scopes") }
        }
    }
}

extension Scope {
    /// The 業務 as customers know it.
    var text: PageText {
        switch self {
        case .balance: PageText("残高照会", "Account balances")
        case .movements: PageText("入出金明細照会", "Deposits and withdrawals")
        case .transfers: PageText("振込入金明細照会", "Incoming transfers")
        }
    }
}
