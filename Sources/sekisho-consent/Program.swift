import Command
import Consent
import Settings

/// The consent backend and its operators' command.
@main
struct Program {
    static func main() {
        Console.main(run)
    }

    private static func run(_ arguments: [String]) throws(CommandFault) {
        switch (arguments.first, arguments.count) {
        case ("serve", 3) where arguments[1] == "--config": try Serve.run(arguments[2])
        case ("grants", _): try Grants.run(arguments.dropFirst())
        case ("customers", _): try Customers.run(arguments.dropFirst())
        case ("audit", _): try audit(arguments.dropFirst())
        case ("check", 2): try check(arguments[1])
        case ("partners", _): try Partners.run(arguments.dropFirst())
        case ("settings", 2) where arguments[1] == "reference":
            Console.print(ConsentSettings.referenceMarkdown)
        case ("settings", 2) where arguments[1] == "schema": Console.print(ConsentSettings.jsonSchema)
        case ("version", 1), ("--version", 1): Console.printRelease(of: "sekisho-consent")
        case ("help", _), ("--help", _), ("-h", _), (nil, _): Console.print(usage)
        default: throw CommandFault(usage: usage)
        }
    }

    static func settings(_ path: String) throws(CommandFault) -> ConsentSettings {
        try SettingsFile.read(path) { ConsentSettings.read(text: $0, file: $1, folder: $2) }
    }

    private static func audit(_ arguments: ArraySlice<String>) throws(CommandFault) {
        try AuditCommand.run(
            arguments, program: "sekisho-consent",
            settings: { path throws(CommandFault) in try settings(path).logs },
            meaning: { _, reason in ConsentReasonText.text(ofPage: reason) })
    }

    /// With what only the files it names can tell.
    static func checkedSettings(_ path: String) throws(CommandFault) -> ConsentSettings {
        let settings = try settings(path)
        let faults = PartnerFault.all(in: settings)
        guard faults.isEmpty else {
            throw CommandFault(faults.map { "\(path): \($0)" }.joined(separator: "\n"))
        }
        return settings
    }

    private static func check(_ path: String) throws(CommandFault) {
        try checkedSettings(path).logs.checkAuditKey()
        Console.print("\(path): good")
    }

    private static let usage = """
        sekisho-consent: the consent screens and OAuth endpoints behind the gateway

          sekisho-consent serve --config FILE          run; SIGTERM drains, SIGHUP reloads, SIGUSR1 reopens
                                                       log files, SIGUSR2 lets a new process take over
          sekisho-consent check FILE                   say everything that is wrong with a configuration
          sekisho-consent partners …                   register, change and remove API連携先
          sekisho-consent grants export | end …        what customers have allowed, and the end of it
          sekisho-consent customers import FILE …      take over customers' accounts and questions
          sekisho-consent customers unlock ID …        let a customer answer 追加認証 again
          sekisho-consent audit verify | show CODE …   whether audit files are as written; what led to a page
          sekisho-consent settings reference | schema  every key, as Markdown or as a JSON Schema
          sekisho-consent version                      its version, and which Swift and OpenSSL it has
        """
}
