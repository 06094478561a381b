import CLinux

/// A bounded queue between threads that add and threads that wait.
///
/// Sendable because every access to its state holds `mutex`; the two C objects keep their address for its
/// whole life.
@safe final class JobQueue: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let available: UnsafeMutablePointer<pthread_cond_t>
    private let max: Int
    /// Those already taken are nil, so that what they held is free.
    private var jobs: [Job?] = []
    private var first = 0
    private var isClosed = false

    init(max: Int) {
        self.max = max
        unsafe mutex = .allocate(capacity: 1)
        unsafe available = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(available, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(available)
        unsafe pthread_mutex_destroy(mutex)
        unsafe available.deallocate()
        unsafe mutex.deallocate()
    }

    func add(_ job: @escaping Job) -> Bool {
        locked {
            guard !isClosed, jobs.count - first < max else { return false }
            jobs.append(job)
            unsafe pthread_cond_signal(available)
            return true
        }
    }

    /// Waits for a job; nil when the queue is closed and empty.
    func take() -> Job? {
        locked {
            while first == jobs.count {
                if isClosed { return nil }
                unsafe pthread_cond_wait(available, mutex)
            }
            let job = jobs[first].take()
            first += 1
            if first == jobs.count || first > max {
                jobs.removeFirst(first)
                first = 0
            }
            return job
        }
    }

    func close() {
        locked {
            isClosed = true
            unsafe pthread_cond_broadcast(available)
        }
    }

    var depth: Int { locked { jobs.count - first } }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }
}
