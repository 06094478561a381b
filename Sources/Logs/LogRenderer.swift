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
        line(LogOccasion(record)) { fields in
            for (key, value) in record.fields { fields.add(key, value) }
        }
    }

    func line(_ occasion: LogOccasion, _ addFields: (inout LogFields) -> Void) -> [UInt8] {
        var fields = LogFields(format)
        switch format {
        case .json: addJSON(occasion, to: &fields.line)
        case .text: addText(occasion, to: &fields.line)
        }
        addFields(&fields)
        if format == .json { fields.line.add("}") }
        return fields.line.bytes
    }

    private func addJSON(_ occasion: LogOccasion, to line: inout LogLine) {
        line.add("{\"time\":\"")
        line.add(text: clock(occasion.time))
        line.add(".")
        line.add(threeDigits: occasion.milliseconds)
        line.add("Z\",\"kind\":\"")
        line.add(text: occasion.kind.name)
        line.add("\",\"level\":\"")
        line.add(text: occasion.level.name)
        line.add("\",\"event\":")
        line.add(quoted: occasion.event)
    }

    private func addText(_ occasion: LogOccasion, to line: inout LogLine) {
        line.add(text: clock(occasion.time))
        line.add(".")
        line.add(threeDigits: occasion.milliseconds)
        line.add(text: isColoured ? " \u{1B}[\(occasion.level.colour)m" : " ")
        line.add(text: occasion.level.name)
        line.add(isColoured ? "\u{1B}[0m " : " ")
        line.add(word: occasion.event)
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

extension LogRecord {
    /// The record as one JSON object, without the line feed.
    public var json: [UInt8] { LogRenderer(.json, isColoured: false).line(self) }
}
