/// A command's words: plain ones, `--name value` pairs, and flags.
public struct Options {
    public private(set) var words: [String] = []
    /// Every option that was given.
    public private(set) var names: Set<String> = []
    private var values: [String: [String]] = [:]
    private let usage: String

    /// - Parameters:
    ///   - names: The options that take a value.
    ///   - flags: Those that take none.
    ///   - usage: Told to whoever gives another.
    public init(
        _ arguments: some Sequence<String>, named names: Set<String>, flags: Set<String> = [],
        usage: String
    ) throws(CommandFault) {
        self.usage = usage
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            guard argument.hasPrefix("-") else {
                words.append(argument)
                continue
            }
            if flags.contains(argument) {
                self.names.insert(argument)
                continue
            }
            guard names.contains(argument) else {
                throw CommandFault(usage: "there is no option \(argument)\n\n\(usage)")
            }
            guard let value = iterator.next() else {
                throw CommandFault(usage: "\(argument) takes a value\n\n\(usage)")
            }
            self.names.insert(argument)
            values[argument, default: []].append(value)
        }
    }

    public func has(_ flag: String) -> Bool { names.contains(flag) }

    /// The last, of an option that is given once.
    public func value(_ name: String) -> String? { values[name]?.last }

    /// In their order, of an option that may be given again and again.
    public func all(_ name: String) -> [String] { values[name] ?? [] }

    public func required(_ name: String) throws(CommandFault) -> String {
        guard let value = value(name) else { throw CommandFault(usage: "\(name) is missing\n\n\(usage)") }
        return value
    }
}
