import Foundation

/// A headless Chromium with a fresh profile, driven through chromedriver. One at a time is plenty on a small
/// machine; several with different certificates may follow each other, since each has a certificate store of
/// its own.
///
/// The certificate is chosen by a *preference*: the managed policy `AutoSelectCertificateForUrls` does the
/// same, but is read from /etc only, by root. The preference is the content setting the policy ends in, and
/// works for anybody (Chromium 156).
final class Browser {
    private let profile: BrowserProfile
    private let process: ChildProcess
    private let driver: WebDriver
    private let session: String

    /// Where `screenshot(_:)` puts its pictures.
    static let screenshots = DevelopmentPKI.package.appending(path: ".build/screenshots")

    /// How long `element(_:)` waits for what it looks for.
    static let patienceMilliseconds = 10_000

    /// - Parameters:
    ///   - certificates: names of `certs/README.md`, such as `master`; none, and the browser presents none.
    ///   - choice: which of them it presents.
    ///   - languages: what its `Accept-Language` says.
    init(
        pki: DevelopmentPKI, certificates: [String] = [], choosing choice: CertificateChoice = .any,
        languages: String = "ja,en", width: Int = 1024, height: Int = 768
    ) throws {
        profile = try BrowserProfile(pki: pki, certificates: certificates)
        let log = profile.home.url.appending(path: "chromedriver.log")
        process = try ChildProcess(
            "chromedriver", ["--port=0"],
            environment: ["HOME": profile.home.url.path, "XDG_CONFIG_HOME": profile.home.path("config")],
            errorLog: log)
        let ready = try process.line(containing: "started successfully on port")
        guard let port = ready.firstMatch(of: #/port (\d+)/#).flatMap({ UInt16($0.1) }) else {
            throw ScenarioFault("chromedriver names no port: \(ready)")
        }
        driver = WebDriver(port: port)
        do {
            let options = Self.options(
                profile: profile.home.path("profile"), choice, languages, width, height)
            let answer = try driver.command(
                "POST", "/session", ["capabilities": ["alwaysMatch": ["goog:chromeOptions": options]]])
            guard let session = (answer as? [String: Any])?["sessionId"] as? String else {
                throw ScenarioFault("chromedriver opens no session")
            }
            self.session = session
            try driver.command(
                "POST", "/session/\(session)/timeouts", ["implicit": Self.patienceMilliseconds])
        } catch {
            _ = try? driver.command("GET", "/shutdown")
            throw error
        }
    }

    deinit { close() }

    // MARK: Pages

    /// Loads a page and waits until it is there.
    func open(_ address: String) throws { try command("POST", "url", ["url": address]) }

    func reload() throws { try command("POST", "refresh", [:]) }

    /// As if the customer had pressed 戻る.
    func goBack() throws { try command("POST", "back", [:]) }

    func address() throws -> String { try text(of: command("GET", "url")) }

    func title() throws -> String { try text(of: command("GET", "title")) }

    /// The page's text as a person sees it.
    func pageText() throws -> String { try element("body").text() }

    /// Waits until a page with exactly this title is there.
    func waitForPage(titled title: String) throws {
        precondition(!title.contains("'"), "the XPath below quotes with apostrophes")
        try find("xpath", "//title[normalize-space(.) = '\(title)']")
    }

    /// The value of a cookie that the page's host gets.
    func cookie(_ name: String) throws -> String {
        let found = try command("GET", "cookie/\(name)") as? [String: Any]
        return try text(of: found?["value"])
    }

    /// Forgets all cookies of the page's host.
    func forgetCookies() throws { try command("DELETE", "cookie") }

    // MARK: Elements

    /// The first element a CSS selector matches, waited for.
    func element(_ selector: String) throws -> Element { try find("css selector", selector) }

    /// The button or link with this text, waited for.
    func button(_ label: String) throws -> Element {
        precondition(!label.contains("'"), "the XPath below quotes with apostrophes")
        return try find(
            "xpath",
            "(//button|//a|//input[@type='submit'])[normalize-space(.) = '\(label)' or @value = '\(label)']")
    }

    /// Clicks a button or link with this text that leads to another page, and waits until that page is there.
    func press(_ label: String) throws {
        let button = try button(label)
        try run(script: "document.documentElement.setAttribute('data-left', '')")
        try button.click()
        _ = try element("html:not([data-left])")
    }

    /// Whether anything matches now; does not wait.
    func has(_ selector: String) throws -> Bool {
        try run(script: "return document.querySelector(arguments[0]) !== null", [selector]) as? Bool == true
    }

    /// One element of the page. It goes stale with the page.
    struct Element {
        fileprivate let browser: Browser
        fileprivate let identifier: String

        func text() throws -> String { try browser.text(of: command("GET", "text")) }

        func attribute(_ name: String) throws -> String? {
            try command("GET", "attribute/\(name)") as? String
        }

        /// What stands in a field now.
        func value() throws -> String { try browser.text(of: command("GET", "property/value")) }

        func isSelected() throws -> Bool { try command("GET", "selected") as? Bool == true }

        /// Returns at once, even where another page is to come; see `press(_:)`.
        func click() throws { try command("POST", "click", [:]) }

        /// Types at the end of what is in a field already.
        func type(_ text: String) throws { try command("POST", "value", ["text": text]) }

        func clear() throws { try command("POST", "clear", [:]) }

        @discardableResult
        private func command(_ method: String, _ name: String, _ parameters: [String: Any]? = nil) throws
            -> Any?
        {
            try browser.command(method, "element/\(identifier)/\(name)", parameters)
        }
    }

    // MARK: Window

    /// Resizes the window, a phone's width included.
    func resize(width: Int, height: Int) throws {
        try command("POST", "window/rect", ["width": width, "height": height])
    }

    /// Makes the page as wide as a desktop's or a phone's and as high as all of its content; a window can't
    /// be made that narrow.
    func showAll(width: Int, isMobile: Bool) throws {
        func show(height: Int) throws {
            let metrics: [String: Any] = [
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": isMobile,
            ]
            try developerCommand("Emulation.setDeviceMetricsOverride", metrics)
        }
        try show(height: 640)
        try show(height: run(script: "return document.documentElement.scrollHeight") as? Int ?? 640)
    }

    /// The window as it was before `showAll(width:isMobile:)`.
    func showWindow() throws { try developerCommand("Emulation.clearDeviceMetricsOverride", [:]) }

    private func developerCommand(_ name: String, _ parameters: [String: Any]) throws {
        try command("POST", "goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    /// Runs JavaScript in the page as a function's body; what it returns, as JSON has it.
    @discardableResult
    func run(script: String, _ arguments: [Any] = []) throws -> Any? {
        try command("POST", "execute/sync", ["script": script, "args": arguments])
    }

    /// Keeps a picture of the window as `.build/screenshots/NAME.png`, and returns where.
    @discardableResult
    func screenshot(_ name: String) throws -> URL {
        guard let png = Data(base64Encoded: try text(of: command("GET", "screenshot"))) else {
            throw ScenarioFault("chromedriver sent no picture")
        }
        try FileManager.default.createDirectory(at: Self.screenshots, withIntermediateDirectories: true)
        let file = Self.screenshots.appending(path: "\(name).png")
        try png.write(to: file)
        return file
    }

    /// Ends Chromium and chromedriver, in this order: a chromedriver that gets SIGTERM leaves its Chromium
    /// behind.
    func close() {
        _ = try? driver.command("GET", "/shutdown")
        process.stop()
    }

    // MARK: Machinery

    @discardableResult
    private func command(_ method: String, _ name: String, _ parameters: [String: Any]? = nil) throws -> Any?
    {
        try driver.command(method, "/session/\(session)/\(name)", parameters)
    }

    @discardableResult
    private func find(_ strategy: String, _ selector: String) throws -> Element {
        let found = try command("POST", "element", ["using": strategy, "value": selector]) as? [String: Any]
        guard let identifier = found?.values.first as? String else {
            throw ScenarioFault("chromedriver names no element for \(selector)")
        }
        return Element(browser: self, identifier: identifier)
    }

    private func text(of value: Any?) throws -> String {
        guard let text = value as? String else { throw ScenarioFault("chromedriver answered with no text") }
        return text
    }

    private static func options(
        profile: String, _ choice: CertificateChoice, _ languages: String, _ width: Int, _ height: Int
    ) -> [String: Any] {
        var arguments = [
            "--headless=new", "--user-data-dir=\(profile)", "--window-size=\(width),\(height)", "--lang=ja",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ]
        if ProcessInfo.processInfo.userName == "root" { arguments.append("--no-sandbox") }
        return [
            "args": arguments,
            "prefs": [
                "intl.accept_languages": languages,
                "profile.content_settings.exceptions.auto_select_certificate": choice.settings,
            ],
        ]
    }
}
