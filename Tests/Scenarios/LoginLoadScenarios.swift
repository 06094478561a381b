import Foundation
import Glibc
import HTTP
import Journey
import Testing

/// The login under pressure, with figures.
@Suite(.serialized) struct LoginLoadScenarios {
    // Threats row 64. Asked in turn, so that whatever else the machine does falls on all alike.
    @Test func `how long a refusal takes does not tell who is a customer`() throws {
        let deployment = try Deployment {
            $0.replacing(
                "logs: {", with: "lockout: { failuresMax: 100, sourceFailuresMax: 10000 },\n    logs: {")
        }
        let visitor = try deployment.visitor()
        let form = try passwordForm(visitor, deployment)
        let kinds = ["NOBODY0001": "unknown", "IDUSER0003": "wrong", "TSUSER0015": "certificate required"]
        var milliseconds: [String: [Double]] = [:]
        for round in 0..<25 {
            for (id, kind) in kinds {
                let password = kind == "certificate required" ? "Sakura2026" : "wrong\(round)"
                let fields = form.hidden + [("id", id), ("password", password), ("r", "\(round)")]
                var answer: VisitedPage?
                let took = try time {
                    answer = try visitor.request(
                        "POST", "\(deployment.login)/.sekisho/password", form: fields)
                }
                #expect(answer?.status == 303)
                milliseconds[kind, default: []].append(took)
            }
        }
        let medians = milliseconds.mapValues { $0.sorted()[$0.count / 2] }
        print("medians of 25 refusals in ms: \(medians)")
        let least = try #require(medians.values.min())
        let most = try #require(medians.values.max())
        #expect(most - least < max(least * 0.15, 10))
    }

    @Test
    func `when passwords queue up, further ones are told to wait, and everybody else is served at once`()
        throws
    {
        let deployment = try Deployment {
            $0.replacing(
                "logs: {",
                with: """
                    lockout: { sourceFailuresMax: 100000 }, password: { workers: 1, queueMax: 4 },
                    logs: {
                    """)
        }
        let session = try deployment.visitor()
        let logged = try session.submit(
            passwordForm(session, deployment), on: arrive(session, deployment),
            [("id", "IDUSER0003"), ("password", "Sakura2026")])
        #expect(logged.status == 200)
        let certificate = try deployment.visitor("master")
        let page = try #require(try arrive(certificate, deployment).link("電子証明書ログイン"))
        let flood = try Flood(deployment, threads: 12) { visitor in try self.passwordForm(visitor, deployment)
        }
        var live: [Double] = []
        var pages: [Double] = []
        for _ in 0..<100 {
            var answer: VisitedPage?
            live.append(try time { answer = try session.open("\(deployment.login)/authorize") })
            #expect(answer?.status != 503)
            pages.append(try time { answer = try certificate.open(page) })
            #expect(answer?.status == 200)
        }
        let (statuses, withoutRetry) = flood.stop()
        print(
            """
            \(statuses) to password posts; at the same time in ms, p50/p99: live session \(Self.quantiles(live)), \
            certificate page \(Self.quantiles(pages))
            """)
        #expect(statuses[503, default: 0] > 0 && statuses[303, default: 0] > 0)
        #expect(withoutRetry == 0)
        #expect(live.sorted()[98] < 1000 && pages.sorted()[98] < 1000)
    }

    // MARK: Parts

    private static func quantiles(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return [sorted.count / 2, sorted.count * 99 / 100].map { "\(Int(sorted[$0]))" }.joined(separator: "/")
    }

    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = DispatchTime.now()
        try body()
        return Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1_000_000
    }

    private func arrive(_ visitor: Visitor, _ deployment: Deployment) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        return try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
    }

    private func passwordForm(_ visitor: Visitor, _ deployment: Deployment) throws -> PageForm {
        try #require(try arrive(visitor, deployment).form(to: "/.sekisho/password"))
    }
}

/// Wrong passwords from several threads, one after another each, until stopped.
private final class Flood: @unchecked Sendable {
    // Proof for `@unchecked`: everything below `lock` is only touched while it is held.
    private let lock = NSLock()
    private var isStopped = false
    private var statuses: [Int: Int] = [:]
    private var withoutRetry = 0
    private let group = DispatchGroup()

    init(_ deployment: Deployment, threads: Int, form: (Visitor) throws -> PageForm) throws {
        let address = "\(deployment.login)/.sekisho/password"
        for thread in 0..<threads {
            nonisolated(unsafe) let visitor = try deployment.visitor()  // handed over, not shared
            let hidden = try unsafe form(visitor).hidden
            let group = self.group
            group.enter()
            Thread.detachNewThread { [self] in
                defer { group.leave() }
                for number in 0..<10_000 {
                    let fields =
                        hidden + [("id", "NOBODY\(thread)"), ("password", "x"), ("r", "\(number)")]
                    guard let answer = try? unsafe visitor.request("POST", address, form: fields),
                        record(answer.status, answer.headers["Retry-After"] != nil)
                    else { return }
                }
            }
        }
    }

    /// False when it is time to stop.
    private func record(_ status: Int, _ hasRetry: Bool) -> Bool {
        lock.withLock {
            statuses[status, default: 0] += 1
            if status == 503, !hasRetry { withoutRetry += 1 }
            return !isStopped
        }
    }

    func stop() -> (statuses: [Int: Int], withoutRetry: Int) {
        lock.withLock { isStopped = true }
        group.wait()
        return lock.withLock { (statuses, withoutRetry) }
    }
}
