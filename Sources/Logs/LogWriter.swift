import Glibc

/// The background thread's part: takes what is queued and writes it, as one write where the system lets it.
///
/// Output that fails (a full disk, a reader that is gone) is tried again until it works or another file takes
/// its place: meanwhile the queue fills up and refuses, so nothing that was accepted gets lost and no audit
/// record is accepted in vain.
struct LogWriter {
    private let queue: LogQueue
    private let renderer: LogRenderer
    private var descriptor: Int32
    private var isOwner: Bool

    init(_ queue: LogQueue, _ renderer: LogRenderer, descriptor: Int32, isOwner: Bool) {
        self.queue = queue
        self.renderer = renderer
        self.descriptor = descriptor
        self.isOwner = isOwner
    }

    /// Works until the queue is closed and empty.
    mutating func run() {
        var lines: [UInt8] = []
        while let work = queue.take(&lines) {
            if let replacement = work.replacement { goOver(to: replacement) }
            report(work.dropped, in: &lines)
            write(lines)
            lines.removeAll(keepingCapacity: lines.capacity <= Self.bufferKeptMax)
        }
        if isOwner { _ = close(descriptor) }
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
        while next < lines.count {
            let (count, code) = writeOnce(lines, from: next)
            if count > 0 {
                next += count
                continue
            }
            if code == EINTR { continue }
            if code == EAGAIN { waitForRoom() }
            switch queue.waitBeforeRetry(milliseconds: code == EAGAIN ? 0 : Self.retryMilliseconds) {
            case .again: continue
            case .replaced(let replacement):
                goOver(to: replacement)
                // The new file gets the line whole that the old one has a part of.
                next = (lines[..<next].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
            case .givenUp:
                queue.countLost(lines[next...].count { $0 == UInt8(ascii: "\n") })
                return
            }
        }
    }

    private func writeOnce(_ lines: [UInt8], from next: Int) -> (count: Int, code: Int32) {
        unsafe lines.withUnsafeBytes { bytes in
            let count = unsafe Glibc.write(
                descriptor, bytes.baseAddress.map { unsafe $0 + next }, bytes.count - next)
            return (count, errno)
        }
    }

    /// A descriptor shared with others may be non-blocking.
    private func waitForRoom() {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, Int32(Self.retryMilliseconds))
    }

    private mutating func goOver(to replacement: Int32) {
        if isOwner { _ = close(descriptor) }
        descriptor = replacement
        isOwner = true
    }

    private static let retryMilliseconds = 100
    private static let bufferKeptMax = 1 << 20
}
