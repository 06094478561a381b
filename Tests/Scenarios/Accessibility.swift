import Foundation
import Testing

/// Faults that axe-core finds in the pages a browser shows, by the rules of WCAG 2.2 A and AA.
enum Accessibility {
    /// Looks at the page that the browser shows now; every fault becomes an issue of the test.
    static func check(_ browser: Browser, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let faults = try faults(in: browser)
        let address = try browser.address()
        #expect(faults == [], "\(address)", sourceLocation: sourceLocation)
    }

    /// Photographs the page that the browser shows now, all of it, as on a desktop and on a phone of 360
    /// pixels, as `.build/screenshots/NAME-desktop.png` and `NAME-phone.png`, and checks both.
    static func inspect(
        _ browser: Browser, as name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for (kind, width) in [("desktop", 1024), ("phone", 360)] {
            try browser.showAll(width: width, isMobile: kind == "phone")
            try browser.screenshot("\(name)-\(kind)")
            let needed = try browser.run(script: "return document.documentElement.scrollWidth") as? Int
            #expect(needed ?? .max <= width, "\(name) is too wide", sourceLocation: sourceLocation)
            try check(browser, sourceLocation: sourceLocation)
        }
        try browser.showWindow()
    }

    /// One line a fault: rule, what is wrong, where.
    static func faults(in browser: Browser) throws -> [String] {
        // A test that runs without looking would pass for ever.
        guard let found = try browser.run(script: try script.get() + run, [tags]) as? [String: Any],
            let faults = found["faults"] as? [String], let passes = found["passes"] as? Int, passes > 0
        else { throw ScenarioFault("axe looked at nothing") }
        return faults
    }

    private static let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    private static let script = Result {
        let file = DevelopmentPKI.package.appending(path: ".build/axe/axe.min.js")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw ScenarioFault("\(file.path) is missing: run scripts/setup test")
        }
        return text
    }

    private static let run = """
        ;return axe.run({ runOnly: { type: 'tag', values: arguments[0] } }).then(found => ({
          faults: found.violations.flatMap(rule => rule.nodes.map(node =>
            rule.id + ': ' + rule.help + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary)),
          passes: found.passes.length
        }));
        """
}
