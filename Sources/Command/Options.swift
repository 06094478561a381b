/// A command's words: plain ones, and `--name value` pairs.
public struct Options {
    public private(set) var words: [String] = []
    private var values: [String: String] = [:]
    private let usage: String

    /// - Parameters:
    ///   - names: The options there are.
    ///   - usage: Told to whoever gives another.
    public init(
        _ arguments: some Sequence<String>, named names: Set<String>, usage: String
    ) throws(CommandFault) {
        self.usage = usage
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            guard argument.hasPrefix("-") else {
                words.append(argument)
                continue
            }
            guard names.contains(argument) else {
                throw CommandFault(usage: "there is no option \(argument)\n\n\(usage)")
            }
            guard let value = iterator.next() else {
                throw CommandFault(usage: "\(argument) takes a value\n\n\(usage)")
            }
            values[argument] = value
        }
    }

    public subscript(name: String) -> String? { values[name] }

    public func required(_ name: String) throws(CommandFault) -> String {
        guard let value = values[name] else { throw CommandFault(usage: "\(name) is missing\n\n\(usage)") }
        return value
    }
}
