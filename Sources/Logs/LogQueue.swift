import Glibc
import Synchronization

/// The lines between the threads that log and the one that writes: bounded in bytes.
///
/// At most `bytesMax` wait, while at most as much is being written.
// Unchecked because of the C objects: their address never changes, and every other property that changes is
// touched only while `mutex` is held, which `locked` sees to.
@safe
final class LogQueue: @unchecked Sendable {
    /// What the writer does next.
    struct Work {
        /// Records refused since the last report.
        var dropped = Drops()
        /// A descriptor to go over to, which the writer owns.
        var replacement: Int32?
    }

    struct Drops {
        var logs = 0
        var audits = 0
        var isEmpty: Bool { logs == 0 && audits == 0 }
    }

    /// What to do about output that cannot be written now.
    enum Retry {
        case again
        case replaced(Int32)
        case givenUp
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// Signalled when there is work for the writer.
    private let arrival: UnsafeMutablePointer<pthread_cond_t>
    /// Broadcast when the writer has taken or finished something.
    private let progress: UnsafeMutablePointer<pthread_cond_t>
    let bytesMax: Int

    private var pending: [UInt8] = []
    private var unreported = Drops()
    private var droppedTotal = 0
    private var replacement: Int32?
    private var isOpen = true
    private var isEnded = false
    /// Audit records that wait for room. Others are refused meanwhile, so that these come first.
    private var waitingAudits = 0
    private var waitingFlushes = 0
    /// The writer has nothing to do and must be told of the next line.
    private var isWriterIdle = false
    /// Whether the last attempt at writing has failed, and its error number; looked at without the lock.
    let failure = Atomic<Int32>(0)
    // Lines taken in, handed to the writer, and written, since the start.
    private var acceptedLines = 0
    private var takenLines = 0
    private var writtenLines = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        unsafe mutex = .allocate(capacity: 1)
        unsafe arrival = .allocate(capacity: 1)
        unsafe progress = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(arrival, &attributes)
        unsafe pthread_cond_init(progress, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(progress)
        unsafe pthread_cond_destroy(arrival)
        unsafe pthread_mutex_destroy(mutex)
        unsafe progress.deallocate()
        unsafe arrival.deallocate()
        unsafe mutex.deallocate()
        if let replacement { _ = Glibc.close(replacement) }
    }

    // MARK: For those who log

    /// Queues a line; the line feed is added here. An audit line waits for room for a while, any other does
    /// not.
    func add(_ line: [UInt8], isAudit: Bool, waitMilliseconds: Int) -> Bool {
        locked {
            let size = line.count + 1
            if isAudit, isOpen, size <= bytesMax, pending.count + size > bytesMax {
                waitingAudits += 1
                unsafe pthread_cond_signal(arrival)
                unsafe wait(on: progress, milliseconds: waitMilliseconds) {
                    !isOpen || pending.count + size <= bytesMax
                }
                waitingAudits -= 1
            } else if !isAudit, waitingAudits > 0 {
                return refuse(isAudit: false)
            }
            guard isOpen, pending.count + size <= bytesMax else { return refuse(isAudit: isAudit) }
            let wasEmpty = pending.isEmpty
            pending += line
            pending.append(UInt8(ascii: "\n"))
            acceptedLines += 1
            if wasEmpty && isWriterIdle || isUrgent { unsafe pthread_cond_signal(arrival) }
            return true
        }
    }

    /// Waits until everything queued before this call is written; false when that takes longer.
    func waitUntilWritten(milliseconds: Int) -> Bool {
        locked {
            let target = acceptedLines
            waitingFlushes += 1
            defer { waitingFlushes -= 1 }
            unsafe pthread_cond_signal(arrival)
            unsafe wait(on: progress, milliseconds: milliseconds) { writtenLines >= target }
            return writtenLines >= target
        }
    }

    /// Audit lines that wait for room now.
    var auditsWaiting: Int { locked { waitingAudits } }

    /// Bytes of lines that wait now.
    var bytesWaiting: Int { locked { pending.count } }

    /// Lines refused since the start.
    var droppedCount: Int { locked { droppedTotal } }

    /// Makes the writer go over to this descriptor, which it owns from now on.
    func replaceOutput(by descriptor: Int32) {
        locked {
            if let replacement { _ = Glibc.close(replacement) }
            replacement = descriptor
            unsafe pthread_cond_signal(arrival)
        }
    }

    /// Takes no more lines; the writer ends when it has written what waits.
    func close() {
        locked {
            isOpen = false
            unsafe pthread_cond_signal(arrival)
            unsafe pthread_cond_broadcast(progress)
        }
    }

    /// Waits until the writer of a closed queue has ended; false when that takes longer.
    func waitUntilEnded(milliseconds: Int) -> Bool {
        locked {
            unsafe wait(on: progress, milliseconds: milliseconds) { isEnded }
            return isEnded
        }
    }

    // MARK: For the writer

    /// Waits for work. Exchanges the waiting lines for `spare`, which is empty; all lines taken before are
    /// written by now. Nil when the queue is closed and empty.
    ///
    /// After a piece of work it rests a moment, so that lines in quick succession share one wake-up and one
    /// write.
    ///
    /// - Parameter idleMilliseconds: Work without lines is returned when there is none for so long.
    func take(_ spare: inout [UInt8], idleMilliseconds: Int? = nil) -> Work? {
        locked {
            writtenLines = takenLines
            unsafe pthread_cond_broadcast(progress)
            unsafe wait(on: arrival, milliseconds: Self.restMilliseconds) { isUrgent }
            isWriterIdle = true
            if let idleMilliseconds {
                unsafe wait(on: arrival, milliseconds: idleMilliseconds) {
                    !pending.isEmpty || !isOpen || replacement != nil
                }
            } else {
                while pending.isEmpty, isOpen, replacement == nil {
                    unsafe pthread_cond_wait(arrival, mutex)
                }
            }
            isWriterIdle = false
            guard isOpen || !pending.isEmpty || replacement != nil || !unreported.isEmpty else { return nil }
            swap(&pending, &spare)
            takenLines = acceptedLines
            let work = Work(dropped: unreported, replacement: replacement)
            unreported = Drops()
            replacement = nil
            if waitingAudits > 0 { unsafe pthread_cond_broadcast(progress) }
            return work
        }
    }

    /// Waits a little before output that failed is tried again.
    func waitBeforeRetry(milliseconds: Int) -> Retry {
        locked {
            unsafe wait(on: arrival, milliseconds: milliseconds) { !isOpen || replacement != nil }
            if let descriptor = replacement {
                replacement = nil
                return .replaced(descriptor)
            }
            return isOpen ? .again : .givenUp
        }
    }

    /// Counts lines that were taken but could not be written before the end.
    func countLost(_ lines: Int) {
        locked { droppedTotal += lines }
    }

    /// The writer's last word: it touches no descriptor any more.
    func end() {
        locked {
            isEnded = true
            unsafe pthread_cond_broadcast(progress)
        }
    }

    // MARK: Under the lock

    /// Why the writer should not rest.
    private var isUrgent: Bool {
        !isOpen || replacement != nil || waitingAudits > 0 || waitingFlushes > 0
            || pending.count > bytesMax / 4
    }

    private func refuse(isAudit: Bool) -> Bool {
        droppedTotal += 1
        if isAudit { unreported.audits += 1 } else { unreported.logs += 1 }
        return false
    }

    /// Waits until the condition holds or the time is over.
    private func wait(
        on signal: UnsafeMutablePointer<pthread_cond_t>, milliseconds: Int, until isMet: () -> Bool
    ) {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds % 1000 * 1_000_000
        deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        while !isMet() {
            if unsafe pthread_cond_timedwait(signal, mutex, &deadline) == ETIMEDOUT { return }
        }
    }

    private func locked<R>(_ body: () -> R) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    private static let restMilliseconds = 2
}
