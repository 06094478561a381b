import Crypto
import HTTP
import Pages
import Serving
import Synchronization
import TLS
import Text

/// The sample site: a page with 連携する, the way to the bank and back, and what the bank then says of the
/// accounts.
final class PartnerSite: WebApplication {
    /// One customer's way to the bank and back.
    private struct Pending: Sendable {
        let state: String
        let verifier: String
    }

    private let settings: PartnerSettings
    private let bank: BankClient
    /// By the value of the browser's cookie.
    private let pending = Mutex<[String: Pending]>([:])

    init(_ settings: PartnerSettings, context: ClientContext) {
        self.settings = settings
        bank = BankClient(settings, context: context)
    }

    func answer(_ request: WebRequest) -> WebResponse {
        switch (request.head.method, request.head.path) {
        case ("GET", "/"): start()
        case ("POST", "/connect"): connect()
        case ("GET", "/callback"): callback(request)
        case ("GET", Self.stylesheetPath): stylesheet()
        default: page("ページがありません", HTML.element("p") { "このページはありません。" }, status: 404)
        }
    }

    private func start() -> WebResponse {
        page(
            "銀行口座との連携",
            HTML.element("p") { "インターネットバンキングの口座と連携すると、残高と明細を自動で取り込みます。" }
                + HTML.form(postingTo: "/connect") { HTML.buttons { HTML.button("連携する") } })
    }

    private func connect() -> WebResponse {
        let cookie = SecureRandom.token()
        let one = Pending(state: SecureRandom.token(byteCount: 16), verifier: SecureRandom.token())
        pending.withLock { pending in
            if pending.count >= Self.pendingMax { pending.removeAll() }
            pending[cookie] = one
        }
        let challenge = SHA256Digest(of: Array(one.verifier.utf8)).base64URL
        let query = FormFields.encode([
            ("response_type", "code"), ("client_id", settings.clientID),
            ("redirect_uri", settings.redirectURI),
            ("scope", settings.scopes.joined(separator: " ")), ("state", one.state),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ])
        var response = WebResponse.redirect(to: "\(settings.authorizationServer.origin)/authorize?\(query)")
        response.headers.add("Set-Cookie", SetCookie(Self.cookieName, cookie, maxAge: 3600).headerValue)
        return response
    }

    private func callback(_ request: WebRequest) -> WebResponse {
        guard let parameters = try? QueryParameters(parsing: request.head.query),
            let cookie = Cookies.single(Self.cookieName, in: request.head.headers),
            let one = pending.withLock({ $0.removeValue(forKey: cookie) }),
            parameters.single("state") == one.state,
            // RFC 9207: the answer must come from the bank that was asked.
            parameters.single("iss") == settings.authorizationServer.origin
        else { return problem("この応答は、お客様の操作に対するものではありません。") }
        if let error = parameters.single("error") {
            return page(
                error == "access_denied" ? "連携は行われませんでした" : "連携できませんでした",
                HTML.element("p") { "銀行からの応答：\(error)" })
        }
        guard let code = parameters.single("code") else { return problem("認可コードがありません。") }
        do throws(BankFault) {
            let token = try bank.token(for: code, verifier: one.verifier)
            return connected(try bank.accounts(with: token))
        } catch {
            return problem("銀行との通信で問題が起きました（\(error.description)）。")
        }
    }

    private func connected(_ accounts: [BankAccount]) -> WebResponse {
        page(
            "連携が完了しました",
            HTML.element("table") {
                HTML.element("caption") { "口座一覧" }
                HTML.element("tr") {
                    for heading in ["口座", "残高"] { HTML.element("th", .named("scope", "col")) { heading } }
                }
                for account in accounts {
                    HTML.element("tr") {
                        HTML.element("td") { account.name }
                        HTML.element("td") { account.balance }
                    }
                }
            })
    }

    private func problem(_ text: String) -> WebResponse {
        page("連携できませんでした", HTML.element("p") { text }, status: 400)
    }

    private func stylesheet() -> WebResponse {
        var response = WebResponse(status: 200, body: Stylesheet.css)
        for (name, value) in PageHeaders.stylesheetFields { response.headers.set(name, value) }
        return response
    }

    private func page(_ title: String, _ body: HTML, status: Int = 200) -> WebResponse {
        let page = Page(
            title: title, institution: Institution(name: PartnerSettings.name, serviceName: "クラウド会計（見本）"),
            body: body, stylesheetPath: Self.stylesheetPath)
        var response = WebResponse(status: status, body: page.render())
        // 連携する leads to the bank: Chromium holds form-action against the redirect.
        for (name, value) in PageHeaders.fields(formTargets: [settings.authorizationServer.origin]) {
            response.headers.set(name, value)
        }
        return response
    }

    private static let cookieName = "__Host-partner"
    private static let stylesheetPath = "/style.css"
    private static let pendingMax = 10_000
}
