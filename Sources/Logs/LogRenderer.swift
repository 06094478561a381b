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
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", "\(clock(record.time)).\(threeDigits(record.milliseconds))Z")
        writer.member("kind", record.kind.name)
        writer.member("level", record.level.name)
        writer.member("event", record.event)
        for (key, value) in record.fields {
            switch value {
            case .string(let text): writer.member(key, text)
            case .integer(let number): writer.member(key, number)
            case .bool(let truth): writer.member(key, truth)
            }
        }
        writer.endObject()
        return writer.bytes
    }

    // MARK: Text

    private func text(_ record: LogRecord) -> [UInt8] {
        var line = Array("\(clock(record.time)).\(threeDigits(record.milliseconds)) ".utf8)
        if isColoured { line += "\u{1B}[\(record.level.colour)m".utf8 }
        line += record.level.name.utf8
        if isColoured { line += "\u{1B}[0m".utf8 }
        line.append(UInt8(ascii: " "))
        append(record.event, to: &line)
        for (key, value) in record.fields {
            line.append(UInt8(ascii: " "))
            append(key, to: &line)
            line.append(UInt8(ascii: "="))
            switch value {
            case .string(let text): append(text, to: &line)
            case .integer(let number): line += "\(number)".utf8
            case .bool(let truth): line += (truth ? "true" : "false").utf8
            }
        }
        return line
    }

    /// A plain word as it is, anything else as a JSON string.
    private func append(_ word: String, to line: inout [UInt8]) {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { $0.isPlain }
        if isPlain {
            line += word.utf8
        } else {
            var writer = JSONWriter()
            writer.string(word)
            line += writer.bytes
        }
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

    private func threeDigits(_ milliseconds: Int) -> String {
        let padding = milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""
        return padding + String(milliseconds)
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

extension UInt8 {
    /// Printable ASCII that cannot be taken for the text format's own signs.
    fileprivate var isPlain: Bool {
        (0x21...0x7E).contains(self) && self != UInt8(ascii: "\"") && self != UInt8(ascii: "=")
            && self != UInt8(ascii: "\\")
    }
}
