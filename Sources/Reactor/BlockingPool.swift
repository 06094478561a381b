import CLinux

/// Threads for work that may block: the database, password hashing, files. Its queue is bounded.
public final class BlockingPool: Sendable {
    /// Jobs that may wait beyond those that run.
    public let queueMax: Int
    private let queue: JobQueue
    private let threads: [NativeThread]

    /// - Parameter isBackground: Whether its threads stand back while others want the processor.
    public init(threadCount: Int, queueMax: Int, isBackground: Bool = false) {
        self.queueMax = queueMax
        let queue = JobQueue(max: queueMax)
        self.queue = queue
        threads = (0..<max(1, threadCount)).compactMap { index in
            try? NativeThread(name: "pool-\(index)", isBackground: isBackground) {
                while let job = queue.take() { job() }
            }
        }
    }

    deinit { queue.close() }

    /// False when the queue is full, the pool is shut down, or the system gave it no thread.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        !threads.isEmpty && queue.add(job)
    }

    /// Jobs waiting now.
    public var queueDepth: Int { queue.depth }

    /// Takes no more, finishes what is queued, and returns when all of it is done.
    public func shutdown() {
        queue.close()
        for thread in threads { thread.join() }
    }
}
