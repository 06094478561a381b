import Reactor
import Settings
import Storage

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

/// A command's words: plain ones, and `--name value` pairs.
struct Options {
    private(set) var words: [String] = []
    private var values: [String: String] = [:]

    init(_ arguments: some Sequence<String>, named names: Set<String>) throws(CommandFault) {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            guard argument.hasPrefix("-") else {
                words.append(argument)
                continue
            }
            guard names.contains(argument) else {
                throw CommandFault(usage: "sekisho: there is no option \(argument)")
            }
            guard let value = iterator.next() else {
                throw CommandFault(usage: "sekisho: \(argument) takes a value")
            }
            values[argument] = value
        }
    }

    func required(_ name: String) throws(CommandFault) -> String {
        guard let value = values[name] else { throw CommandFault(usage: "sekisho: \(name) is missing") }
        return value
    }
}

/// A configuration file on disk.
enum SettingsFile {
    /// The settings; warnings go to standard error.
    static func read(_ path: String) throws(CommandFault) -> GatewaySettings {
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(path) } catch { throw CommandFault("\(error)") }
        switch GatewaySettings.read(text: text, file: path, folder: Files.folder(of: path)) {
        case .rejected(let complaints):
            throw CommandFault("\(SettingsReport(complaints))")
        case .accepted(let settings, let warnings):
            if !warnings.isEmpty { Console.error("\(SettingsReport(warnings))") }
            return settings
        }
    }

    static func database(_ settings: GatewaySettings) throws(CommandFault) -> SQLiteDatabase {
        switch settings.store {
        case .sqlite(let path):
            do throws(DatabaseFault) {
                return try SQLiteDatabase(path: path, schemas: [.identity])
            } catch {
                throw CommandFault("store \(path): \(error)")
            }
        }
    }
}
