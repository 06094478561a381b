import Command

/// A small sample API連携先 for the quick start and the end-to-end tests; no model for a production client.
@main
struct Program {
    static func main() {
        Console.main { arguments throws(CommandFault) in
            let options = { () throws(CommandFault) in
                try Options(arguments.dropFirst(), named: optionNames, usage: usage)
            }
            switch arguments.first {
            case "serve": try Serve.run(options())
            case "walk": if try !Walk(options()).run() { Console.exit(1) }
            default: throw CommandFault(usage: usage)
            }
        }
    }

    private static let optionNames: Set<String> = [
        "--listen", "--certificate", "--key", "--authorization-server", "--api", "--anchors", "--client-id",
        "--client-certificate", "--client-key", "--redirect-uri", "--pki", "--partner", "--nodes",
    ]

    static let usage = """
        usage: sekisho-partner serve --listen ADDRESS:PORT --certificate PEM --key PEM
                   --authorization-server URL --api URL --anchors PEM
                   --client-id ID --client-certificate PEM --client-key PEM --redirect-uri URL
               sekisho-partner walk --pki FOLDER --partner URL --authorization-server URL --api URL
                   [--nodes ADDRESS,ADDRESS]
        """
}
