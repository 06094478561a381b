/// Warns two minutes before a session ends for want of activity, and lets the customer stay (WCAG 2.2.1).
///
/// A script does it, since a page that reloads itself would lose what was typed into it. Without script the
/// page has said from the beginning how long it waits, with a link that stays in another tab.
public struct TimeoutWarning: Sendable {
    /// How long the session waits for the customer.
    public var idleSeconds: Int
    /// A GET of this path on the same host counts as activity, such as the address of the step itself.
    public var stayAddress: String

    public init(idleSeconds: Int, stayAddress: String) {
        self.idleSeconds = idleSeconds
        self.stayAddress = stayAddress
    }

    /// Where the gateway serves ``script``. A page with a warning names it as `script-src` and sends
    /// requests of its own (``PageHeaders/fields(formTargets:runsScript:)``).
    public static let scriptPath = "/.sekisho/timeout.js"

    /// The header fields of the script.
    public static let scriptFields: [(name: String, value: String)] = [
        ("Content-Type", "text/javascript; charset=utf-8"),
        ("Cache-Control", "public, max-age=300"),
        ("X-Content-Type-Options", "nosniff"),
    ]

    /// The script as UTF-8. It shows what stands in the page already; no text of its own.
    public static let script = Array(
        """
        (() => {
          'use strict';
          const box = document.getElementById('timeout');
          if (!box) return;
          const shown = box.querySelector('.timeout-warning');
          const stay = box.querySelector('button');
          const wait = Math.max(1, Number(box.dataset.seconds) - Number(box.dataset.before)) * 1000;
          let timer;
          const arm = () => {
            shown.hidden = true;
            clearTimeout(timer);
            timer = setTimeout(() => { shown.hidden = false; }, wait);
          };
          stay.addEventListener('click', async () => {
            try {
              const answer = await fetch(box.dataset.stay, { redirect: 'manual', cache: 'no-store' });
              if (answer.ok) arm(); else location.reload();
            } catch (error) { /* The line is down: the button stays. */ }
          });
          arm();
        })();

        """.utf8)

    static let before = 120

    func html(_ language: PageLanguage) -> HTML {
        let before = min(Self.before, idleSeconds / 2)
        let (idle, rest) = (Self.span(idleSeconds), Self.span(before))
        let limit = PageText(
            "※操作がないまま\(idle.japanese)が経過すると、お手続きは終了します。",
            "This page waits \(idle.english) for you. Without activity the procedure then ends.")
        let stay = PageText("別の画面で時間を延長する", "Stay, in another tab")
        let warning = PageText(
            "操作がないため、まもなくお手続きを終了します。続ける場合は\(rest.japanese)以内にボタンを押してください。",
            "There has been no activity. Press the button within \(rest.english), or the procedure ends.")
        return HTML.element(
            "div", .id("timeout"), .named("data-seconds", String(idleSeconds)),
            .named("data-before", String(before)),
            .named("data-stay", stayAddress)
        ) {
            HTML.element("p", .class("note")) {
                limit[language]
                HTML.element("noscript") {
                    HTML.element("a", .href(stayAddress), .named("target", "_blank")) { stay[language] }
                }
            }
            HTML.element("div", .role("alert")) {
                HTML.element("div", .class("alert timeout-warning"), .flag("hidden")) {
                    HTML.element("p") { warning[language] }
                    HTML.element("button", .type("button"), .class("button secondary")) {
                        PageText("お手続きを続ける", "Continue")[language]
                    }
                }
            }
        }
    }

    /// In whole minutes where there are any; never longer than it is.
    private static func span(_ seconds: Int) -> PageText {
        let minutes = seconds / 60
        if minutes == 0 { return PageText("\(seconds)秒", "\(seconds) seconds") }
        return PageText("\(minutes)分", minutes == 1 ? "1 minute" : "\(minutes) minutes")
    }
}
