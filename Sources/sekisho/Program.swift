import Command
import Settings

/// The gateway daemon and its operators' command.
@main
struct Program {
    static func main() {
        Console.main(run)
    }

    private static func run(_ arguments: [String]) throws(CommandFault) {
        switch arguments.first {
        case "serve": try Serve.run(Options(arguments.dropFirst(), named: ["--config"], usage: usage))
        case "check": try Check.run(Options(arguments.dropFirst(), named: [], usage: usage))
        case "selfcheck":
            try SelfcheckCommand.run(
                Options(arguments.dropFirst(), named: [], flags: ["--json"], usage: usage))
        case "customers": try Customers.run(arguments.dropFirst())
        case "sessions": try Sessions.run(arguments.dropFirst())
        case "audit": try Audit.run(arguments.dropFirst())
        case "trace": try TraceCommand.run(arguments.dropFirst())
        case "trust": try TrustCommand.run(arguments.dropFirst())
        case "settings": try printSettings(arguments.dropFirst().first)
        case "version", "--version": Console.printRelease(of: "sekisho")
        case "help", "--help", "-h", nil: Console.print(usage)
        case let command?: throw CommandFault(usage: "sekisho: there is no command \(command)\n\n\(usage)")
        }
    }

    private static func printSettings(_ form: String?) throws(CommandFault) {
        switch form {
        case "reference": Console.print(GatewaySettings.referenceMarkdown)
        case "schema": Console.print(GatewaySettings.jsonSchema)
        default: throw CommandFault(usage: "usage: sekisho settings reference | schema")
        }
    }

    private static let usage = """
        sekisho: mutual-TLS certificate authentication gateway

          sekisho serve --config FILE
              run the gateway in the foreground; SIGHUP reloads, SIGTERM drains and ends (at once, the second
              time), SIGUSR1 reopens log files, SIGUSR2 lets the program as it is now take over
          sekisho check FILE
              say everything that is wrong with a configuration and the files it names
          sekisho selfcheck FILE [--json]
              try what attackers try, with that configuration, on the loopback interface, and report
          sekisho customers …
              who may log in: import, export, explain, add, show, suspend, enroll, …; alone it lists all
          sekisho sessions list [--customer ID] [--json] --config FILE
              who is logged in, the longest first; --json: one object a line
          sekisho sessions end (--customer ID | --session SESSION | --all) --config FILE
              ends sessions on every node within a second; audited
          sekisho trust show | stage | review | commit | rollback | abort | reload | history | restore STORE …
              look at and change whom a running gateway trusts; `sekisho trust` says more
          sekisho audit verify | show CODE | key …
              whether audit files are as they were written; what led to a page with a support code
          sekisho trace start FILE | stop | status …
              records what TLS handshakes a running gateway sees, for sekisho-replay
          sekisho settings reference | schema
              every configuration key, as Markdown or as a JSON Schema for editors
          sekisho version
              its version, and which Swift and OpenSSL it has
        """
}
