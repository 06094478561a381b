import Command

/// Records, makes up and replays TLS handshake traffic, and reports.
@main
struct Program {
    static func main() {
        Console.main(run)
    }

    private static func run(_ arguments: [String]) throws(CommandFault) {
        let rest = arguments.dropFirst()
        switch arguments.first {
        case "synthesize": try Synthesize.run(rest)
        case "mint": try MintCommand.run(rest)
        case "run": try RunCommand.run(rest)
        case "report": try ReportCommand.run(rest)
        case "compare": try ReportCommand.compare(rest)
        case "help", "--help", "-h", nil: Console.print(usage)
        case let command?:
            throw CommandFault(usage: "sekisho-replay: there is no command \(command)\n\n\(usage)")
        }
    }

    private static let usage = """
        sekisho-replay: TLS handshakes as production sees them, for load tests

          sekisho-replay synthesize PLAN.json5 --out TRACE [--seed N]
              makes a trace from a few lines: rate, customers, resumptions, refusals, kinds of keys
          sekisho-replay mint TRACE --out FOLDER [--days N] [--rsa-keys N]
              makes the certificates that stand in for the customers of a trace, and what a test gateway
              needs to know of them
          sekisho-replay run TRACE --target ADDRESS:PORT --server-ca FILE --pki FOLDER …
              plays a trace and reports; `sekisho-replay run` says more
          sekisho-replay report RUN.json [--html FILE]
              prints the report of a run again, or draws it
          sekisho-replay compare A.json B.json
              the figures of two runs side by side

        `sekisho trace start` records a trace at the gateway.
        """
}
