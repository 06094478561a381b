import Authorization
import Crypto
import HTTP
import Pages
import Serving

/// The pages of the consent backend.
struct ConsentPages: Sendable {
    private let setup: ConsentSetup

    init(_ setup: ConsentSetup) {
        self.setup = setup
    }

    /// The page of the step the flow waits at.
    func step(
        _ step: FlowStep, of flow: ConsentFlow, for partner: Partner, problem: FlowProblem?
    ) -> WebResponse {
        switch step {
        case .consent: consent(flow, partner, problem)
        }
    }

    /// A page that says why it cannot go on, and what to do.
    func notice(_ message: ConsentMessage, _ code: SupportCode) -> WebResponse {
        let notice = Notice(
            code: message.rawValue, message: message.text, steps: message.steps, receipt: code.text)
        return response(
            Page(title: Self.noticeTitle, institution: setup.institution, body: notice.html),
            status: message.status)
    }

    // MARK: 情報アクセス許可

    private func consent(_ flow: ConsentFlow, _ partner: Partner, _ problem: FlowProblem?) -> WebResponse {
        let page = Page(
            title: "API連携認証（情報アクセス許可）（利用登録）", institution: setup.institution,
            body: consentBody(flow, partner, problem), partnerName: partner.name)
        let back = ReturnAddress(redirectURI: flow.request.redirectURI, state: nil)
        return response(
            page, status: problem.map(Self.message)?.status ?? 200,
            formTargets: back.origin.map { [$0] } ?? [])
    }

    @HTMLBuilder private func consentBody(
        _ flow: ConsentFlow, _ partner: Partner, _ problem: FlowProblem?
    ) -> HTML {
        let asker = "\(partner.name)（\(partner.company)）"
        if problem == .staleForm { HTML.alert(Self.line(.staleForm), id: "notice") }
        HTML.element("p") { "\(asker)がお客様のインターネットバンキングの口座情報・明細情報へのアクセスを求めています。" }
        HTML.element("p") {
            "\(asker)と\(setup.institution.serviceName)はそれぞれの利用規約とプライバシーポリシーに従って、この情報を使用します。"
        }
        HTML.element("p") { "以下の認可対象・認可期間をご確認の上、「許可」ボタンを押してください。" }
        HTML.element("h2") { "認可対象" }
        HTML.element("ul", .class("box")) {
            for scope in flow.request.scopes.list { HTML.element("li") { scope.japaneseName } }
        }
        HTML.element("h2") { "認可期間" }
        HTML.element("p", .class("box")) { flow.period.japaneseText }
        HTML.element("h2") { "同意確認" }
        agreement(partner)
        HTML.form(
            postingTo: "/consent", hidden: [("flow", flow.id.text), ("token", flow.formToken)]
        ) {
            let errorID = "agree-error"
            HTML.checkbox(
                "認可手続きを継続する", name: "agree", value: "yes",
                errorID: problem == .notConfirmed ? errorID : nil)
            if problem == .notConfirmed { HTML.alert(Self.line(.notConfirmed), id: errorID) }
            HTML.buttons {
                HTML.button("拒否", name: "decision", value: "deny", style: .secondary)
                HTML.button("許可", name: "decision", value: "allow")
            }
        }
        HTML.element("p", .class("note")) {
            "※操作がないまま\(setup.lifetimes.flowIdleSeconds / 60)分が経過すると、お手続きは終了します。"
        }
    }

    @HTMLBuilder private func agreement(_ partner: Partner) -> HTML {
        HTML.element("p") {
            "「許可」ボタンを押す前に、\(partner.name)のWebサイトを閲覧できるかどうかをお客様自身の判断で確認してください。"
        }
        HTML.element("p") { "「許可」ボタンを押すことによって、お客様は\(partner.name)の利用規約のもと利用を続けることになります。" }
        HTML.element("p") {
            """
            認可手続きを継続する場合は「認可手続きを継続する」のチェックボックスをチェックしてください。\
            お客様の入力されたIDやパスワード等の認証情報はAPI連携事業者には開示されません。\
            また、API連携事業者との間の通信は暗号化されています。
            """
        }
        HTML.element("p") { "なお、本アプリケーションへのアクセスは、使用開始後いつでも解除することができます。" }
    }

    // MARK: Parts

    private func response(_ page: Page, status: Int, formTargets: [String] = []) -> WebResponse {
        var response = WebResponse(status: status, body: page.render())
        for (name, value) in PageHeaders.fields(formTargets: formTargets) {
            response.headers.set(name, value)
        }
        return response
    }

    private static func message(_ problem: FlowProblem) -> ConsentMessage {
        switch problem {
        case .notConfirmed: .notConfirmed
        case .staleForm: .staleForm
        }
    }

    private static func line(_ message: ConsentMessage) -> String { "\(message.text)（\(message.rawValue)）" }

    private static let noticeTitle = "API連携認証（お手続きのご案内）"
}

extension Scope {
    /// The 業務 as customers know it.
    var japaneseName: String {
        switch self {
        case .balance: "残高照会"
        case .movements: "入出金明細照会"
        case .transfers: "振込入金明細照会"
        }
    }
}
