import Crypto
import Glibc
public import Logs
import Text

/// An audit file whose records are chained: each carries its number and the hash of the one before, and now
/// and then one is a signed checkpoint.
///
/// Several processes may add to one file, each a few records at a time under a lock on `PATH.head`, which
/// holds where the chain stands. So the chain goes on when the file is put aside for a new one, and when the
/// process starts again. A batch is written whole or, when the disk is full, not at all.
public struct ChainedOutput: LogOutput {
    public private(set) var descriptor: Int32
    private let path: String
    private let rotation: LogRotation?
    private let key: CheckpointKey?
    private let onCheckpoint: (@Sendable (ChainHead) -> Void)?
    private let headDescriptor: Int32
    private var head: ChainHead?
    /// Of the file, as this process left it.
    private var byteCount = 0
    private var sinceCheckpoint = 1
    private var checkpointAt: Int64

    /// - Parameters:
    ///   - rotation: When the file is put aside; old ones are never removed here.
    ///   - key: Without one there are no checkpoints.
    ///   - onCheckpoint: Told, on the log's thread, of each checkpoint that was written.
    /// - Throws: When the file, or the one beside it, cannot be opened.
    public init(
        path: String, rotation: LogRotation?, key: CheckpointKey?,
        onCheckpoint: (@Sendable (ChainHead) -> Void)? = nil
    ) throws(LogFault) {
        let headPath = Self.headPath(of: path)
        let file = try LogFile.open(path)
        let head = unsafe Glibc.open(headPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let code = errno
        guard head >= 0 else {
            _ = Glibc.close(file)
            throw LogFault(operation: "open \(headPath)", code: code)
        }
        self.path = path
        self.rotation = rotation
        self.key = key
        self.onCheckpoint = onCheckpoint
        descriptor = file
        headDescriptor = head
        checkpointAt = Self.now()
    }

    /// The file that holds where a log's chain stands.
    public static func headPath(of path: String) -> String { "\(path).head" }

    public var restMilliseconds: Int? {
        key != nil && sinceCheckpoint > 0 ? Checkpoint.secondsMax * 1000 : nil
    }

    public mutating func write(_ lines: [UInt8], from next: inout Int) -> Int32 {
        let code = locked { output in
            var batch = Batch()
            let code = output.begin(&batch)
            guard code == 0 else { return code }
            for line in lines[next...].split(separator: UInt8(ascii: "\n")) { batch.add(line) }
            if output.isCheckpointDue(after: batch) { output.addCheckpoint(to: &batch) }
            return output.finish(batch)
        }
        if code == 0 { next = lines.count }
        return code
    }

    public mutating func goOver(to descriptor: Int32) {
        // Whatever the path names now is found under the lock anyway.
        _ = Glibc.close(descriptor)
    }

    public mutating func rest() -> Int32 {
        guard restMilliseconds != nil else { return 0 }
        return locked { output in
            var batch = Batch()
            let code = output.begin(&batch)
            guard code == 0 else { return code }
            output.addCheckpoint(to: &batch)
            return output.finish(batch)
        }
    }

    public mutating func close() {
        _ = rest()
        _ = Glibc.close(headDescriptor)
        _ = Glibc.close(descriptor)
    }

    // MARK: A batch

    /// Lines that are written together.
    private struct Batch {
        var head = ChainHead(chain: "", sequence: 0, hash: "")
        var bytes: [UInt8] = []
        var count = 0
        /// Where the chain stood before its last checkpoint.
        var checkpoint: ChainHead?
        /// Records after the last checkpoint.
        var uncovered = 0

        mutating func add(_ record: some Collection<UInt8>) {
            let (line, next) = ChainLink.append(record, to: head)
            bytes += line
            bytes.append(UInt8(ascii: "\n"))
            head = next
            count += 1
            uncovered += 1
        }
    }

    /// Finds where the chain stands, and what must be said of that before anything else.
    private mutating func begin(_ batch: inout Batch) -> Int32 {
        let code = openWhatThePathNames()
        guard code == 0 else { return code }
        let kept = ChainHead(line: readHead())
        let size = LogFile.size(descriptor)
        if let head, head == kept, size == byteCount {
            batch.head = head
            batch.uncovered = sinceCheckpoint
            return 0
        }
        let tail = ChainTail.read(path, size: size)
        batch.uncovered = 1
        batch.head = kept ?? tail.head ?? .new()
        if let last = tail.head, last.chain == batch.head.chain, last.sequence > batch.head.sequence {
            // The process ended between the record and the note of it.
            batch.head = last
        }
        if !tail.torn.isEmpty {
            // What a crash has left of a line stays; the line after it says so.
            batch.bytes.append(UInt8(ascii: "\n"))
            batch.add(ChainTail.tornRecord(tail.torn).json)
        }
        if batch.head.sequence == 0 {
            var record = LogRecord(.notice, "audit.chainStarted", kind: .audit)
            record.add("node", Self.nodeName())
            batch.add(record.json)
        } else if let last = tail.head, last != batch.head, last.sequence <= batch.head.sequence {
            var record = LogRecord(.error, "audit.gap", kind: .audit)
            record.add("file_ends_at", Int(clamping: last.sequence))
            record.add("chain_stood_at", Int(clamping: batch.head.sequence))
            batch.add(record.json)
        }
        return 0
    }

    private func isCheckpointDue(after batch: Batch) -> Bool {
        key != nil
            && (batch.uncovered >= Checkpoint.recordsMax
                || Self.now() - checkpointAt >= Int64(Checkpoint.secondsMax))
    }

    private func addCheckpoint(to batch: inout Batch) {
        guard let key else { return }
        batch.checkpoint = batch.head
        batch.add(key.record(for: batch.head, covering: batch.uncovered).json)
        batch.uncovered = 0
    }

    /// Writes the batch and the chain's new head, or nothing.
    private mutating func finish(_ batch: Batch) -> Int32 {
        var start = LogFile.size(descriptor)
        if let rotation, start > 0, start + batch.bytes.count > rotation.bytesMax,
            let fresh = rotation.putAside()
        {
            _ = Glibc.close(descriptor)
            descriptor = fresh
            start = LogFile.size(descriptor)
        }
        var next = 0
        while next < batch.bytes.count {
            let (count, code) = LogFile.write(descriptor, batch.bytes, from: next)
            if count <= 0 {
                if code == EINTR { continue }
                if next > 0 { _ = ftruncate(descriptor, off_t(start)) }
                return code
            }
            next += count
        }
        head = batch.head
        byteCount = start + batch.bytes.count
        sinceCheckpoint = batch.uncovered
        let code = keep(batch.head)
        if let checkpoint = batch.checkpoint {
            checkpointAt = Self.now()
            onCheckpoint?(checkpoint)
        }
        // The records are there; a head that could not be written is made up for with the next batch.
        if code != 0 { head = nil }
        return 0
    }

    // MARK: Files

    /// The file may have been moved away or replaced since.
    private mutating func openWhatThePathNames() -> Int32 {
        var own = stat()
        var named = stat()
        if unsafe fstat(descriptor, &own) == 0, unsafe stat(path, &named) == 0, own.st_ino == named.st_ino,
            own.st_dev == named.st_dev
        {
            return 0
        }
        do throws(LogFault) {
            let fresh = try LogFile.open(path)
            _ = Glibc.close(descriptor)
            descriptor = fresh
            return 0
        } catch {
            return error.code
        }
    }

    private func readHead() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = unsafe pread(headDescriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : []
    }

    private func keep(_ head: ChainHead) -> Int32 {
        let line = head.line
        let count = unsafe pwrite(headDescriptor, line, line.count, 0)
        guard count == line.count, ftruncate(headDescriptor, off_t(line.count)) == 0 else { return errno }
        return 0
    }

    private mutating func locked(_ body: (inout Self) -> Int32) -> Int32 {
        while flock(headDescriptor, LOCK_EX) != 0 {
            let code = errno
            if code != EINTR { return code }
        }
        defer { flock(headDescriptor, LOCK_UN) }
        return body(&self)
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }

    private static func nodeName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "-" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
