import Authorization
import Crypto
import HTTP
import Pages
import Serving

/// The pages of the consent backend, in one language.
struct ConsentPages: Sendable {
    let setup: ConsentSetup
    let language: PageLanguage

    /// The pages for whoever sends a request.
    init(_ setup: ConsentSetup, for request: WebRequest) {
        self.setup = setup
        language = PageLanguage(
            chosen: Cookies.single(LanguageSwitch.cookieName, in: request.head.headers),
            accepted: request.head.headers["Accept-Language"])
    }

    /// The page of the step the flow waits at.
    func step(_ view: FlowView) -> WebResponse {
        switch view.step {
        case .challenge: challenge(view)
        case .scopes: scopes(view)
        case .pins: pins(view)
        case .pinResult: pinResult(view)
        case .consent: consent(view)
        case .notEnrolled: deadEnd(.notEnrolled, view)
        case .challengeStopped: deadEnd(.challengeStopped, view)
        case .noScope: deadEnd(.noScopePermitted, view)
        case .noAccounts: deadEnd(.noAccounts, view)
        }
    }

    /// A page that says why it cannot go on, and what to do.
    func notice(_ message: ConsentMessage, _ code: SupportCode) -> WebResponse {
        let page = Page(
            title: Self.noticeTitle[language], institution: setup.institution,
            body: html(message, code), language: language)
        var response = response(page, status: message.status)
        if message.status == 503 { response.headers.set("Retry-After", "5") }
        return response
    }

    // MARK: Parts

    /// A page of the flow, with the partner's name, the language link and the warning before it ends.
    func page(_ title: PageText, _ view: FlowView, body: HTML) -> WebResponse {
        let here = "/consent?flow=\(view.flow.id.text)"
        let page = Page(
            title: title[language], institution: setup.institution, body: body, language: language,
            partnerName: view.partner.name, here: here,
            timeout: TimeoutWarning(idleSeconds: setup.lifetimes.flowIdleSeconds, stayAddress: here),
            selectsAll: view.step == .pins)
        let back = ReturnAddress(redirectURI: view.flow.request.redirectURI, state: nil)
        // 許可, 拒否 and the way back from a dead end lead to the partner.
        let leadsBack = view.step == .consent || view.step.isDeadEnd
        return response(
            page, status: view.status,
            formTargets: leadsBack ? back.origin.map { [$0] } ?? [] : [])
    }

    func form(_ view: FlowView, @HTMLBuilder content: () -> HTML) -> HTML {
        HTML.form(
            postingTo: "/consent", hidden: [("flow", view.flow.id.text), ("token", view.flow.formToken)],
            content: content)
    }

    /// What stands above the page when nothing has come of the last form, whatever it said.
    @HTMLBuilder func formNotice(_ view: FlowView) -> HTML {
        if view.problem == .staleForm { HTML.alert(line(.staleForm), id: "notice") }
        if view.problem == .suspended {
            HTML.alert(line(.suspended), id: "notice")
            for step in ConsentMessage.suspended.steps { HTML.element("p") { step[language] } }
        }
    }

    func line(_ message: ConsentMessage) -> String {
        self("\(message.text.japanese)（\(message.rawValue)）", "\(message.text.english) (\(message.rawValue))")
    }

    /// A text in the page's language.
    func callAsFunction(_ japanese: String, _ english: String) -> String {
        PageText(japanese, english)[language]
    }

    private func deadEnd(_ message: ConsentMessage, _ view: FlowView) -> WebResponse {
        page(
            Self.noticeTitle, view,
            body: html(message, view.supportCode)
                + form(view) {
                    HTML.buttons {
                        HTML.button(
                            self("API連携先に戻る", "Back to the connecting service"), name: "decision",
                            value: "deny")
                    }
                })
    }

    private func html(_ message: ConsentMessage, _ code: SupportCode) -> HTML {
        Notice(
            code: message.rawValue, message: message.text[language],
            steps: message.steps.map { $0[language] }, receipt: code.text, language: language
        ).html
    }

    func response(_ page: Page, status: Int, formTargets: [String] = []) -> WebResponse {
        var response = WebResponse(status: status, body: page.render())
        for (name, value) in PageHeaders.fields(formTargets: formTargets, runsScript: page.timeout != nil) {
            response.headers.set(name, value)
        }
        return response
    }

    static let noticeTitle = PageText("API連携認証（お手続きのご案内）", "API connection (notice)")
}

/// All that a step's page shows.
struct FlowView: Sendable {
    let step: FlowStep
    let flow: ConsentFlow
    let partner: Partner
    let customer: CustomerRecord
    let problem: FlowProblem?
    /// For pages that say why it cannot go on.
    let supportCode: SupportCode

    /// Of the dead end, if it is one.
    var message: ConsentMessage? {
        switch step {
        case .notEnrolled: .notEnrolled
        case .challengeStopped: .challengeStopped
        case .noScope: .noScopePermitted
        case .noAccounts: .noAccounts
        case .challenge, .scopes, .pins, .pinResult, .consent: nil
        }
    }

    var status: Int {
        message?.status ?? 200
    }
}
