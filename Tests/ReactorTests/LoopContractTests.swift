import Glibc
import Reactor
import Synchronization
import Testing

@Suite struct LoopContractTests {
    private final class Recorder: ReadinessHandler {
        var events = 0
        var action: () -> Void = {}
        func ready(_ readiness: Readiness) {
            events += 1
            action()
        }
    }

    /// Keeps the thread busy, as a slow handler would.
    private func spin(milliseconds: Int) {
        let end = Clock.monotonic().adding(milliseconds: milliseconds)
        while Clock.monotonic() < end {}
    }

    @Test func `a timer armed late in a long turn is not early`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var waited = 0
        loop.soon {
            self.spin(milliseconds: 20)
            let start = Clock.monotonic()
            _ = loop.after(milliseconds: 10) {
                waited = Clock.monotonic().microseconds(since: start)
                loop.stop()
            }
        }
        loop.run()
        #expect(waited >= 10_000)
    }

    @Test func `a timer that arms itself for now does not keep the loop from its mail`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var isDone = false
        func again() { if !isDone { _ = loop.after(milliseconds: 0, again) } }
        again()
        #expect(loop.mailbox.post { $0.stop() })
        loop.run()
        isDone = true
    }

    @Test func `an event collected for a descriptor's earlier life is not told to its next`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var pipes: [[Int32]] = []
        for _ in 0..<3 {
            var ends: [Int32] = [0, 0]
            #expect(unsafe pipe(&ends) == 0)
            pipes.append(ends)
        }
        defer { for end in pipes.joined() { Sockets.close(end) } }
        // The first two have something to read, the third has not.
        for ends in pipes.prefix(2) { #expect(unsafe write(ends[1], "x", 1) == 1) }
        let (first, second, late) = (Recorder(), Recorder(), Recorder())
        let registrations = [
            try loop.register(pipes[0][0], .read, first), try loop.register(pipes[1][0], .read, second),
        ]
        // Whoever is told first gives the other's number to the third pipe, which wants to be read just the
        // same.
        func takeOver(_ index: Int) {
            guard late.events == 0, first.events + second.events == 1 else { return }
            loop.deregister(registrations[index])
            #expect(dup2(pipes[2][0], pipes[index][0]) == pipes[index][0])
            _ = try? loop.register(pipes[index][0], .read, late)
        }
        first.action = { takeOver(1) }
        second.action = { takeOver(0) }
        defer { (first.action, second.action) = ({}, {}) }
        loop.soon { loop.stop() }
        loop.run()
        #expect(first.events + second.events == 1)
        #expect(late.events == 0)
    }

    @Test func `what a handler takes out of an interest is not reported any more in the same turn`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let (a, b) = (Recorder(), Recorder())
        // An eventless pipe is writable at once, so both are ready in the same turn.
        var ends: [Int32] = [0, 0, 0, 0]
        try unsafe ends.withUnsafeMutableBufferPointer { buffer in
            let base = try unsafe #require(buffer.baseAddress)
            unsafe #expect(pipe(base) == 0 && pipe(base + 2) == 0)
        }
        defer { for end in ends { Sockets.close(end) } }
        let registrationA = try loop.register(ends[1], .write, a)
        let registrationB = try loop.register(ends[3], .write, b)
        a.action = { loop.update(registrationB, []) }
        b.action = { loop.update(registrationA, []) }
        loop.soon { loop.stop() }
        loop.run()
        #expect(a.events + b.events == 1)
        loop.deregister(registrationA)
        loop.deregister(registrationB)
    }

    @Test func `time limits far beyond any clock are taken`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let timer = loop.after(milliseconds: .max) {}
        loop.soon { loop.stop() }
        loop.run()
        loop.cancel(timer)
        #expect(MonotonicTime(nanoseconds: .max).adding(milliseconds: 1).nanoseconds == .max)
    }

    @Test func `a timer's deadline can be moved both ways`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var order: [String] = []
        let later = loop.after(milliseconds: 1) { order.append("later") }
        let sooner = loop.after(milliseconds: 60_000) {
            order.append("sooner")
        }
        _ = loop.after(milliseconds: 10) { order.append("fixed") }
        #expect(loop.rearm(later, milliseconds: 20))
        #expect(loop.rearm(sooner, milliseconds: 2))
        _ = loop.after(milliseconds: 30) { loop.stop() }
        loop.run()
        #expect(order == ["sooner", "fixed", "later"])
        #expect(!loop.rearm(later, milliseconds: 1), "it has fired")
    }

    @Test func `results come home even when the mailbox is full`() throws {
        let loop = try EventLoop(mailboxMax: 1)
        defer { loop.close() }
        let pool = BlockingPool(threadCount: 1, queueMax: 4)
        #expect(loop.mailbox.post { _ in })
        #expect(!loop.mailbox.post { _ in }, "full")
        var answers: [Int] = []
        for number in 1...3 {
            let taken = loop.offload(to: pool) {
                number
            } then: {
                answers.append($0)
                if answers.count == 3 { loop.stop() }
            }
            #expect(taken)
        }
        pool.shutdown()
        _ = loop.after(milliseconds: 5000) { loop.stop() }
        loop.run()
        #expect(answers == [1, 2, 3])
    }

    @Test func `a stop is heard even when the mailbox is full`() throws {
        let loop = try EventLoop(mailboxMax: 1)
        defer { loop.close() }
        #expect(loop.mailbox.post { _ in })
        loop.mailbox.requestStop()
        loop.run()
    }

    @Test func `jobs that were taken run although the loop stops first`() throws {
        let count = Mutex(0)
        let thread = try LoopThread.start(name: "test", index: 3) { loop in
            #expect(loop.index == 3)
            loop.stop()
            for _ in 0..<10 { _ = loop.mailbox.post { _ in count.withLock { $0 += 1 } } }
        }
        thread.join()
        #expect(count.withLock { $0 } == 10)
    }

    @Test func `a thousand loops that ended hold nothing of what they were given`() throws {
        func openDescriptors() -> Int { (0..<8192).count { fcntl($0, F_GETFD) != -1 } }
        let before = openDescriptors()
        let alive = Atomic<Int>(0)
        final class Held: ReadinessHandler {
            let loop: EventLoop
            let atEnd: () -> Void
            init(_ loop: EventLoop, atEnd: @escaping () -> Void) {
                (self.loop, self.atEnd) = (loop, atEnd)
            }
            func ready(_ readiness: Readiness) {}
            deinit { atEnd() }
        }
        for _ in 0..<1000 {
            let thread = try LoopThread.start(name: "test") { loop in
                var ends: [Int32] = [0, 0]
                guard unsafe pipe(&ends) == 0 else { return }
                let (first, second) = (ends[0], ends[1])
                alive.add(1, ordering: .relaxed)
                let held = Held(loop) {
                    alive.subtract(1, ordering: .relaxed)
                    Sockets.close(first)
                    Sockets.close(second)
                }
                _ = try? loop.register(first, .read, held)
                _ = loop.after(milliseconds: 60_000) { _ = held }
                loop.soon { loop.stop() }
            }
            thread.join()
        }
        #expect(alive.load(ordering: .relaxed) == 0)
        // Other tests of this process open and close theirs meanwhile.
        #expect(openDescriptors() < before + 900)
    }

    @Test func `a job that was done is let go at once`() throws {
        final class Held: Sendable {}
        let pool = BlockingPool(threadCount: 1, queueMax: 100)
        let isGone = Mutex(false)
        let opened = Mutex<Bool>(false)
        weak var watched: Held?
        // The second job is still queued when the first has ended, so the queue is never empty in between.
        do {
            let held = Held()
            watched = held
            #expect(pool.submit { _ = held })
        }
        let reference = WeakBox(watched)
        #expect(
            pool.submit {
                while !opened.withLock({ $0 }) {}
                isGone.withLock { $0 = reference.isGone }
            })
        #expect(pool.submit {})
        opened.withLock { $0 = true }
        pool.shutdown()
        #expect(isGone.withLock { $0 })
    }
}

private final class WeakBox<Value: AnyObject & Sendable>: Sendable {
    private weak let value: Value?
    init(_ value: Value?) { self.value = value }
    var isGone: Bool { value == nil }
}
