/// The command's `--name value` pairs.
struct Options {
    private var values: [String: String] = [:]

    init(_ arguments: some Sequence<String>) throws(CommandFault) {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard name.hasPrefix("--"), let value = iterator.next() else {
                throw CommandFault("sekisho-partner: \(name) is no option with a value\n\n\(Program.usage)")
            }
            values[name] = value
        }
    }

    func required(_ name: String) throws(CommandFault) -> String {
        guard let value = values[name] else { throw CommandFault("sekisho-partner: \(name) is missing") }
        return value
    }
}

/// Why the command ended, in words for whoever started it.
struct CommandFault: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
