import Foundation
import Journey
import Testing

/// The login as customers meet it in a real browser. Every page is photographed on a desktop and on a phone, and
/// checked by axe: `.build/screenshots`.
@Suite(.serialized) struct LoginPageScenarios {
    let deployment: Deployment
    private let loginTitle = "API連携認証（利用登録）"

    init() throws { deployment = try Deployment() }

    // MARK: Where each customer ends

    /// The personas of `certs/README.md` that bring a certificate. Nil leads in.
    @Test(arguments: [
        ("master", nil), ("general", nil), ("expiring", nil), ("expired", "APL-1101"), ("closed", "APL-1203"),
        ("stopped", "APL-1203"), ("no-questions", nil), ("no-accounts", nil), ("two-second", nil),
        ("revoked", "APL-1103"), ("unknown", "APL-1104"), ("two-names", "APL-1104"), ("no-eku", "APL-1104"),
    ])
    func `a customer with a certificate ends where they should`(name: String, page: String?) throws {
        let browser = try Browser(pki: deployment.pki, certificates: [name])
        try arrive(browser)
        try browser.press("電子証明書ログイン")
        if try browser.has("[name=password]") {
            try Accessibility.inspect(browser, as: "login-certificate-\(name)")
            let notice = try browser.pageText().contains("有効期限まであと")
            #expect(notice == (name == "expiring"))
            try browser.element("[name=password]").type("Sakura2026")
            try browser.press("API連携")
        }
        if let page {
            #expect(try browser.pageText().contains(page))
            try Accessibility.inspect(browser, as: "login-end-\(name)")
        } else {
            try awaitBackend(browser)
        }
    }

    @Test(arguments: [
        ("IDUSER0003", "Sakura2026", nil), ("IDUSER0003", "wrong", "APL-1201"),
        ("IDUSER0008", "Sakura2026", "APL-1203"), ("IDUSER0010", "Sakura2026", "APL-1203"),
        ("TSUSER0015", "Sakura2026", "APL-1201"), ("IDUSER0011", "Sakura2026", "APL-1204"),
        ("IDUSER0012", "Sakura2026", "APL-1205"), ("IDUSER0013", "Sakura2026", "APL-1206"),
    ])
    func `a customer with ID and password ends where they should`(
        id: String, password: String, page: String?
    ) throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        try logIn(browser, id, password)
        guard let page else { return try awaitBackend(browser) }
        #expect(try browser.pageText().contains(page))
        try Accessibility.inspect(browser, as: "login-id-\(id)-\(page)")
    }

    @Test func `wrong passwords pause a customer, and the page says until when`() throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        for _ in 1...5 { try logIn(browser, "IDUSER0009", "wrong") }
        let text = try browser.pageText()
        #expect(text.contains("APL-1202"))
        #expect(text.firstMatch(of: #/ご利用の再開：\d{4}年\d\d月\d\d日 \d{1,2}時\d\d分以降/#) != nil)
        try Accessibility.inspect(browser, as: "login-paused")
    }

    @Test(arguments: ["ja,en", "en"])
    func `whoever brings the certificate from before the renewal is told to choose the new one`(
        languages: String
    ) throws {
        func browse(_ name: String) throws -> Browser {
            let browser = try Browser(pki: deployment.pki, certificates: [name], languages: languages)
            let isEnglish = languages == "en"
            try arrive(browser, title: isEnglish ? "Connect your accounts (registration)" : nil)
            try browser.press(isEnglish ? "Log in with certificate" : "電子証明書ログイン")
            return browser
        }
        let renewed = try browse("renewed")
        try renewed.element("[name=password]").type("Sakura2026")
        try renewed.press(languages == "en" ? "Connect" : "API連携")
        try awaitBackend(renewed)
        renewed.close()
        let superseded = try browse("superseded")
        let text = try superseded.pageText()
        #expect(text.contains("APL-1107"))
        #expect(text.contains(languages == "en" ? "Please choose the new one." : "新しい電子証明書を選択してください。"))
        try Accessibility.inspect(superseded, as: "login-end-superseded-\(languages.prefix(2))")
    }

    // MARK: Languages

    @Test func `who reads English gets English, can change it on every page, and keeps the way`() throws {
        let browser = try Browser(pki: deployment.pki, certificates: ["master"], languages: "en-GB,en")
        try arrive(browser, title: "Connect your accounts (registration)")
        try Accessibility.inspect(browser, as: "login-english")
        try browser.press("日本語")
        try browser.waitForPage(titled: loginTitle)
        try browser.press("English")
        try browser.press("Log in with certificate")
        try Accessibility.inspect(browser, as: "login-certificate-english")
        try browser.element("[name=password]").type("wrong")
        try browser.press("Connect")
        #expect(try browser.pageText().contains("The password is not correct."))
        try Accessibility.inspect(browser, as: "login-wrong-english")
        try browser.press("日本語")
        #expect(try browser.pageText().contains("ログインパスワードに誤りがあります。"))
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try awaitBackend(browser)
    }

    // MARK: The browser's own buttons

    @Test func `reloading or going back after a wrong password sends nothing again`() throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        try logIn(browser, "IDUSER0003", "wrong")
        for _ in 1...6 {
            try browser.reload()
            #expect(try browser.pageText().contains("APL-1201"))
        }
        try browser.goBack()
        try browser.waitForPage(titled: loginTitle)
        try logIn(browser, "IDUSER0003", "Sakura2026")
        try awaitBackend(browser)
        try browser.goBack()
        #expect(try !browser.pageText().contains("APL-1914"))
    }

    @Test func `a second click on the button is the same login`() throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        try browser.element("[name=id]").type("IDUSER0009")
        try browser.element("[name=password]").type("wrong")
        try browser.run(
            script: """
                const form = document.querySelector('[name=password]').form;
                HTMLFormElement.prototype.submit.call(form);
                HTMLFormElement.prototype.submit.call(form);
                """)
        _ = try browser.element("#error")
        #expect(try browser.pageText().contains("APL-1201"))
        for _ in 1...3 {
            try logIn(browser, "IDUSER0009", "wrong")
            #expect(try browser.pageText().contains("APL-1201"), "four failures are not yet a pause")
        }
        try logIn(browser, "IDUSER0009", "Sakura2026")
        try awaitBackend(browser)
    }

    @Test func `the login works with the keyboard alone, and focus goes to what is wrong`() throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        try browser.element("[name=id]").type("IDUSER0003\u{E004}")  // Tab
        #expect(try browser.run(script: "return document.activeElement.name") as? String == "password")
        try browser.element("[name=password]").type("wrong\u{E007}")  // Enter
        _ = try browser.element("#error")
        let focused = try browser.run(script: "return document.activeElement.id") as? String
        #expect(focused == "error" || focused == "id")
        try browser.element("[name=id]").type("IDUSER0003\u{E004}")
        try browser.element("[name=password]").type("Sakura2026\u{E007}")
        try awaitBackend(browser)
    }

    // MARK: Where a login leads

    /// Chromium holds a form's `form-action` against every redirect behind it.
    @Test func `a request that the backend refuses gets back to the partner right after the login`() throws {
        let browser = try Browser(pki: deployment.pki)
        let request = [
            "response_type=code", "client_id=sample-partner", "state=s", "scope=nonsense",
            "redirect_uri=https%3A%2F%2Fpartner.localhost%3A\(deployment.partnerPort)%2Fcallback",
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method=S256",
        ]
        try browser.open("\(deployment.login)/authorize?\(request.joined(separator: "&"))")
        try logIn(browser, "IDUSER0003", "Sakura2026")
        try browser.waitForPage(titled: "連携できませんでした")
        let address = try browser.address()
        #expect(address.hasPrefix("\(deployment.partnerOrigin)/callback?"))
        #expect(address.contains("error=invalid_scope"))
    }

    // MARK: Another certificate

    @Test func `another certificate can be chosen: on a fresh host the browser asks again`() throws {
        let origin = "https://cert.fb.localhost:\(deployment.port)"
        let browser = try Browser(
            pki: deployment.pki, certificates: ["two-first", "two-second"],
            choosing: .byHost([
                (origin, .issuer(commonName: "FBサービス クライアントCA G1")),
                (
                    "https://[*.]cert.fb.localhost:\(deployment.port)",
                    .issuer(commonName: "FBサービス クライアントCA G2")
                ),
            ]))
        try arrive(browser)
        try browser.press("電子証明書ログイン")
        #expect(try browser.pageText().contains("クライアントCA G1"))
        try Accessibility.inspect(browser, as: "login-certificate-first")
        try browser.reload()
        #expect(try browser.pageText().contains("クライアントCA G1"), "the same host does not ask again")
        try browser.press("別の証明書を選択する")
        #expect(try browser.pageText().contains("クライアントCA G2"))
        let label = try browser.address().firstMatch(of: #/https:\/\/([0-9a-f]{10})\.cert\.fb\.localhost/#)?.1
        #expect(label != nil)
        try browser.press("別の証明書を選択する")
        let next = try browser.address().firstMatch(of: #/https:\/\/([0-9a-f]{10})\.cert\.fb\.localhost/#)?.1
        #expect(next != nil && next != label)
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try awaitBackend(browser)
        #expect(try browser.address().contains(".cert.fb.localhost"))
    }

    // MARK: Parts

    private func arrive(_ browser: Browser, title: String? = nil) throws {
        try browser.open("\(deployment.partnerOrigin)/")
        try browser.press("連携する")
        try browser.waitForPage(titled: title ?? loginTitle)
    }

    private func logIn(_ browser: Browser, _ id: String, _ password: String) throws {
        // Going back, a browser brings along what was typed.
        try browser.element("[name=id]").clear()
        try browser.element("[name=id]").type(id)
        try browser.element("[name=password]").clear()
        try browser.element("[name=password]").type(password)
        try browser.press("API連携")
    }

    /// Until a page of the backend is there.
    private func awaitBackend(_ browser: Browser) throws {
        for _ in 0..<1000 {
            if try !browser.address().contains("/.sekisho/") {
                #expect(try browser.title() != loginTitle)
                return
            }
            usleep(10_000)
        }
        throw ScenarioFault("the login leads to \(try browser.address()): \(try browser.pageText())")
    }
}
