import Command
import Gateway
import Settings
import Text

/// `sekisho selfcheck FILE [--json]`: a report for an auditor.
enum SelfcheckCommand {
    static func run(_ options: Options) throws(CommandFault) {
        guard let path = options.words.first, options.words.count == 1 else {
            throw CommandFault(usage: "usage: sekisho selfcheck FILE [--json]")
        }
        let settings = try GatewaySettings.read(path)
        let findings: [Selfcheck.Finding]
        do throws(GatewayFault) { findings = try Selfcheck.run(settings) } catch {
            throw CommandFault(error.description)
        }
        Console.print(options.has("--json") ? json(findings) : text(path, findings))
        if findings.contains(where: { $0.outcome == .failed }) { Console.exit(1) }
    }

    private static func text(_ path: String, _ findings: [Selfcheck.Finding]) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let checkWidth = findings.map(\.check.count).max() ?? 0
        let hostWidth = findings.map(\.host.count).max() ?? 0
        let lines = findings.map {
            "\(padded($0.outcome.rawValue, 8))\(padded($0.check, checkWidth))  \(padded($0.host, hostWidth))"
                + "  \($0.detail)"
        }
        func count(_ outcome: Selfcheck.Finding.Outcome) -> Int {
            findings.filter { $0.outcome == outcome }.count
        }
        let sum = "\(count(.passed)) passed, \(count(.failed)) failed, \(count(.skipped)) not tried"
        return (["selfcheck of \(path)"] + lines + [sum]).joined(separator: "\n")
    }

    private static func json(_ findings: [Selfcheck.Finding]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for finding in findings {
            json.beginObject()
            json.member("check", finding.check)
            json.member("host", finding.host)
            json.member("outcome", finding.outcome.rawValue)
            json.member("detail", finding.detail)
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
