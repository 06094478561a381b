import Foundation
import HTTP
import Reactor
import Serving
import Synchronization
import TLS

/// Partners' programs, each sending requests that may not be sent twice, on one connection as long as the
/// gateway keeps it and on a new one for every third request else. Any request without an answer is a fault.
final class SteadyClients: Sendable {
    private struct State {
        var answered = 0
        var faults: [String] = []
        var isStopped = false
        var runningCount = 0
    }

    private let state = Mutex(State())

    init(_ deployment: Deployment, count: Int) throws {
        let context = try ClientContext(
            anchorsPEM: deployment.bytes("server-ca.pem"),
            identity: ClientIdentity(
                chainPEM: deployment.bytes("partners/sample-partner.pem"),
                keyPEM: deployment.bytes("partners/sample-partner.key")))
        let port = deployment.port
        for index in 0..<count {
            state.withLock { $0.runningCount += 1 }
            Thread.detachNewThread { [self] in
                run(context, port, keeps: index % 2 == 0)
                state.withLock { $0.runningCount -= 1 }
            }
        }
    }

    var answered: Int { state.withLock { $0.answered } }
    var faults: [String] { state.withLock { $0.faults } }

    /// Waits for so many more, and then for those that were on their way.
    func awaitAnswers(_ count: Int) throws {
        let goal = answered + count
        for _ in 0..<3000 {
            if answered >= goal { return }
            usleep(10_000)
        }
        throw ScenarioFault("the clients get no answers: \(faults)")
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        while state.withLock({ $0.runningCount }) > 0 { usleep(1000) }
    }

    private func run(_ context: ClientContext, _ port: UInt16, keeps: Bool) {
        guard
            let client = try? BlockingClient(
                to: .tcp(address: "127.0.0.1", port: port), tls: (context, "api.fb.localhost"))
        else { return }
        let headers = HeaderFields([("Host", "api.fb.localhost:\(port)")])
        var turn = 0
        while !state.withLock({ $0.isStopped }) {
            turn += 1
            if !keeps, turn % 3 == 0 { client.disconnect() }
            do {
                let answer = try client.send("POST", "/nothing", headers: headers, body: [0x78])
                state.withLock { state in
                    state.answered += 1
                    if answer.head.status != 404 { state.faults.append("status \(answer.head.status)") }
                }
            } catch {
                state.withLock { $0.faults.append("\(error.code), nothing sent: \(error.nothingSent)") }
            }
        }
    }
}
