import Foundation
import Testing

/// The browser harness against a server known to be good. Scenarios of the product rely on what is held here.
@Suite(.serialized) struct BrowserTests {
    let pki: DevelopmentPKI

    init() throws { pki = try DevelopmentPKI.made() }

    @Test func `a server whose certificate the PKI did not sign is not opened`() throws {
        let echo = try CertificateEcho(pki: pki, server: "customers/wrong-purpose")
        let browser = try Browser(pki: pki)
        try browser.open(echo.address)
        #expect(try browser.has("body.ssl"))  // Chromium's own page
        #expect(try !browser.has("form"))
    }

    @Test func `a browser without certificates presents none and is not asked`() throws {
        let echo = try CertificateEcho(pki: pki)
        let browser = try Browser(pki: pki)
        try browser.open(echo.address)
        #expect(try browser.element("p").text() == "NONE")
    }

    @Test func `a browser presents the certificate it holds, and the next one its own`() throws {
        let echo = try CertificateEcho(pki: pki)
        for (name, customer) in [("master", "TSUSER0001"), ("either", "TSUSER0016")] {
            let browser = try Browser(pki: pki, certificates: [name])
            try browser.open(echo.address)
            #expect(try browser.element("h1").text().contains("CN=\(customer),"))
            #expect(try browser.element("p").text() == "SUCCESS")
            browser.close()
        }
    }

    @Test func `of several certificates the chosen one is presented`() throws {
        let echo = try CertificateEcho(pki: pki)
        let bySubject = try Browser(
            pki: pki, certificates: ["master", "general", "multi-valued"],
            choosing: .subject(commonName: "tsuser0002"))
        try bySubject.open(echo.address)
        #expect(try bySubject.element("h1").text().contains("CN=tsuser0002,"))
        bySubject.close()

        let byIssuer = try Browser(
            pki: pki, certificates: ["two-first", "two-second"],
            choosing: .issuer(commonName: "FBサービス クライアントCA G2"))
        try byIssuer.open(echo.address)
        #expect(try byIssuer.element("h1").text().contains("O=\\E9\\83\\BD"))  // 都島…, which only G2's has
    }

    @Test func `an expired certificate is not offered`() throws {
        let echo = try CertificateEcho(pki: pki)
        let browser = try Browser(pki: pki, certificates: ["expired"])
        try browser.open(echo.address)
        #expect(try browser.element("p").text() == "NONE")
    }

    @Test func `a page is read, filled in, sent, resized and photographed`() throws {
        let echo = try CertificateEcho(pki: pki)
        let browser = try Browser(pki: pki)
        try browser.open(echo.address)
        try browser.waitForPage(titled: "証明書")
        #expect(try browser.pageText().contains("同意"))
        #expect(try browser.has("form") && !browser.has("table"))
        #expect(try !browser.element("[name=agreed]").isSelected())
        try browser.element("[name=agreed]").click()
        #expect(try browser.element("[name=agreed]").isSelected())
        try browser.element("[name=text]").type("誤り")
        try browser.element("[name=text]").clear()
        try browser.element("[name=text]").type("許可")
        #expect(try browser.element("[name=text]").value() == "許可")
        #expect(try browser.element("[name=text]").attribute("name") == "text")

        try browser.resize(width: 500, height: 800)
        #expect(try browser.run(script: "return window.innerWidth * arguments[0]", [2]) as? Int == 1000)
        let picture = try Data(contentsOf: browser.screenshot("browser-harness"))
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]))

        try browser.press("送信")
        let sent = try URLComponents(string: browser.address())
        #expect(sent?.path == "/sent")
        #expect(sent?.queryItems?.first { $0.name == "text" }?.value == "許可")
        try browser.goBack()
        #expect(try browser.address() == echo.address)
    }

    @Test func `faults of accessibility are found, and a page without them has none`() throws {
        let browser = try Browser(pki: pki)
        func faults(_ body: String) throws -> [String] {
            let page = "<!doctype html><html lang=ja><title>t</title><main><h1>h</h1>\(body)</main></html>"
            try browser.open("data:text/html;base64,\(Data(page.utf8).base64EncodedString())")
            return try Accessibility.faults(in: browser)
        }
        #expect(try faults("<label>a <input></label>") == [])
        #expect(try faults("<input>").first?.hasPrefix("label: ") == true)
        #expect(try faults("<p style='color:#999'>pale</p>").first?.hasPrefix("color-contrast: ") == true)
    }
}
