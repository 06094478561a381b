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
}
