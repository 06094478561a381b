/// The circumstances of an event, written straight into its line: for events that come with every request.
/// All others make a `LogRecord`.
public struct LogFields {
    var line = LogLine()
    private let format: LogFormat

    init(_ format: LogFormat) { self.format = format }

    /// Adds a circumstance, as `LogRecord` has them. The key is a plain word.
    public mutating func add(_ key: StaticString, _ value: String) {
        begin(key)
        add(value)
    }

    public mutating func add(_ key: StaticString, _ value: Int) {
        begin(key)
        line.add(Int64(value))
    }

    public mutating func add(_ key: StaticString, _ value: Bool) {
        begin(key)
        line.add(value)
    }

    /// Adds a circumstance whose key may be anything.
    mutating func add(_ key: String, _ value: LogValue) {
        switch format {
        case .json:
            line.add(UInt8(ascii: ","))
            line.add(quoted: key)
            line.add(UInt8(ascii: ":"))
        case .text:
            line.add(UInt8(ascii: " "))
            line.add(word: key)
            line.add(UInt8(ascii: "="))
        }
        switch value {
        case .string(let text): add(text)
        case .integer(let number): line.add(number)
        case .bool(let truth): line.add(truth)
        }
    }

    private mutating func add(_ value: String) {
        switch format {
        case .json: line.add(quoted: value)
        case .text: line.add(word: value)
        }
    }

    private mutating func begin(_ key: StaticString) {
        switch format {
        case .json:
            line.add(",\"")
            line.add(key)
            line.add("\":")
        case .text:
            line.add(" ")
            line.add(key)
            line.add("=")
        }
    }
}
