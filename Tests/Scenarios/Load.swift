import Foundation
import HTTP
import Reactor
import Serving
import Synchronization
import TLS

/// One client after the other, each with a full handshake and a few requests, on a thread of its own, until it
/// is stopped. All of them have a right to be served.
final class Load: Sendable {
    private struct State {
        var answered = 0
        var refused = 0
        /// Of the handshake and first request of each client, with when it began.
        var latencies: [(at: MonotonicTime, microseconds: Int)] = []
        var isStopped = false
        var runningCount = 0
    }

    private let state = Mutex(State())

    init(
        _ deployment: Deployment, as identity: ClientIdentity, host: String = "api.fb.localhost",
        threadCount: Int = 2
    ) throws {
        let context = try ClientContext(
            anchorsPEM: deployment.bytes("server-ca.pem"), identity: identity)
        let endpoint = Endpoint.tcp(address: "127.0.0.1", port: deployment.port)
        let name = "\(host):\(deployment.port)"
        for _ in 0..<threadCount {
            state.withLock { $0.runningCount += 1 }
            Thread.detachNewThread { [self] in
                while !state.withLock({ $0.isStopped }) {
                    visit(endpoint, context, host, name)
                }
                state.withLock { $0.runningCount -= 1 }
            }
        }
    }

    var answered: Int { state.withLock { $0.answered } }
    var refused: Int { state.withLock { $0.refused } }

    /// Handshake and first request, in microseconds, sorted, of the clients that came between two moments.
    func latencies(from start: MonotonicTime, to end: MonotonicTime) -> [Int] {
        state.withLock { state in
            state.latencies.filter { start <= $0.at && $0.at < end }.map(\.microseconds).sorted()
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        while state.withLock({ $0.runningCount }) > 0 { usleep(1000) }
    }

    private func visit(_ endpoint: Endpoint, _ context: ClientContext, _ host: String, _ name: String) {
        let begin = Clock.monotonic()
        var results: [Int?] = []
        var first = 0
        if let client = try? BlockingClient(to: endpoint, tls: (context, host)) {
            for index in 0..<3 {
                let answer = try? client.send("GET", "/nothing", headers: .init([("Host", name)]))
                if index == 0 { first = Clock.monotonic().microseconds(since: begin) }
                results.append(answer?.head.status)
            }
        }
        let good = results.filter { $0 != nil && $0 != 401 && $0 != 503 }.count
        state.withLock { state in
            state.answered += good
            state.refused += 3 - good
            state.latencies.append((begin, first))
        }
    }
}
