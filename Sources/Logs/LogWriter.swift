import Glibc
import Synchronization

/// The background thread's part: takes what is queued and writes it, as one write where the system lets it.
///
/// Output that fails (a full disk, a reader that is gone) is tried again until it works or another file takes
/// its place: meanwhile the queue fills up and refuses, so nothing that was accepted gets lost and no audit
/// record is accepted in vain.
struct LogWriter {
    private let queue: LogQueue
    private let renderer: LogRenderer
    private var output: any LogOutput
    private let onTrouble: LogTroubleHandler?

    init(
        _ queue: LogQueue, _ renderer: LogRenderer, _ output: any LogOutput,
        onTrouble: LogTroubleHandler? = nil
    ) {
        self.queue = queue
        self.renderer = renderer
        self.output = output
        self.onTrouble = onTrouble
    }

    /// Works until the queue is closed and empty.
    mutating func run() {
        var lines: [UInt8] = []
        while let work = queue.take(&lines, idleMilliseconds: output.restMilliseconds) {
            if let replacement = work.replacement { output.goOver(to: replacement) }
            report(work.dropped, in: &lines)
            if lines.isEmpty { note(output.rest()) } else { write(lines) }
            lines.removeAll(keepingCapacity: lines.capacity <= Self.bufferKeptMax)
        }
        output.close()
        queue.end()
    }

    /// Says what was refused, after the lines that stood in its way.
    private func report(_ dropped: LogQueue.Drops, in lines: inout [UInt8]) {
        if dropped.logs > 0 {
            var record = LogRecord(.warning, "log.dropped")
            record.add("count", dropped.logs)
            lines += renderer.line(record)
            lines.append(UInt8(ascii: "\n"))
        }
        if dropped.audits > 0 {
            var record = LogRecord(.error, "audit.dropped", kind: .audit)
            record.add("count", dropped.audits)
            lines += renderer.line(record)
            lines.append(UInt8(ascii: "\n"))
        }
    }

    private mutating func write(_ lines: [UInt8]) {
        var next = 0
        while true {
            let code = output.write(lines, from: &next)
            if code == 0 { return note(0) }
            if code == EAGAIN { waitForRoom() } else { note(code) }
            switch queue.waitBeforeRetry(milliseconds: code == EAGAIN ? 0 : Self.retryMilliseconds) {
            case .again: continue
            case .replaced(let replacement):
                output.goOver(to: replacement)
                // The new file gets the line whole that the old one has a part of.
                next = (lines[..<next].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
            case .givenUp:
                queue.countLost(lines[next...].count { $0 == UInt8(ascii: "\n") })
                return
            }
        }
    }

    /// Keeps what the last attempt came to, and tells when that is news.
    private func note(_ code: Int32) {
        guard queue.failure.exchange(code, ordering: .relaxed) != code else { return }
        onTrouble?(code == 0 ? nil : LogFault(operation: "write log", code: code))
    }

    /// A descriptor shared with others may be non-blocking.
    private func waitForRoom() {
        var request = pollfd(fd: output.descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, Int32(Self.retryMilliseconds))
    }

    private static let retryMilliseconds = 100
    private static let bufferKeptMax = 1 << 20
}
