import Crypto
import HTTP
import Pages
import Serving
import Text
import X509

/// The pages that the gateway shows itself: login in its three views, and what went wrong.
struct LoginPages {
    private let facts: RequestFacts
    private var snapshot: GatewaySnapshot { facts.snapshot }

    init(_ facts: RequestFacts) {
        self.facts = facts
    }

    /// Both ways to log in (S1a and S1c of the flow), as far as the institution offers them.
    ///
    /// - Parameter certificateURL: Where 電子証明書ログイン leads; nil when it is not offered.
    func login(
        continuing sealed: String, certificateURL: String?, problem: LoginMessage? = nil,
        code: SupportCode? = nil
    )
        -> WebResponse
    {
        let content =
            (problem.map { alert($0, code) } ?? .empty)
            + (certificateURL.map(certificateSection) ?? .empty)
            + (snapshot.offersPassword ? passwordSection(sealed, isFocused: problem != nil) : .empty)
        return page(content, status: problem == nil ? 200 : 401)
    }

    /// The password of the customer whose certificate was presented (S1b).
    func password(
        for leaf: Certificate, continuing sealed: String, retryURL: String, problem: LoginMessage? = nil,
        code: SupportCode? = nil
    ) -> WebResponse {
        let name =
            leaf.subject.relativeNames.joined().first { $0.shortName == "CN" }?.value ?? leaf.subject.rfc4514
        let content =
            (problem.map { alert($0, code) } ?? .empty)
            + (renewalNotice(leaf) ?? .empty)
            + HTML.element("dl", .class("support")) {
                HTML.element("dt") { "電子証明書" }
                HTML.element("dd") { name }
                HTML.element("dt") { "有効期限" }
                HTML.element("dd") { leaf.notAfter.japaneseDate }
            }
            + HTML.form(postingTo: LoginPath.certificate, hidden: [("c", sealed)]) {
                passwordField(isFocused: true)
                HTML.buttons { HTML.button("API連携") }
            }
            + HTML.element("p") {
                HTML.element("a", .href(retryURL)) { "別の証明書を選択する" }
            }
        return page(content, status: problem == nil ? 200 : 401)
    }

    /// A certificate that can't be used, with the ways out.
    func certificateProblem(_ message: LoginMessage, code: SupportCode, retryURL: String, loginURL: String?)
        -> WebResponse
    {
        let ways = HTML.buttons {
            HTML.linkButton("もう一度証明書を選択する", to: retryURL)
            if let loginURL { HTML.linkButton("ログイン画面に戻る", to: loginURL, style: .secondary) }
        }
        return page(notice(message, code) + ways, status: 403)
    }

    /// A page that ends the way.
    func end(_ message: LoginMessage, code: SupportCode, status: Int) -> WebResponse {
        page(notice(message, code), status: status)
    }

    func status(_ status: Int, code: SupportCode) -> WebResponse {
        end(.status(status), code: code, status: status)
    }

    // MARK: Parts

    private func certificateSection(_ url: String) -> HTML {
        HTML.element("section", .class("panel")) {
            HTML.element("h2") { "電子証明書方式のお客様" }
            HTML.element("p") { "「電子証明書ログイン」を押し、表示された画面で該当の証明書を選択してください。" }
            HTML.buttons { HTML.linkButton("電子証明書ログイン", to: url) }
            HTML.element("p", .class("hint")) {
                "※Windowsのバージョンにより、クライアント証明ウィンドウの内容が異なる場合がありますが、操作方法は同じです。"
            }
        }
    }

    private func passwordSection(_ sealed: String, isFocused: Bool) -> HTML {
        HTML.element("section", .class("panel")) {
            HTML.element("h2") { "ID・パスワード方式のお客様" }
            HTML.form(postingTo: LoginPath.password, hidden: [("c", sealed)]) {
                HTML.field(
                    "ログインID", name: "id", autocomplete: "username", lengthMax: 64, isFocused: isFocused)
                passwordField(isFocused: false)
                HTML.buttons { HTML.button("API連携") }
            }
        }
    }

    private func passwordField(isFocused: Bool) -> HTML {
        HTML.field(
            "ログインパスワード", name: "password", kind: .password, autocomplete: "current-password", lengthMax: 256,
            isFocused: isFocused)
    }

    private func renewalNotice(_ leaf: Certificate) -> HTML? {
        let daysLeft = (leaf.notAfter.seconds - facts.now.seconds) / 86_400
        guard daysLeft < Self.renewalNoticeDays else { return nil }
        return HTML.element("p", .class("notice")) {
            "電子証明書の有効期限まであと\(daysLeft)日です。インターネットバンキングで更新してください。"
        }
    }

    private func alert(_ message: LoginMessage, _ code: SupportCode?) -> HTML {
        let lines = [message.message] + message.steps
        let support = code.map { "メッセージID：\(message.id)　受付番号：\($0.text)" }
        return HTML.alert(lines.joined(separator: " "), id: "error")
            + (support.map { text in HTML.element("p", .class("hint")) { text } } ?? .empty)
    }

    private func notice(_ message: LoginMessage, _ code: SupportCode) -> HTML {
        let support = snapshot.supportText.map { text in HTML.element("p") { text } } ?? .empty
        return Notice(
            code: message.id, message: message.message, explanation: message.explanation,
            steps: message.steps,
            receipt: code.text
        ).html + support
    }

    private func page(_ content: HTML, status: Int) -> WebResponse {
        let page = Page(
            title: "API連携認証（利用登録）", institution: snapshot.institution, body: content,
            stylesheetPath: LoginPath.stylesheet)
        var response = WebResponse(status: status, body: page.render())
        for (name, value) in PageHeaders.fields() { response.headers.set(name, value) }
        return response
    }

    private static let renewalNoticeDays: Int64 = 40
}
