import Reactor
import Synchronization
import Testing

/// What the loop holds may know the loop, and come back to it at any moment.
@Suite struct ReentrancyTests {
    /// Comes back to its loop when it ends.
    private final class Returning: ReadinessHandler {
        var atEnd: () -> Void = {}
        func ready(_ readiness: Readiness) {}
        deinit { atEnd() }
    }

    @Test func `a handler may use its loop while it is being let go`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let descriptor = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        defer { Sockets.close(descriptor) }
        var handler: Returning? = Returning()
        let registration = try loop.register(descriptor, [], #require(handler))
        var isGone = false
        handler?.atEnd = {
            loop.deregister(registration)
            isGone = true
        }
        handler = nil
        loop.deregister(registration)
        #expect(isGone)
    }

    @Test func `a timer's action may use its loop while it is being let go`() throws {
        let loop = try EventLoop()
        defer { loop.close() }
        let other = loop.after(milliseconds: 1000) {}
        var held: Returning? = Returning()
        var isGone = false
        held?.atEnd = {
            loop.cancel(other)
            isGone = true
        }
        let timer = loop.after(milliseconds: 1000) { [held] in _ = held }
        held = nil
        loop.cancel(timer)
        #expect(isGone)
    }

    @Test func `a published value may read its source while it is being replaced`() {
        final class Old: Sendable {
            let source = Mutex<Published<Old?>?>(nil)
            deinit { _ = source.withLock { $0 }?.current }
        }
        var old: Old? = Old()
        let published = Published<Old?>(old)
        old?.source.withLock { $0 = published }
        old = nil
        published.replace(nil)
        #expect(published.current == nil)
    }

    @Test func `what was stopped before it ran does not run`() throws {
        let thread = try LoopThread.start(name: "test") { $0.stop() }
        thread.join()
        #expect(!thread.mailbox.post { _ in })
    }
}
