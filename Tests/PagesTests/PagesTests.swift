import Pages
import Testing

@Suite struct HTMLTests {
    @Test func `markup in text is shown, not obeyed`() {
        #expect(HTML.text("<b a=\"1\" b='2'>&").markup == "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;")
    }

    @Test func `control characters become the replacement character`() {
        #expect(HTML.text("a\u{0}b\u{1B}c\u{85}d\ne").markup == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\ne")
    }

    @Test func `a value cannot leave its attribute`() {
        let html = HTML.element("p", .named("title", "\" onclick=\"x")) { "t" }
        #expect(html.markup == "<p title=\"&quot; onclick=&quot;x\">t</p>")
    }

    @Test func `strings in content are text`() {
        let names = ["<a>", "b"]
        let html = HTML.element("ul") {
            for name in names { HTML.element("li") { name } }
            if names.isEmpty { "none" }
        }
        #expect(html.markup == "<ul><li>&lt;a&gt;</li><li>b</li></ul>")
    }

    @Test func `void elements have no end tag`() {
        #expect(
            HTML.element("input", .flag("required"), .flag("autofocus", if: false)).markup
                == "<input required>")
    }

    @Test(arguments: [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\tscript:x", "data:text/html,x",
        "\u{1}javascript:x", "vbscript:x", "view-source:x",
    ])
    func `an address that would run something leads nowhere`(address: String) {
        #expect(HTML.element("a", .href(address)).markup == "<a href=\"#\"></a>")
        #expect(HTML.element("form", .action(address)).markup == "<form action=\"#\"></form>")
    }

    @Test(arguments: ["/a?b=c:d", "https://a.example/", "#main", "a/b:c", "mailto:a@example.com"])
    func `an honest address stays`(address: String) {
        #expect(HTML.element("a", .href(address)).markup == "<a href=\"\(address)\"></a>")
    }
}

@Suite struct FormTests {
    @Test func `a password is never written back`() {
        let html = HTML.field("ログインパスワード", name: "password", kind: .password, value: "geheim")
        #expect(!html.markup.contains("geheim"))
    }

    @Test func `a field with an error says so to everyone`() {
        let html = HTML.field("ログインID", name: "id", value: "a<b", hint: "半角", error: "誤り").markup
        #expect(html.contains("aria-invalid=\"true\""))
        #expect(html.contains("aria-describedby=\"id-error id-hint\""))
        #expect(html.contains("<label for=\"id\">ログインID</label>"))
        #expect(html.contains("value=\"a&lt;b\""))
    }

    @Test func `a checkbox starts unticked`() {
        #expect(!HTML.checkbox("継続する", name: "agree", value: "yes").markup.contains("checked"))
    }

    @Test func `hidden fields are escaped`() {
        let html = HTML.form(postingTo: "/x", hidden: [("token", "\"><script>")]) { "" }
        #expect(html.markup.contains("value=\"&quot;&gt;&lt;script&gt;\""))
    }
}

@Suite struct PageTests {
    private let institution = Institution(name: "都島信用組合", serviceName: "都島信用組合ＦＢサービス")

    @Test func `a page has one title, one heading, one main and no script`() {
        let page = Page(title: "A<B", institution: institution, body: HTML.text("本文"), partnerName: "会計<ソフト>")
        let text = String(decoding: page.render(), as: UTF8.self)
        #expect(text.hasPrefix("<!doctype html>\n<html lang=\"ja\">"))
        #expect(text.contains("<title>A&lt;B</title>"))
        #expect(text.contains("<h1>A&lt;B</h1>本文</main>"))
        #expect(text.contains("会計&lt;ソフト&gt;"))
        #expect(!text.contains("<script") && !text.contains(" style="))
    }

    @Test func `a notice names its message, the steps and the number for the help desk`() {
        let notice = Notice(code: "APL-1901", message: "終了しました。", steps: ["やり直す"], receipt: "R-1").html.markup
        #expect(notice.contains("role=\"alert\""))
        for text in ["APL-1901", "終了しました。", "やり直す", "R-1"] { #expect(notice.contains(text)) }
    }

    @Test func `the policy names the form's other origins and nothing that could widen it`() {
        let fields = PageHeaders.fields(formTargets: [
            "https://a.example:8443", "https://b.example; script-src *", "https://c.example 'unsafe-inline'",
            "https://",
            "javascript:x", "*",
        ])
        let policy = fields.first { $0.name == "Content-Security-Policy" }?.value
        #expect(
            policy
                == "default-src 'none'; style-src 'self'; form-action 'self' https://a.example:8443; "
                + "frame-ancestors 'none'; base-uri 'none'")
        #expect(fields.contains { $0.name == "Cache-Control" && $0.value == "no-store" })
    }

    @Test func `a page with a way back links to the other language, and one without does not`() {
        var page = Page(title: "A", institution: institution, body: .empty, here: "/a?b=c&d=%2F")
        var text = String(decoding: page.render(), as: UTF8.self)
        #expect(text.contains("href=\"/.sekisho/language?lang=en&amp;to=/a%3Fb%3Dc%26d%3D%252F\""))
        #expect(text.contains("lang=\"en\" hreflang=\"en\">English</a>"))
        page.language = .english
        text = String(decoding: page.render(), as: UTF8.self)
        #expect(text.contains("<html lang=\"en\">") && text.contains(">日本語</a>"))
        page.here = nil
        #expect(!String(decoding: page.render(), as: UTF8.self).contains("/.sekisho/language"))
    }

    @Test func `a page goes on by itself only where it says so, and what it is told stays one attribute`() {
        let page = Page(title: "A", institution: institution, body: .empty, goesOnTo: "/a?b=\"><script>")
        let text = String(decoding: page.render(), as: UTF8.self)
        #expect(
            text.contains(
                "<meta http-equiv=\"refresh\" content=\"0; url=/a?b=&quot;&gt;&lt;script&gt;\">"))
        let other = Page(title: "A", institution: institution, body: .empty).render()
        #expect(!String(decoding: other, as: UTF8.self).contains("refresh"))
    }

    @Test func `a page with a time limit says so at once, and has one script of our own`() {
        var page = Page(
            title: "A", institution: institution, body: .empty,
            timeout: TimeoutWarning(idleSeconds: 600, stayAddress: "/consent?flow=1"))
        let text = String(decoding: page.render(), as: UTF8.self)
        #expect(text.contains("<script src=\"/.sekisho/timeout.js\" defer></script>"))
        #expect(text.contains("10分が経過すると") && text.contains("data-seconds=\"600\" data-before=\"120\""))
        let policy = PageHeaders.fields(runsScript: true).first { $0.name == "Content-Security-Policy" }?
            .value
        #expect(policy?.contains("script-src 'self'; connect-src 'self';") == true)
        page.language = .english
        #expect(String(decoding: page.render(), as: UTF8.self).contains("waits 10 minutes"))
        #expect(String(decoding: page.render(), as: UTF8.self).contains("within 2 minutes"))
        page.timeout?.idleSeconds = 90
        #expect(String(decoding: page.render(), as: UTF8.self).contains("within 45 seconds"))
        #expect(String(decoding: page.render(), as: UTF8.self).contains("waits 1 minute for you"))
    }
}

@Suite struct PageLanguageTests {
    @Test(arguments: [
        ("", PageLanguage.japanese), ("ja", .japanese), ("en", .english), ("en-GB", .english),
        ("EN-us", .english), ("ja,en;q=0.9", .japanese), ("en,ja;q=0.9", .english),
        ("fr", .japanese), ("fr,en;q=0.1", .english), ("en;q=0.5,ja;q=0.8", .japanese),
        ("en;q=0", .japanese), ("en;q=0,fr", .japanese), ("en;q=x", .japanese), ("en;q=1.5", .english),
        ("en ; q=0.8 , ja ; q=0.79", .english), ("*", .japanese), ("english", .japanese), (";q=1", .japanese),
    ])
    func `the browser's wish decides`(accepted: String, language: PageLanguage) {
        #expect(PageLanguage(chosen: nil, accepted: accepted) == language)
    }

    @Test func `the customer's choice goes before the browser's wish, and nonsense does not`() {
        #expect(PageLanguage(chosen: "en", accepted: "ja") == .english)
        #expect(PageLanguage(chosen: "ja", accepted: "en") == .japanese)
        #expect(PageLanguage(chosen: "xx", accepted: "en") == .english)
        #expect(PageLanguage(chosen: nil, accepted: nil) == .japanese)
    }

    @Test func `only so many wishes are read`() {
        let flood = String(repeating: "fr,", count: 20)
        #expect(PageLanguage(chosen: nil, accepted: flood + "en") == .japanese)
        #expect(PageLanguage(chosen: nil, accepted: flood.dropLast(3) + "en") == .english)
    }
}
