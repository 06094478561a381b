import Command
import Gateway
import Settings

/// `sekisho check FILE`: all complaints at once, of the text first, then of the files it names.
enum Check {
    static func run(_ options: Options) throws(CommandFault) {
        guard let path = options.words.first, options.words.count == 1 else {
            throw CommandFault(usage: "usage: sekisho check FILE")
        }
        let settings = try GatewaySettings.read(path)
        do throws(GatewayFault) {
            try GatewayLoader.check(settings)
        } catch {
            throw CommandFault(error.description)
        }
        try settings.logs.checkAuditKey()
        Console.print("\(path): good")
    }
}
