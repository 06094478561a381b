import Glibc
public import Text

/// How much a record matters.
public enum LogLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    case debug, info, notice, warning, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// As it is written: "notice".
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// Who reads a record.
public enum LogKind: Sendable, Hashable {
    /// Operators: what the program does.
    case log
    /// Operators: one record for each request.
    case access
    /// Auditors: who was let in, who was not, and why. Not dropped silently.
    case audit

    /// As it is written: "audit".
    public var name: String {
        switch self {
        case .log: "log"
        case .access: "access"
        case .audit: "audit"
        }
    }
}

/// One event with its circumstances: one line of a log.
public struct LogRecord: Sendable {
    public var kind: LogKind
    public let level: LogLevel
    /// A dotted noun and verb: "gateway.started".
    public let event: String
    /// When it happened.
    public let time: WallTime
    /// The milliseconds of that second, 0…999.
    public let milliseconds: Int
    private(set) var fields: [(key: String, value: LogValue)] = []

    /// A record of a moment the caller knows.
    /// - Parameter milliseconds: of that second; outside 0…999 it is taken as the nearest of these.
    public init(
        _ level: LogLevel, _ event: String, at time: WallTime, milliseconds: Int = 0, kind: LogKind = .log
    ) {
        self.kind = kind
        self.level = level
        self.event = event
        self.time = time
        self.milliseconds = min(max(milliseconds, 0), 999)
    }

    /// A record of this moment.
    public init(_ level: LogLevel, _ event: String, kind: LogKind = .log) {
        var now = timespec()
        let outcome = unsafe clock_gettime(CLOCK_REALTIME, &now)
        precondition(outcome == 0, "Linux always has a real-time clock")
        self.init(
            level, event, at: WallTime(seconds: Int64(now.tv_sec)),
            milliseconds: Int(now.tv_nsec / 1_000_000), kind: kind)
    }

    /// Adds a circumstance. A record's keys are words of the program, each used once and none of "time",
    /// "kind", "level" and "event". Values may come from anywhere: they are escaped when written.
    public mutating func add(_ key: String, _ value: String) {
        append(key, .string(value))
    }

    public mutating func add(_ key: String, _ value: Int) {
        append(key, .integer(Int64(value)))
    }

    public mutating func add(_ key: String, _ value: Bool) {
        append(key, .bool(value))
    }

    private mutating func append(_ key: String, _ value: LogValue) {
        if fields.isEmpty { fields.reserveCapacity(Self.fieldsExpected) }
        fields.append((key, value))
    }

    private static let fieldsExpected = 12
}

/// What a line says of an event before its circumstances.
struct LogOccasion {
    let level: LogLevel
    let event: String
    let kind: LogKind
    let time: WallTime
    let milliseconds: Int

    init(_ record: LogRecord) {
        level = record.level
        event = record.event
        kind = record.kind
        time = record.time
        milliseconds = record.milliseconds
    }
}

/// What a circumstance may be.
enum LogValue: Sendable {
    case string(String)
    case integer(Int64)
    case bool(Bool)
}
