import Glibc
import Synchronization

/// Told on the log's thread when writing begins to fail, when it fails for another reason, and, with nil,
/// when it works again. Must not write to the same log.
public typealias LogTroubleHandler = @Sendable (LogFault?) -> Void

/// Where records go: a terminal, a pipe, a file.
///
/// `write` renders the record on the caller's thread and queues it; one background thread writes. The queue
/// is bounded: when the output is too slow, records are refused, counted, and reported as `log.dropped` once
/// there is room. Audit records wait for room first, up to a second.
public final class LogSink: Sendable {
    private let queue: LogQueue
    private let renderer: LogRenderer
    private let levelMin: LogLevel
    private let path: String?

    /// A sink on a descriptor that stays the caller's: open until this sink is gone.
    /// - Parameters:
    ///   - queueBytesMax: how many bytes of lines may wait.
    ///   - levelMin: records of kind `.log` below it are ignored.
    public init(
        descriptor: Int32, format: LogFormat, queueBytesMax: Int = LogSink.queueBytesStandard,
        levelMin: LogLevel = .debug
    ) {
        queue = LogQueue(bytesMax: queueBytesMax)
        renderer = LogRenderer(format, isColoured: format == .text && isatty(descriptor) == 1)
        self.levelMin = levelMin
        path = nil
        do {
            try startLogThread(
                LogWriter(queue, renderer, PlainOutput(descriptor: descriptor, isOwner: false)))
        } catch {
            // A program that cannot have one thread at its start has nothing to say and nowhere to say it.
            preconditionFailure("\(error)")
        }
    }

    /// A sink that appends to a file, which is made with mode 0600 if there is none.
    /// - Parameter rotation: When the file is put aside; nil never does.
    /// - Throws: when the file cannot be opened.
    public convenience init(
        file path: String, format: LogFormat = .json, queueBytesMax: Int = LogSink.queueBytesStandard,
        levelMin: LogLevel = .debug, rotation: LogRotation? = nil, onTrouble: LogTroubleHandler? = nil
    ) throws(LogFault) {
        let output = PlainOutput(descriptor: try LogFile.open(path), isOwner: true, rotation: rotation)
        try self.init(
            output, path: path, format: format, queueBytesMax: queueBytesMax, levelMin: levelMin,
            onTrouble: onTrouble)
    }

    /// A sink on an output of the caller's making, which is closed with it.
    /// - Parameter path: Of the file that `reopen` opens anew.
    public init(
        _ output: sending any LogOutput, path: String, format: LogFormat = .json,
        queueBytesMax: Int = LogSink.queueBytesStandard, levelMin: LogLevel = .debug,
        onTrouble: LogTroubleHandler? = nil
    ) throws(LogFault) {
        queue = LogQueue(bytesMax: queueBytesMax)
        renderer = LogRenderer(format, isColoured: false)
        self.levelMin = levelMin
        self.path = path
        let descriptor = output.descriptor
        do {
            try startLogThread(LogWriter(queue, renderer, output, onTrouble: onTrouble))
        } catch {
            _ = close(descriptor)
            throw error
        }
    }

    deinit {
        queue.close()
        // The caller may close its descriptor next. A writer that is stuck ends by itself whenever it can.
        _ = queue.waitUntilEnded(milliseconds: Self.endMilliseconds)
    }

    /// Queues a record.
    /// - Parameter waits: False where nothing may block: an audit record is then refused like any other when
    ///   there is no room, so it may only tell of what was refused itself.
    /// - Returns: false when it was refused. For an audit record that means: it has waited a second in vain,
    ///   and what it was to record should not happen.
    @discardableResult
    public func write(_ record: LogRecord, waits: Bool = true) -> Bool {
        if record.kind == .log, record.level < levelMin { return true }
        return queue.add(
            renderer.line(record), isAudit: record.kind == .audit && waits && failure == nil,
            waitMilliseconds: Self.auditWaitMilliseconds)
    }

    /// Queues what would be the same line as a record of now with these circumstances, without making one.
    /// - Returns: false when it was refused.
    @discardableResult
    public func writeAccess(_ event: String, _ addFields: (inout LogFields) -> Void) -> Bool {
        let occasion = LogOccasion(LogRecord(.info, event, kind: .access))
        return queue.add(renderer.line(occasion, addFields), isAudit: false, waitMilliseconds: 0)
    }

    /// Queues a record and waits until it is written.
    /// - Returns: false when that took longer than a second, or it was refused. It may be written later all
    /// the
    ///   same: what it was to record should not happen, and a later record should say so.
    public func commit(_ record: LogRecord) -> Bool {
        guard failure == nil, write(record) else { return false }
        return queue.waitUntilWritten(milliseconds: Self.auditWaitMilliseconds)
    }

    /// The error number of the last attempt to write; nil when it went well. Cheap enough for every request.
    public var failure: Int32? {
        let code = queue.failure.load(ordering: .relaxed)
        return code == 0 ? nil : code
    }

    /// Bytes of lines that wait to be written.
    public var bytesWaiting: Int { queue.bytesWaiting }

    /// So many bytes may wait.
    public var bytesWaitingMax: Int { queue.bytesMax }

    /// Records refused since the start, audit records included.
    public var droppedCount: Int { queue.droppedCount }

    /// Waits until everything queued so far is written, to be called before the program ends.
    /// - Returns: false when the output did not take it within five seconds.
    @discardableResult
    public func flush() -> Bool {
        queue.waitUntilWritten(milliseconds: Self.endMilliseconds)
    }

    /// Opens the file anew, after it was moved away. Records queued before may go to either file, each to one
    /// and whole. Does nothing for a sink on a descriptor.
    /// - Throws: when the file cannot be opened; the sink then goes on with the one it has.
    public func reopen() throws(LogFault) {
        guard let path else { return }
        queue.replaceOutput(by: try LogFile.open(path))
    }

    /// 4 MiB.
    public static let queueBytesStandard = 4 << 20

    private static let auditWaitMilliseconds = 1000
    private static let endMilliseconds = 5000
}
