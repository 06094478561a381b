import Command
import Reactor
import Replay
import Text

/// `sekisho-replay report` and `compare`.
enum ReportCommand {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments, named: ["--html"], usage: usage)
        guard options.words.count == 1 else { throw CommandFault(usage: usage) }
        let report = try read(options.words[0])
        guard let path = options.value("--html") else { return Console.print(report.text) }
        do throws(SystemFault) {
            try Files.replace(path, with: Array(report.html.utf8), isPrivate: false)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    static func compare(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments, named: [], usage: usage)
        guard options.words.count == 2 else { throw CommandFault(usage: usage) }
        Console.print(Comparison(try read(options.words[0]), try read(options.words[1])).text)
    }

    private static func read(_ path: String) throws(CommandFault) -> RunReport {
        let text: [UInt8]
        do throws(SystemFault) {
            text = try Files.read(path, bytesMax: bytesMax)
        } catch {
            throw CommandFault("\(error)")
        }
        do throws(JSONFault) { return try RunReport(parsing: text) } catch {
            throw CommandFault("\(path):\(error)")
        }
    }

    private static let bytesMax = 64 << 20
    private static let usage = """
        usage: sekisho-replay report RUN.json [--html FILE]
               sekisho-replay compare A.json B.json
        """
}
