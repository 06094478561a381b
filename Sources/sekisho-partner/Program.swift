import Glibc

/// A small sample API連携先 for the quick start and the end-to-end tests; no model for a production client.
@main
struct Program {
    static func main() {
        do throws(CommandFault) {
            let arguments = CommandLine.arguments.dropFirst()
            switch arguments.first {
            case "serve": try Serve.run(Options(arguments.dropFirst()))
            case "walk":
                let isGood = try Walk(Options(arguments.dropFirst())).run()
                fflush(nil)
                exit(isGood ? 0 : 1)
            default: throw CommandFault(usage)
            }
        } catch {
            let bytes = Array("\(error.message)\n".utf8)
            unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
            exit(2)
        }
    }

    static let usage = """
        usage: sekisho-partner serve --listen ADDRESS:PORT --certificate PEM --key PEM
                   --authorization-server URL --api URL --anchors PEM
                   --client-id ID --client-certificate PEM --client-key PEM --redirect-uri URL
               sekisho-partner walk --pki FOLDER --partner URL --authorization-server URL --api URL
        """
}
