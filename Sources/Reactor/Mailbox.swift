import CLinux
import Synchronization

/// Jobs for a loop, from any thread. Bounded; the loop is woken when the first arrives.
public final class Mailbox: Sendable {
    public typealias Job = @Sendable (EventLoop) -> Void

    private struct State {
        var jobs: [Job] = []
        /// An eventfd; -1 once the loop is gone.
        var descriptor: Int32
        var isStopRequested = false
    }

    private let state: Mutex<State>
    private let jobsMax: Int
    let descriptor: Int32

    init(jobsMax: Int) throws(SystemFault) {
        self.jobsMax = jobsMax
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemFault("create a mailbox") }
        state = Mutex(State(descriptor: descriptor))
    }

    /// False when the loop is gone, or when more jobs wait than it will ever catch up with. A job that was
    /// taken runs once, also when the loop had not started yet or was just about to end.
    public func post(_ job: @escaping Job) -> Bool {
        append(job, jobsMax: jobsMax)
    }

    /// Has the loop's `run` return after its turn. Not refused, however many jobs wait.
    public func requestStop() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            state.isStopRequested = true
            Self.wake(state.descriptor)
        }
    }

    /// Posts what is bounded elsewhere, such as the results of a pool with a bounded queue.
    func deliver(_ job: @escaping Job) {
        _ = append(job, jobsMax: .max)
    }

    /// Exchanges the waiting jobs for `spare`, which is empty. Returns whether the loop is to stop.
    func take(_ spare: inout [Job]) -> Bool {
        var jobs: [Job] = []
        swap(&jobs, &spare)
        let isStopRequested = state.withLock { state in
            var count: UInt64 = 0
            unsafe _ = read(state.descriptor, &count, MemoryLayout<UInt64>.size)
            swap(&state.jobs, &jobs)
            defer { state.isStopRequested = false }
            return state.isStopRequested
        }
        spare = jobs
        return isStopRequested
    }

    /// Refuses everything from now on; returns what was taken before. To be let go outside of the lock.
    func close() -> [Job] {
        state.withLock { state in
            guard state.descriptor >= 0 else { return [] }
            _ = CLinux.close(state.descriptor)
            state.descriptor = -1
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    private func append(_ job: @escaping Job, jobsMax: Int) -> Bool {
        state.withLock { state in
            guard state.descriptor >= 0, state.jobs.count < jobsMax else { return false }
            state.jobs.append(job)
            if state.jobs.count == 1 { Self.wake(state.descriptor) }
            return true
        }
    }

    private static func wake(_ descriptor: Int32) {
        var one: UInt64 = 1
        unsafe _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

}
