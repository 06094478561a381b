import Foundation
import Testing

/// A real Chromium with real certificates walks the journey. Every page is photographed, on a desktop and
/// on a phone: `.build/screenshots`.
@Suite(.serialized) struct BrowserJourneyScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    @Test func `a customer with a certificate connects the partner`() throws {
        let browser = try Browser(pki: deployment.pki, certificates: ["master"])
        try arrive(browser)
        try photograph(browser, "login")
        try browser.press("電子証明書ログイン")
        #expect(try browser.pageText().contains("TSUSER0001"))
        try photograph(browser, "password")
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try browser.waitForPage(titled: "API連携認証（認可業務選択）（利用登録）")
        try browser.element("[name=scope-balance]").click()
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
        #expect(try browser.address().hasPrefix(deployment.certificateHost))
        try photograph(browser, "consent")
        // 許可 without the tick stays on the page and says so.
        try browser.press("許可")
        #expect(try browser.pageText().contains("APL-1601"))
        try photograph(browser, "consent-unticked")
        try browser.element("[type=checkbox]").click()
        try browser.press("許可")
        try browser.waitForPage(titled: "連携が完了しました")
        try photograph(browser, "connected")
    }

    @Test func `a customer with ID and password declines`() throws {
        let browser = try Browser(pki: deployment.pki)
        try arrive(browser)
        try browser.element("[name=id]").type("IDUSER0003")
        try browser.element("[name=password]").type("wrong")
        try browser.press("API連携")
        #expect(try browser.pageText().contains("APL-1201"))
        try photograph(browser, "wrong-password")
        try browser.element("[name=id]").type("IDUSER0003")
        try browser.element("[name=password]").type("Sakura2026")
        try browser.press("API連携")
        try browser.waitForPage(titled: "API連携認証（追加認証）（利用登録）")
        try browser.element("[name=answer]").type("x")
        try browser.press("認証")
        #expect(try browser.pageText().contains("APL-1301"))
        try photograph(browser, "challenge-wrong")
        let question = try browser.pageText()
        let answers = ["ペット": "タマ", "小学校": "都島小学校", "旧姓": "佐藤"]
        try browser.element("[name=answer]").type(answers.first { question.contains($0.key) }?.value ?? "")
        try browser.press("認証")
        try browser.waitForPage(titled: "API連携認証（認可業務選択）（利用登録）")
        try browser.element("[name=scope-movements]").click()
        try browser.press("次へ")
        try browser.waitForPage(titled: "API連携認証（情報アクセス許可）（利用登録）")
        try browser.press("拒否")
        try browser.waitForPage(titled: "連携は行われませんでした")
    }

    @Test(arguments: [
        ("unknown", "APL-1104"), ("two-names", "APL-1104"), ("closed", "APL-1203"), ("expired", "APL-1101"),
        ("revoked", "APL-1103"),
    ])
    func `a certificate that does not lead in leads to a page`(_ certificate: String, _ id: String) throws {
        let browser = try Browser(pki: deployment.pki, certificates: [certificate])
        try arrive(browser)
        try browser.press("電子証明書ログイン")
        if try browser.has("[name=password]") {
            try browser.element("[name=password]").type("Sakura2026")
            try browser.press("API連携")
        }
        #expect(try browser.pageText().contains(id))
        try photograph(browser, "refused-\(certificate)")
    }

    private func arrive(_ browser: Browser) throws {
        try browser.open("\(deployment.partnerOrigin)/")
        try browser.press("連携する")
        try browser.waitForPage(titled: "API連携認証（利用登録）")
    }

    private func photograph(_ browser: Browser, _ name: String) throws {
        try browser.resize(width: 1024, height: 900)
        _ = try browser.screenshot("\(name)-desktop")
        try browser.resize(width: 390, height: 844)
        _ = try browser.screenshot("\(name)-phone")
        try browser.resize(width: 1024, height: 900)
    }
}
