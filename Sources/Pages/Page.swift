/// Whose page it is.
public struct Institution: Sendable, Hashable {
    /// The bank or credit union, e.g. 都島信用組合.
    public var name: String
    /// Its online service, e.g. 都島信用組合ＦＢサービス.
    public var serviceName: String

    public init(name: String, serviceName: String) {
        self.name = name
        self.serviceName = serviceName
    }
}

/// A whole page: the institution's header, one `main` landmark, a footer, one stylesheet; nothing inline, and
/// no script but those of ``TimeoutWarning`` and ``SelectAll``.
public struct Page: Sendable {
    /// The screen's name: `<title>` and the one `<h1>`.
    public var title: String
    public var institution: Institution
    /// What stands in `main` below the heading.
    public var body: HTML
    public var language: PageLanguage
    /// Where the browser finds ``Stylesheet/css``.
    public var stylesheetPath: String
    /// Which partner the customer comes from; shown in the header so that every step says who asks.
    public var partnerName: String?
    /// Path and query that show this page again with GET, for the link to the other language; nil for none.
    public var here: String?
    public var timeout: TimeoutWarning?
    /// Whether ``SelectAll`` is at work in it.
    public var selectsAll: Bool
    /// Where the browser goes on to by itself, at once; a page of this host. Say it as a link in the body
    /// too.
    public var goesOnTo: String?

    public init(
        title: String, institution: Institution, body: HTML, language: PageLanguage = .japanese,
        stylesheetPath: String = Stylesheet.path, partnerName: String? = nil, here: String? = nil,
        timeout: TimeoutWarning? = nil, selectsAll: Bool = false, goesOnTo: String? = nil
    ) {
        self.title = title
        self.institution = institution
        self.body = body
        self.language = language
        self.stylesheetPath = stylesheetPath
        self.partnerName = partnerName
        self.here = here
        self.timeout = timeout
        self.selectsAll = selectsAll
        self.goesOnTo = goesOnTo
    }

    /// The page as UTF-8.
    public func render() -> [UInt8] {
        let page =
            HTML.trusted("<!doctype html>\n")
            + HTML.element("html", .named("lang", language.rawValue)) {
                head
                HTML.element("body") {
                    HTML.element("a", .class("skip"), .href("#main")) {
                        language == .japanese ? "本文へ進む" : "Skip to the content"
                    }
                    header
                    HTML.element("main", .id("main")) {
                        HTML.element("h1") { title }
                        body
                        if let timeout { timeout.html(language) }
                    }
                    HTML.element("footer") {
                        HTML.element("p", .named("lang", "ja")) { institution.name }
                    }
                }
            }
        return Array(page.markup.utf8)
    }

    private var head: HTML {
        HTML.element("head") {
            HTML.element("meta", .named("charset", "utf-8"))
            HTML.element("meta", .name("viewport"), .named("content", "width=device-width, initial-scale=1"))
            HTML.element("meta", .name("robots"), .named("content", "noindex, nofollow"))
            if let goesOnTo {
                HTML.element(
                    "meta", .named("http-equiv", "refresh"), .named("content", "0; url=\(goesOnTo)"))
            }
            HTML.element("title") { title }
            HTML.element("link", .named("rel", "stylesheet"), .href(stylesheetPath))
            if timeout != nil {
                HTML.element("script", .source(TimeoutWarning.scriptPath), .flag("defer"))
            }
            if selectsAll { HTML.element("script", .source(SelectAll.scriptPath), .flag("defer")) }
        }
    }

    private var header: HTML {
        HTML.element("header") {
            if let here {
                HTML.element("p", .class("language")) {
                    HTML.element(
                        "a", .href(LanguageSwitch.address(of: language.other, returningTo: here)),
                        .named("lang", language.other.rawValue), .named("hreflang", language.other.rawValue)
                    ) { language.other.name }
                }
            }
            HTML.element("p", .class("institution"), .named("lang", "ja")) { institution.name }
            HTML.element("p", .class("service"), .named("lang", "ja")) { institution.serviceName }
            if let partnerName {
                HTML.element("p", .class("partner")) {
                    language == .japanese ? "API連携先：\(partnerName)" : "Connecting service: \(partnerName)"
                }
            }
        }
    }
}
