import Foundation
import Journey
import Testing

/// The pages that a login or its session ends with, in a real browser: each is photographed and checked by axe.
@Suite(.serialized) struct LoginEndScenarios {
    // MARK: Sessions

    @Test func `the newest login wins, and the older browser is told so`() throws {
        let deployment = try Deployment()
        let older = try logIn(deployment, "master")
        _ = try logIn(deployment, "master")
        try older.reload()
        #expect(try older.pageText().contains("APL-1902"))
        try Accessibility.inspect(older, as: "session-superseded")
    }

    @Test func `an idle session ends in a page, and reading goes on after another login`() throws {
        let deployment = try Deployment { settings in
            settings.replacing(
                "\n    listen:", with: "\n    session: { idleSeconds: 5, absoluteSeconds: 600 },\n    listen:"
            )
        }
        let posting = try logIn(deployment, "master")
        sleep(7)
        try posting.press("次へ")
        #expect(try posting.pageText().contains("APL-1901"))
        try Accessibility.inspect(posting, as: "session-idle-form")
        posting.close()
        let reading = try logIn(deployment, "master")
        sleep(7)
        try reading.reload()
        #expect(try reading.pageText().contains("もう一度ログインしてください"))
        try Accessibility.inspect(reading, as: "session-idle")
        #expect(try reading.has("[name=password]") && !reading.has("[role=alert] a"))
    }

    // MARK: The login page

    /// The cookie that ties a login to its browser lives as long as the page.
    @Test func `a login page that was open for too long says so`() throws {
        let deployment = try Deployment()
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser, deployment)
        try browser.forgetCookies()
        try send(browser, "IDUSER0003", "Sakura2026")
        let text = try browser.pageText()
        #expect(text.contains("APL-1901") && text.contains("30分間") && !text.contains("操作がなかった"))
        try Accessibility.inspect(browser, as: "login-late")
    }

    @Test func `a network with too many failures is told to wait`() throws {
        let deployment = try Deployment { settings in
            settings.replacing("\n    listen:", with: "\n    lockout: { sourceFailuresMax: 2 },\n    listen:")
        }
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser, deployment)
        for number in 1...2 { try send(browser, "NOBODY\(number)", "wrong") }
        #expect(try browser.pageText().contains("APL-1201"))
        try send(browser, "NOBODY3", "wrong")
        #expect(try browser.pageText().contains("APL-1207"))
        try Accessibility.inspect(browser, as: "login-slowed")
    }

    @Test func `the page after a login leads on without script and without a redirect`() throws {
        let deployment = try Deployment()
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser, deployment)
        let page = try browser.address().replacing("/.sekisho/login?", with: "/.sekisho/continue?")
        let cookie = try browser.cookie("__Secure-sekisho-login")
        let style = try curl(deployment, cookie, ["\(deployment.login)/.sekisho/style.css"])
        let html = try curl(deployment, cookie, [page])
        #expect(html.contains("http-equiv=\"refresh\""))
        // As it stands there for a moment, and for longer where refreshing is off.
        let still = html.replacing(#/<meta http-equiv[^>]*>/#, with: "")
            .replacing(#/<link rel="stylesheet"[^>]*>/#, with: "<style>\(style)</style>")
        try browser.open("data:text/html;base64,\(Data(still.utf8).base64EncodedString())")
        #expect(try browser.pageText().contains("ログインしました。"))
        try Accessibility.inspect(browser, as: "login-go-on")
        #expect(try browser.button("続ける").attribute("href")?.contains("/authorize?") == true)
    }

    // MARK: The service

    @Test func `a closed service says until when, and so does a maintenance`() throws {
        let format = ISO8601DateFormatter()
        let deployment = try Deployment { settings in
            let (from, until) = (Date.now.addingTimeInterval(-60), Date.now.addingTimeInterval(3600))
            let maintenance =
                "from: \"\(format.string(from: from))\", until: \"\(format.string(from: until))\""
            return settings.replacing(
                "\n    listen:", with: "\n    service: { maintenance: [{ \(maintenance) }] },\n    listen:")
        }
        let browser = try Browser(pki: deployment.pki)
        try browser.open("\(deployment.login)/authorize")
        #expect(try browser.pageText().contains("APL-1922"))
        #expect(try browser.pageText().contains("ご利用の再開"))
        try Accessibility.inspect(browser, as: "service-maintenance")

        let file = deployment.folder.path("sekisho.json5")
        let settings = try String(contentsOfFile: file, encoding: .utf8)
        let hour = (Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: .now).hour ?? 0) + 9 + 2
        let hours = "hours: [{ from: \"\(pad(hour % 24)):00\", until: \"\(pad(hour % 24)):30\" }]"
        try settings.replacing(#/maintenance: \[.*?\]/#, with: hours)
            .write(toFile: file, atomically: true, encoding: .utf8)
        deployment.gateway?.stop()
        try deployment.startGateway()
        try browser.reload()
        #expect(try browser.pageText().contains("APL-1921"))
        #expect(try browser.pageText().contains("\(hour % 24)時00分"))
        try Accessibility.inspect(browser, as: "service-closed")
        try browser.press("English")
        #expect(try browser.pageText().contains("It opens again at"))
    }

    @Test func `with too many passwords to check, a login is told to try again`() throws {
        let deployment = try Deployment { settings in
            settings.replacing(
                "\n    listen:",
                with: "\n    password: { workers: 1, queueMax: 1, costLog2: 18 },\n"
                    + "    lockout: { sourceFailuresMax: 1000 },\n    listen:")
        }
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser, deployment)
        let sealed =
            try browser.run(script: "return document.querySelector('[name=c]').value") as? String ?? ""
        let cookie = try browser.cookie("__Secure-sekisho-login")
        var rivals: [ChildProcess] = []
        try repeated { () throws -> Bool in
            try browser.element("[name=id]").type("NOBODY")
            try browser.element("[name=password]").type("wrong")
            for number in 0..<4 {
                let form = [
                    "--data-urlencode", "c=\(sealed)", "-d", "id=X&password=\(rivals.count)\(number)",
                ]
                rivals.append(
                    try ChildProcess(
                        "curl",
                        options(deployment, cookie) + form + ["\(deployment.login)/.sekisho/password"],
                        errorLog: deployment.folder.url.appending(path: "logs/curl.log")))
            }
            try browser.press("API連携")
            return try browser.pageText().contains("APL-1911")
        }
        try Accessibility.inspect(browser, as: "service-busy")
    }

    // MARK: The end of a step's time

    @Test func `a step warns before its time is over, and the customer can stay`() throws {
        let deployment = try Deployment()
        let file = deployment.folder.path("consent.json5")
        deployment.killConsent()
        try String(contentsOfFile: file, encoding: .utf8)
            .replacing(
                "\n    listen:",
                with: "\n    lifetimes: { flowIdleSeconds: 12, flowSeconds: 600 },\n    listen:"
            )
            .write(toFile: file, atomically: true, encoding: .utf8)
        try deployment.startConsent()
        let browser = try logIn(deployment, "master")
        let shown = "#timeout .timeout-warning:not([hidden])"
        #expect(try !browser.has(shown))
        _ = try browser.element(shown)
        #expect(try browser.pageText().contains("続ける場合は6秒以内に"))
        try Accessibility.inspect(browser, as: "step-time-warning")
        try browser.element("#timeout button").click()
        _ = try browser.element("#timeout .timeout-warning[hidden]")
        // It comes again, and nothing that was chosen is lost over it.
        try browser.element("[name=scope-balance]").click()
        _ = try browser.element(shown)
        #expect(try browser.element("[name=scope-balance]").isSelected())
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
    }

    // MARK: Parts

    private func arrive(_ browser: Browser, _ deployment: Deployment) throws {
        try browser.open("\(deployment.partnerOrigin)/")
        try browser.press("連携する")
        try browser.waitForPage(titled: "API連携認証（利用登録）")
    }

    private func send(_ browser: Browser, _ id: String, _ password: String) throws {
        try browser.element("[name=id]").type(id)
        try browser.element("[name=password]").type(password)
        try browser.press("API連携")
    }

    /// A browser at the first step of the flow.
    private func logIn(_ deployment: Deployment, _ certificate: String) throws -> Browser {
        let browser = try Browser(pki: deployment.pki, certificates: [certificate])
        try arrive(browser, deployment)
        try browser.press("電子証明書ログイン")
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try browser.waitForPage(titled: "API連携認証（認可業務選択）（利用登録）")
        return browser
    }

    private func curl(_ deployment: Deployment, _ cookie: String, _ arguments: [String]) throws -> String {
        try ChildProcess.run("curl", options(deployment, cookie) + arguments)
    }

    private func options(_ deployment: Deployment, _ cookie: String) -> [String] {
        [
            "-s", "--cacert", deployment.pki.serverCA, "--resolve",
            "fb.localhost:\(deployment.port):127.0.0.1", "-b", "__Secure-sekisho-login=\(cookie)",
        ]
    }

    private func repeated(_ isDone: () throws -> Bool) throws {
        for _ in 0..<40 where try isDone() { return }
        throw ScenarioFault("forty times were not enough")
    }

    private func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
