import Glibc
import Reactor
import Synchronization
import Testing

@Suite struct EventLoopTests {
    @Test func `timers fire in order of their deadlines and cancelled ones never`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var fired: [Int] = []
        _ = loop.after(milliseconds: 20) {
            fired.append(20); loop.stop()
        }
        _ = loop.after(milliseconds: 5) { fired.append(5) }
        let cancelled = loop.after(milliseconds: 1) { fired.append(1) }
        _ = loop.after(milliseconds: 10) { fired.append(10) }
        loop.cancel(cancelled)
        let start = Clock.monotonic()
        loop.run()
        #expect(fired == [5, 10, 20])
        #expect(Clock.monotonic().microseconds(since: start) >= 20_000)
    }

    @Test func `a later action runs after this turn's events and before the next wait`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var order: [String] = []
        loop.soon {
            order.append("first")
            loop.soon {
                order.append("second"); loop.stop()
            }
        }
        loop.run()
        #expect(order == ["first", "second"])
    }

    private final class Sender: TurnEndHandler {
        private let action: (Sender) -> Void
        init(_ action: @escaping (Sender) -> Void) { self.action = action }
        func turnEnds() { action(self) }
    }

    @Test func `a turn's end is told when all else is done, and again only when asked for again`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        var order: [String] = []
        var turns = 0
        let sender = Sender { sender in
            turns += 1
            order.append("sent \(turns)")
            if turns == 1 { loop.atTurnEnd(sender) } else { loop.soon { loop.stop() } }
        }
        loop.atTurnEnd(sender)
        loop.soon {
            order.append("action")
            loop.soon { order.append("action of the next turn") }
        }
        loop.run()
        #expect(order == ["action", "sent 1", "action of the next turn", "sent 2"])
    }

    @Test func `a loop that is closed lets go of whom it would have told`() throws {
        let loop = try EventLoop()
        weak var sender: Sender?
        do {
            let held = Sender { _ in }
            sender = held
            loop.atTurnEnd(held)
        }
        #expect(sender != nil)
        loop.close()
        #expect(sender == nil)
    }

    @Test func `jobs from many threads all arrive, also those posted before the loop runs`() throws {
        let count = Mutex(0)
        let thread = try LoopThread.start(name: "test") { _ in }
        let pool = BlockingPool(threadCount: 4, queueMax: 1000)
        for _ in 0..<1000 {
            let taken = pool.submit { _ = thread.mailbox.post { _ in count.withLock { $0 += 1 } } }
            #expect(taken)
        }
        pool.shutdown()
        _ = thread.mailbox.post { $0.stop() }
        thread.join()
        #expect(count.withLock { $0 } == 1000)
        #expect(thread.mailbox.post { _ in } == false, "the loop is gone")
    }

    @Test func `blocking work completes on the loop that asked for it`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let pool = BlockingPool(threadCount: 2, queueMax: 4)
        var answer = 0
        let taken = loop.offload(to: pool) {
            6 * 7
        } then: {
            answer = $0; loop.stop()
        }
        #expect(taken)
        loop.run()
        #expect(answer == 42)
        pool.shutdown()
    }

    @Test func `a background pool stands back behind the threads that it serves, which do not`() throws {
        let pool = BlockingPool(threadCount: 2, queueMax: 4, isBackground: true)
        let seen = Mutex<[Int32]>([])
        let before = nice(0)
        for _ in 0..<4 { #expect(pool.submit { seen.withLock { $0.append(nice(0)) } }) }
        pool.shutdown()
        #expect(seen.withLock { $0 } == Array(repeating: min(19, before + 5), count: 4))
        #expect(nice(0) == before)
    }

    @Test func `a full pool refuses, and what it took still runs`() throws {
        var pipeEnds: [Int32] = [0, 0]
        unsafe #expect(pipe(&pipeEnds) == 0)
        let (gate, opener) = (pipeEnds[0], pipeEnds[1])
        let pool = BlockingPool(threadCount: 1, queueMax: 2)
        let ran = Mutex(0)
        // One runs and waits at the gate; it may or may not have left the queue when the next are added.
        var accepted = 0
        for _ in 0..<10 {
            let taken = pool.submit {
                var byte: UInt8 = 0
                unsafe _ = read(gate, &byte, 1)  // blocks until the other end is closed
                ran.withLock { $0 += 1 }
            }
            if taken { accepted += 1 }
        }
        #expect((2...3).contains(accepted))
        close(opener)
        pool.shutdown()
        #expect(ran.withLock { $0 } == accepted)
        #expect(!pool.submit {})
        close(gate)
    }

    @Test func `a stale event for a descriptor that was used again is dropped`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let first = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 8, reusePort: false)
        let other = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 8, reusePort: false)
        defer { Sockets.close(other) }
        final class Recorder: ReadinessHandler {
            var events = 0
            var action: (() -> Void)?
            func ready(_ readiness: Readiness) { events += 1; action?() }
        }
        let (a, b, late) = (Recorder(), Recorder(), Recorder())
        let registrationA = try loop.register(first, .read, a)
        let registrationB = try loop.register(other, .read, b)
        // Both become ready in one turn; whoever is told first takes the other out and reuses nothing of it.
        a.action = {
            loop.deregister(registrationB); _ = try? loop.register(other, [], late)
        }
        b.action = {
            loop.deregister(registrationA); _ = try? loop.register(first, [], late)
        }
        let clients = try [first, other].map {
            try Sockets.connect(.tcp(address: "127.0.0.1", port: #require(Sockets.boundPort($0))))
        }
        defer { for client in clients { Sockets.close(client) } }
        _ = loop.after(milliseconds: 30) { loop.stop() }
        loop.run()
        #expect(a.events == 0 || b.events == 0)
        #expect(late.events == 0)
        Sockets.close(first)
    }

    @Test func `a thousand loops leave no descriptor behind`() throws {
        func openDescriptors() -> Int {
            (0..<4096).count { fcntl($0, F_GETFD) != -1 }
        }
        _ = try EventLoop()
        let before = openDescriptors()
        for _ in 0..<1000 {
            let loop = try EventLoop()
            loop.soon { loop.stop() }
            loop.run()
        }
        // Other tests of this process open and close theirs meanwhile.
        #expect(openDescriptors() < before + 900)
    }
}

@Suite struct SocketTests {
    @Test func `an address in use is told by its words`() throws {
        let first = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        defer { Sockets.close(first) }
        let port = try #require(Sockets.boundPort(first))
        let fault = #expect(throws: SystemFault.self) {
            _ = try Sockets.listenTCP(address: "127.0.0.1", port: port, backlog: 1, reusePort: false)
        }
        #expect(fault?.description == "address 127.0.0.1:\(port) is already in use")
    }

    @Test func `a UNIX socket is taken over only when nobody answers on it`() throws {
        let path = "/tmp/sekisho-test-\(getpid()).sock"
        unsafe unlink(path)
        let first = try Sockets.listenUNIX(path: path)
        #expect(throws: SystemFault.self) { _ = try Sockets.listenUNIX(path: path) }
        Sockets.close(first)
        let second = try Sockets.listenUNIX(path: path)
        Sockets.close(second)
        unsafe unlink(path)
    }

    @Test(arguments: [
        "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "fb.localhost:80", ":80", "unix:", "[::1:80",
    ])
    func `what is no endpoint is refused`(_ text: String) {
        #expect(Endpoint(parsing: text) == nil)
    }

    @Test func `endpoints read back as they print`() {
        for text in ["127.0.0.1:80", "[::1]:8443", "unix:/run/a.sock"] {
            #expect(Endpoint(parsing: text)?.description == text)
        }
    }
}

@Suite struct PublishedTests {
    @Test func `a reader sees a replacement at its next read`() {
        let published = Published(1)
        var reader = PublishedReader(published)
        #expect(reader.read() == 1)
        published.replace(2)
        #expect(reader.read() == 2)
        #expect(published.generation == 1)
    }
}
