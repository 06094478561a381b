import CLinux
import Synchronization

/// Jobs for a loop, from any thread. Bounded; the loop is woken when the first arrives.
public final class Mailbox: Sendable {
    public typealias Job = @Sendable (EventLoop) -> Void

    private struct State {
        var jobs: [Job] = []
        /// An eventfd; -1 once the loop is gone.
        var descriptor: Int32
    }

    private let state: Mutex<State>
    let descriptor: Int32

    init() throws(SystemFault) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemFault("create a mailbox") }
        state = Mutex(State(descriptor: descriptor))
    }

    /// False when the loop is gone, or when more jobs wait than it will ever catch up with.
    public func post(_ job: @escaping Job) -> Bool {
        state.withLock { state in
            guard state.descriptor >= 0, state.jobs.count < Self.jobsMax else { return false }
            state.jobs.append(job)
            if state.jobs.count == 1 {
                var one: UInt64 = 1
                unsafe _ = write(state.descriptor, &one, MemoryLayout<UInt64>.size)
            }
            return true
        }
    }

    func take() -> [Job] {
        state.withLock { state in
            var count: UInt64 = 0
            unsafe _ = read(state.descriptor, &count, MemoryLayout<UInt64>.size)
            let jobs = state.jobs
            state.jobs = []
            return jobs
        }
    }

    func close() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            _ = CLinux.close(state.descriptor)
            state.descriptor = -1
            state.jobs = []
        }
    }

    private static let jobsMax = 65_536
}
