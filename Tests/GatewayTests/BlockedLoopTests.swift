import Foundation
import Glibc
import Reactor
import Settings
import Synchronization
import Testing

@testable import Gateway

@Suite struct BlockedLoopTests {
    /// What should never happen, made to happen: a loop that does not turn for a while.
    @Test func `a loop that is blocked holds up its own clients, no others, and loses nobody`() throws {
        let running = try RunningBank { $0.settings.workers = 2 }
        let (endpoint, context) = (running.endpoint, try running.context())
        _ = running.gateway.threads[0].mailbox.post { _ in usleep(5_000_000) }
        usleep(50_000)
        let answers = Mutex<[(text: String, milliseconds: Int)]>([])
        let group = DispatchGroup()
        let clientCount = 16
        for _ in 0..<clientCount {
            group.enter()
            Thread.detachNewThread {
                let start = Clock.monotonic()
                let client = try? RawTLS(to: endpoint, context, serverName: TestBank.login)
                try? client?.send(
                    "GET /public HTTP/1.1\r\nHost: \(TestBank.login)\r\nConnection: close\r\n\r\n")
                let text = (try? client?.receiveAll()) ?? ""
                let spent = Clock.monotonic().microseconds(since: start) / 1000
                answers.withLock { $0.append((text, spent)) }
                group.leave()
            }
        }
        group.wait()
        let all = answers.withLock { $0 }
        #expect(all.filter { $0.text.hasPrefix("HTTP/1.1 200 ") }.count == clientCount)
        // The kernel gives about half of them to either loop.
        let quick = all.filter { $0.milliseconds < 4000 }.count
        print("loop blocked for 5000 ms: \(quick) of \(clientCount) clients saw nothing of it,")
        print("the others were answered after \(all.map(\.milliseconds).max() ?? 0) ms at most")
        #expect((1..<clientCount).contains(quick))
    }
}
