import Crypto
import HTTP
import Pages
import Serving
import Text
import X509

/// The pages that the gateway shows itself: login in its three views, and what went wrong.
struct LoginPages {
    private let facts: RequestFacts
    private let language: PageLanguage
    private var snapshot: GatewaySnapshot { facts.snapshot }

    init(_ facts: RequestFacts) {
        self.facts = facts
        language = PageLanguage(
            chosen: Cookies.single(LanguageSwitch.cookieName, in: facts.request.headers),
            accepted: facts.request.headers["Accept-Language"])
    }

    /// Both ways to log in (S1a and S1c of the flow), as far as the institution offers them.
    ///
    /// - Parameters:
    ///   - certificateURL: Where 電子証明書ログイン leads; nil when it is not offered.
    ///   - note: What came before.
    func login(continuing sealed: String, certificateURL: String?, note: LoginNote?) -> WebResponse {
        let problem = note.map { ($0.result.message(until: $0.until), $0.code) }
        let isFocused = note?.result == .badCredentials
        let content =
            (problem.map(alert) ?? .empty)
            + (certificateURL.map(certificateSection) ?? .empty)
            + (snapshot.offersPassword ? passwordSection(sealed, isFocused: isFocused) : .empty)
        return page(content, status: note?.result.status ?? 200)
    }

    /// The password of the customer whose certificate was presented (S1b).
    func password(
        for leaf: Certificate, continuing sealed: String, retryURL: String, note: LoginNote?
    ) -> WebResponse {
        let content =
            (note.map { alert((.badPassword, $0.code)) } ?? .empty)
            + (renewalNotice(leaf) ?? .empty)
            + certificateFacts(leaf)
            + HTML.form(postingTo: LoginPath.certificate, hidden: hidden(sealed)) {
                passwordField(isFocused: true)
                HTML.buttons { HTML.button(Self.connect[language]) }
            }
            + HTML.element("p") {
                HTML.element("a", .href(retryURL)) { Self.anotherCertificate[language] }
            }
        return page(content, status: note?.result.status ?? 200)
    }

    /// A certificate that can't be used, with the ways out.
    func certificateProblem(
        _ message: LoginMessage, code: SupportCode, retryURL: String, loginURL: String?
    ) -> WebResponse {
        let ways = HTML.buttons {
            HTML.linkButton(Self.chooseAgain[language], to: retryURL)
            if let loginURL {
                HTML.linkButton(Self.backToLogin[language], to: loginURL, style: .secondary)
            }
        }
        return page(notice(message, code) + ways, status: 403)
    }

    /// After a login, on to where the customer wanted to go, as a step of its own: Chromium holds the login
    /// form's `form-action` against every redirect that follows the form, and this one may end at a partner.
    func goOn(to target: String) -> WebResponse {
        let content =
            HTML.element("p") { Self.loggedIn[language] }
            + HTML.buttons { HTML.linkButton(Self.goOn[language], to: target) }
        return page(content, status: 200, goesOnTo: target)
    }

    /// A page that ends the way.
    ///
    /// - Parameter loginURL: Where it could begin again, with another ID or certificate; nil when it can't.
    func end(_ message: LoginMessage, code: SupportCode, status: Int, loginURL: String? = nil) -> WebResponse
    {
        let way = loginURL.map { url in
            HTML.buttons { HTML.linkButton(Self.backToLogin[language], to: url, style: .secondary) }
        }
        return page(notice(message, code) + (way ?? .empty), status: status)
    }

    func status(_ status: Int, code: SupportCode) -> WebResponse {
        end(.status(status), code: code, status: status)
    }

    // MARK: Parts

    private func certificateSection(_ url: String) -> HTML {
        HTML.element("section", .class("panel")) {
            HTML.element("h2") {
                PageText("電子証明書方式のお客様", "Customers with a digital certificate")[language]
            }
            HTML.element("p") {
                PageText(
                    "「電子証明書ログイン」を押し、表示された画面で該当の証明書を選択してください。",
                    "Press “Log in with certificate” and select yours in the window that appears.")[
                        language]
            }
            HTML.buttons {
                HTML.linkButton(PageText("電子証明書ログイン", "Log in with certificate")[language], to: url)
            }
            HTML.element("p", .class("hint")) {
                PageText(
                    "※Windowsのバージョンにより、クライアント証明ウィンドウの内容が異なる場合がありますが、操作方法は同じです。",
                    "The window looks different from one version of Windows to another, but works the same.")[
                        language]
            }
        }
    }

    private func passwordSection(_ sealed: String, isFocused: Bool) -> HTML {
        HTML.element("section", .class("panel")) {
            HTML.element("h2") {
                PageText("ID・パスワード方式のお客様", "Customers with login ID and password")[language]
            }
            HTML.form(postingTo: LoginPath.password, hidden: hidden(sealed)) {
                HTML.field(
                    PageText("ログインID", "Login ID")[language], name: "id", autocomplete: "username",
                    lengthMax: 64, isFocused: isFocused)
                passwordField(isFocused: false)
                HTML.buttons { HTML.button(Self.connect[language]) }
            }
        }
    }

    /// The second makes each page's form its own: only the same form, sent twice, is one login.
    private func hidden(_ sealed: String) -> [(name: String, value: String)] {
        [("c", sealed), ("t", SecureRandom.token(byteCount: 9))]
    }

    private func passwordField(isFocused: Bool) -> HTML {
        HTML.field(
            PageText("ログインパスワード", "Password")[language], name: "password", kind: .password,
            autocomplete: "current-password", lengthMax: 256, isFocused: isFocused)
    }

    /// Enough to tell two certificates of one customer apart: browsers' own windows show name, issuer and
    /// serial number.
    private func certificateFacts(_ leaf: Certificate) -> HTML {
        let facts = [
            (PageText("電子証明書", "Certificate"), Self.name(leaf.subject)),
            (PageText("発行者", "Issuer"), Self.name(leaf.issuer)),
            (
                PageText("有効期限", "Valid until"),
                PageText(leaf.notAfter.japaneseDate, leaf.notAfter.englishDate)[language]
            ),
            (PageText("シリアル番号", "Serial number"), leaf.serialHex.uppercased()),
        ]
        return HTML.element("dl", .class("facts")) {
            for (label, value) in facts {
                HTML.element("dt") { label[language] }
                HTML.element("dd") { value }
            }
        }
    }

    private static func name(_ name: DistinguishedName) -> String {
        name.relativeNames.joined().first { $0.shortName == "CN" }?.value ?? name.rfc4514
    }

    private func renewalNotice(_ leaf: Certificate) -> HTML? {
        let daysLeft = (leaf.notAfter.seconds - facts.now.seconds) / 86_400
        guard daysLeft <= Self.renewalNoticeDays else { return nil }
        let text = PageText(
            "電子証明書の有効期限まであと\(daysLeft)日です。インターネットバンキングで更新してください。",
            "Your certificate expires in \(daysLeft) days. Please renew it in the internet banking.")
        return HTML.element("p", .class("box")) {
            text[language] + " "
            if let link = bankingLink { link }
        }
    }

    private var bankingLink: HTML? {
        snapshot.bankingURL.map { url in
            HTML.element("a", .href(url)) {
                PageText("インターネットバンキングへ", "To the internet banking")[language]
            }
        }
    }

    private func alert(_ problem: (message: LoginMessage, code: SupportCode?)) -> HTML {
        let lines = [problem.message.text] + problem.message.steps
        let text = lines.map { $0[language] }.joined(separator: language == .japanese ? "" : " ")
        let support = problem.code.map { code in
            HTML.element("p", .class("hint")) {
                PageText("メッセージID：\(problem.message.id)　", "Message: \(problem.message.id) ")[language]
                HTML.element("span", .class("whole")) {
                    PageText("受付番号：\(code.text)", "Reference: \(code.text)")[language]
                }
            }
        }
        return HTML.alert(text, id: "error") + (support ?? .empty)
    }

    private func notice(_ message: LoginMessage, _ code: SupportCode) -> HTML {
        let notice = Notice(
            code: message.id, message: message.text[language],
            explanation: message.explanation.map { $0[language] }, steps: message.steps.map { $0[language] },
            receipt: code.text, language: language)
        let way = message.leadsToBanking ? bankingLink : nil
        let support = snapshot.supportText.map { text in HTML.element("p", .named("lang", "ja")) { text } }
        return notice.html
            + (way.map { link in HTML.element("p") { link } } ?? .empty)
            + (support ?? .empty)
    }

    private func page(_ content: HTML, status: Int, goesOnTo target: String? = nil) -> WebResponse {
        let page = Page(
            title: Self.title[language], institution: snapshot.institution, body: content,
            language: language, stylesheetPath: LoginPath.stylesheet, here: here, goesOnTo: target)
        var response = WebResponse(status: status, body: page.render())
        for (name, value) in PageHeaders.fields() { response.headers.set(name, value) }
        response.headers.set("Content-Language", language.rawValue)
        response.headers.set("Vary", "Accept-Language, Cookie")
        return response
    }

    /// Only what was read can be read again in the other language; the answer to a form can not.
    private var here: String? {
        facts.request.method == "GET" && Continuation(to: facts.request.target) != nil
            ? facts.request.target : nil
    }

    static let title = PageText("API連携認証（利用登録）", "Connect your accounts (registration)")
    private static let connect = PageText("API連携", "Connect")
    private static let anotherCertificate = PageText("別の証明書を選択する", "Choose another certificate")
    private static let chooseAgain = PageText("もう一度証明書を選択する", "Choose a certificate again")
    private static let backToLogin = PageText("ログイン画面に戻る", "Back to the login page")
    private static let loggedIn = PageText("ログインしました。お手続きを続けます。", "You are logged in. The procedure goes on.")
    private static let goOn = PageText("続ける", "Continue")
    private static let renewalNoticeDays: Int64 = 40
}
