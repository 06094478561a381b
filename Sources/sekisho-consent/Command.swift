import Glibc
import Reactor
import Settings

/// Why a command ended: words for the operator, and the exit status.
struct CommandFault: Error {
    let message: String
    let status: Int32

    /// It could not be done.
    init(_ message: String) {
        self.message = message
        status = 1
    }

    /// It was not asked for properly.
    init(usage: String) {
        message = usage
        status = 2
    }
}

/// A configuration file on disk.
enum SettingsFile {
    /// The settings; warnings go to standard error.
    static func read(_ path: String) throws(CommandFault) -> ConsentSettings {
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(path) } catch { throw CommandFault("\(error)") }
        switch ConsentSettings.read(text: text, file: path, folder: folder(of: path)) {
        case .rejected(let complaints):
            throw CommandFault("\(SettingsReport(complaints))")
        case .accepted(let settings, let warnings):
            if !warnings.isEmpty { Console.error("\(SettingsReport(warnings))") }
            return settings
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The operator's terminal.
enum Console {
    static func print(_ text: String) { Swift.print(text) }

    static func error(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    static func exit(_ status: Int32) -> Never {
        fflush(nil)  // every stream
        Glibc.exit(status)
    }
}
