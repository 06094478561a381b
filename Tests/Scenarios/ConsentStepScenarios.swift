import Foundation
import Testing

/// The steps of the consent flow in a real Chromium: what they look like, on a desktop and 360 pixels wide, and
/// whether axe finds a barrier in them.
@Suite(.serialized) struct ConsentStepScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    @Test func `照会用暗証番号 are registered as in the source, and every page is without barriers`() throws {
        let browser = try logIn("general")
        try Accessibility.inspect(browser, as: "step-scopes")
        try browser.press("次へ")
        #expect(try browser.pageText().contains("APL-1401"))
        try Accessibility.inspect(browser, as: "step-scopes-none")
        try browser.element("[name=scope-balance]").click()
        try browser.element("[name=scope-movements]").click()
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録）（利用登録）")
        try Accessibility.inspect(browser, as: "step-pins")
        // What is typed into a row ticks it.
        try browser.element("[name=pin-001-1-2000002]").type("12")
        #expect(try browser.element("[name=select-001-1-2000002]").isSelected())
        try browser.press("登録")
        #expect(try browser.pageText().contains("APL-1502"))
        #expect(try browser.element("[name=select-001-1-2000002]").isSelected())
        #expect(try browser.element("[name=pin-001-1-2000002]").value() == "")
        try Accessibility.inspect(browser, as: "step-pins-wrong")
        try browser.element("#select-all").click()
        let said = "return document.getElementById('select-all-said').textContent"
        #expect(try browser.run(script: said) as? String == "4件の口座を選択しています。")
        for account in ["001-1-2000002", "202-1-1111111", "202-1-2222222", "456-1-1000314"] {
            #expect(try browser.element("[name=select-\(account)]").isSelected())
            try browser.element("[name=pin-\(account)]").type("9\(account.suffix(3))")
        }
        try browser.press("登録")
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録結果）")
        try Accessibility.inspect(browser, as: "step-pin-result")
        try browser.reload()
        try browser.press("確認")
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
        try Accessibility.inspect(browser, as: "step-permission")
        try browser.press("許可")
        #expect(try browser.pageText().contains("APL-1601"))
        try Accessibility.inspect(browser, as: "step-permission-unticked")
        try browser.element("[name=agree]").click()
        try browser.press("許可")
        try browser.waitForPage(titled: "連携が完了しました")
        try browser.screenshot("step-connected")
        #expect(try browser.pageText().contains("円"))
        try endTheConnection(browser)
    }

    /// 情報アクセス許可 says that what was allowed can be ended at any time.
    private func endTheConnection(_ browser: Browser) throws {
        try browser.open("\(deployment.certificateHost)/consent/services")
        try browser.waitForPage(titled: "連携中サービス一覧")
        #expect(try browser.pageText().contains("サンプル会計"))
        try Accessibility.inspect(browser, as: "services")
        try browser.press("解除 サンプル会計")
        try browser.waitForPage(titled: "連携中サービス一覧")
        let text = try browser.pageText()
        #expect(text.contains("解除しました") && text.contains("連携中のサービスはありません"))
        try Accessibility.inspect(browser, as: "services-ended")
    }

    @Test func `追加認証 asks the same question until it is answered, without barriers`() throws {
        let browser = try Browser(pki: deployment.pki, certificates: [])
        try browser.open("\(deployment.partnerOrigin)/")
        try browser.press("連携する")
        try browser.element("[name=id]").type("IDUSER0003")
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try browser.waitForPage(titled: "API連携認証（追加認証）（利用登録）")
        try Accessibility.inspect(browser, as: "step-challenge")
        let answers = ["初めて飼ったペットの名前は？": "たま", "卒業した小学校の名前は？": "都島小学校", "母の旧姓は？": "佐藤"]
        let asked = try browser.pageText()
        let question = try #require(answers.keys.first { asked.contains($0) })
        try browser.element("[name=answer]").type("違う")
        try browser.press("認証")
        let text = try browser.pageText()
        #expect(text.contains("APL-1301") && text.contains(question))
        try Accessibility.inspect(browser, as: "step-challenge-wrong")
        try browser.element("[name=answer]").type(try #require(answers[question]))
        try browser.press("認証")
        try browser.waitForPage(titled: "API連携認証（認可業務選択）（利用登録）")
    }

    @Test func `reloading or going back after a wrong form sends nothing again and does no harm`() throws {
        let browser = try logIn("general")
        func again(_ id: String, forms: Int) throws {
            for _ in 1...3 {
                try browser.reload()
                #expect(try browser.pageText().contains(id))
            }
            #expect(try forms == formsSent())
        }
        try browser.press("次へ")
        try again("APL-1401", forms: 1)
        // Back leads to the same page as the store knows it, not to an error of the browser's.
        try browser.goBack()
        try browser.waitForPage(titled: "API連携認証（認可業務選択）（利用登録）")
        try browser.element("[name=scope-balance]").click()
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録）（利用登録）")
        try browser.press("登録")
        try again("APL-1501", forms: 3)
        try browser.element("[name=pin-001-1-2000002]").type("7777")
        try browser.press("登録")
        try again("APL-1503", forms: 4)
        #expect(try browser.element("[name=select-001-1-2000002]").isSelected())
        #expect(try browser.element("[name=pin-001-1-2000002]").value() == "")
        try browser.element("[name=pin-001-1-2000002]").type("9002")
        try browser.press("登録")
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録結果）")
        try browser.goBack()
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録結果）")
        try browser.press("確認")
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
        try browser.press("許可")
        try again("APL-1601", forms: 7)
        try browser.goBack()
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
        try browser.element("[name=agree]").click()
        try browser.press("許可")
        try browser.waitForPage(titled: "連携が完了しました")
        let log = try deployment.log("consent.log")
        #expect(log.split(separator: "\n").count { $0.contains(#""event":"consent.granted""#) } == 1)
    }

    /// How many forms of the flow the backend has been sent.
    private func formsSent() throws -> Int {
        try deployment.log("consent.log").split(separator: "\n").count {
            $0.contains(#""event":"request.served""#) && $0.contains(#""method":"POST""#)
                && $0.contains(#""path":"/consent""#)
        }
    }

    @Test func `twenty accounts with long names fit on a phone`() throws {
        let browser = try logIn("multi-valued")
        try browser.element("[name=scope-balance]").click()
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録）（利用登録）")
        try Accessibility.inspect(browser, as: "step-pins-twenty")
        // Back shows where the flow is, not a form of before.
        try browser.goBack()
        try browser.waitForPage(titled: "API連携認証（照会用暗証番号登録）（利用登録）")
    }

    @Test(arguments: [("no-questions", "APL-1302"), ("no-accounts", "APL-1505")])
    func `who cannot go on is told why, and goes back`(_ certificate: String, _ id: String) throws {
        let browser = try logIn(certificate)
        #expect(try browser.pageText().contains(id))
        try Accessibility.inspect(browser, as: "step-dead-end-\(certificate)")
        try browser.press("API連携先に戻る")
        try browser.waitForPage(titled: "連携は行われませんでした")
    }

    @Test func `the steps speak English at a press of the link`() throws {
        let browser = try logIn("general")
        try browser.press("English")
        #expect(try browser.title() == "API connection: choice of services (registration)")
        try Accessibility.inspect(browser, as: "step-scopes-english")
        try browser.element("[name=scope-balance]").click()
        try browser.press("Next")
        try Accessibility.inspect(browser, as: "step-pins-english")
    }

    // MARK: Parts

    private func logIn(_ certificate: String) throws -> Browser {
        let browser = try Browser(pki: deployment.pki, certificates: [certificate])
        try browser.open("\(deployment.partnerOrigin)/")
        try browser.press("連携する")
        try browser.press("電子証明書ログイン")
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        return browser
    }
}
