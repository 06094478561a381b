import Synchronization
import Text

/// How records are written.
public enum LogFormat: Sendable, Hashable {
    /// One JSON object a line, times in UTC.
    case json
    /// For people: time in Japan, level, event, key=value. Coloured on a terminal.
    case text
}

/// Turns a record into its line, without the line feed.
///
/// Whatever a value holds, the record stays one line and does nothing to a terminal.
final class LogRenderer: Sendable {
    private let format: LogFormat
    private let isColoured: Bool
    /// The clock to the second in this format, which many records share.
    private let lastSecond = Mutex<(seconds: Int64, text: String)?>(nil)

    init(_ format: LogFormat, isColoured: Bool) {
        self.format = format
        self.isColoured = isColoured
    }

    func line(_ record: LogRecord) -> [UInt8] {
        switch format {
        case .json: json(record)
        case .text: text(record)
        }
    }

    // MARK: JSON

    private func json(_ record: LogRecord) -> [UInt8] {
        var line = LogLine()
        line.add("{\"time\":\"")
        line.add(clock(record.time))
        line.add(".")
        line.add(threeDigits: record.milliseconds)
        line.add("Z\",\"kind\":\"")
        line.add(record.kind.name)
        line.add("\",\"level\":\"")
        line.add(record.level.name)
        line.add("\",\"event\":")
        line.add(quoted: record.event)
        for (key, value) in record.fields {
            line.add(UInt8(ascii: ","))
            line.add(quoted: key)
            line.add(UInt8(ascii: ":"))
            switch value {
            case .string(let text): line.add(quoted: text)
            case .integer(let number): line.add(number)
            case .bool(let truth): line.add(truth)
            }
        }
        line.add("}")
        return line.bytes
    }

    // MARK: Text

    private func text(_ record: LogRecord) -> [UInt8] {
        var line = LogLine()
        line.add(clock(record.time))
        line.add(".")
        line.add(threeDigits: record.milliseconds)
        line.add(isColoured ? " \u{1B}[\(record.level.colour)m" : " ")
        line.add(record.level.name)
        line.add(isColoured ? "\u{1B}[0m " : " ")
        line.add(word: record.event)
        for (key, value) in record.fields {
            line.add(UInt8(ascii: " "))
            line.add(word: key)
            line.add(UInt8(ascii: "="))
            switch value {
            case .string(let text): line.add(word: text)
            case .integer(let number): line.add(number)
            case .bool(let truth): line.add(truth)
            }
        }
        return line.bytes
    }

    // MARK: Time

    private func clock(_ time: WallTime) -> String {
        lastSecond.withLock { last in
            if let last, last.seconds == time.seconds { return last.text }
            let text =
                switch format {
                case .json: String(time.rfc3339.dropLast())
                case .text: spaced(time.adding(seconds: Self.japanOffsetSeconds).rfc3339.dropLast())
                }
            last = (time.seconds, text)
            return text
        }
    }

    private func spaced(_ clock: Substring) -> String {
        String(clock.map { $0 == "T" ? " " : $0 })
    }

    private static let japanOffsetSeconds: Int64 = 9 * 3600
}

extension LogLevel {
    /// The terminal's colour code.
    fileprivate var colour: Int {
        switch self {
        case .debug: 90
        case .info: 0
        case .notice: 36
        case .warning: 33
        case .error: 31
        }
    }
}

extension LogLine {
    /// Adds a plain word as it is, anything else as a JSON string.
    fileprivate mutating func add(word: String) {
        if word.isPlainWord { add(word) } else { add(quoted: word) }
    }
}

extension String {
    /// Printable ASCII that cannot be taken for the text format's own signs.
    fileprivate var isPlainWord: Bool {
        let bytes = utf8.span
        for index in bytes.indices {
            switch bytes[index] {
            case 0..<0x21, 0x7F..., UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"): return false
            default: continue
            }
        }
        return !bytes.isEmpty
    }
}

extension LogRecord {
    /// The record as one JSON object, without the line feed.
    public var json: [UInt8] { LogRenderer(.json, isColoured: false).line(self) }
}
