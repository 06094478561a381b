import Glibc
import HTTP
import Identity
import Logs
import Metrics
import Reactor
import Serving
import Settings
import TestFolders
import TestPKI
import Testing
import Text

@testable import Gateway

/// What a request is called, here and behind; and what happens when nothing can be written down.
@Suite struct TraceTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func passed(_ sent: [(String, String)]) throws -> (HeaderFields, RunningBank) {
        let running = try RunningBank()
        let client = try running.client(to: TestBank.login)
        let response = try client.send("GET", "/public", headers: headers(TestBank.login, sent))
        #expect(response.head.status == 200)
        return (try #require(running.backend.requests.last).head.headers, running)
    }

    @Test func `a well-formed name and trace are passed on, and stand in both logs`() throws {
        let running = try RunningBank()
        let client = try running.client(to: TestBank.partner)
        let sent = [
            ("X-Request-Id", "r-1.2:3_x"), ("traceparent", Self.parent), ("tracestate", "a=1,b=2"),
        ]
        #expect(try client.send("GET", "/", headers: headers(TestBank.partner, sent)).head.status == 401)
        let allowed = try running.client(
            to: TestBank.partner, as: running.bank.partners.issue("api.partner.example"))
        #expect(try allowed.send("GET", "/", headers: headers(TestBank.partner, sent)).head.status == 200)
        let seen = try #require(running.backend.requests.last).head.headers
        #expect(seen.values(of: "X-Request-Id") == ["r-1.2:3_x"])
        #expect(seen.values(of: "traceparent") == [Self.parent])
        #expect(seen.values(of: "tracestate") == ["a=1,b=2"])
        for name in ["log", "audit"] {
            for _ in 0..<100 where try !running.bank.folder.text(of: name).contains("r-1.2:3_x") {
                usleep(10_000)
            }
            let text = try running.bank.folder.text(of: name)
            #expect(text.contains("\"request\":\"r-1.2:3_x\",\"trace\":\"0af7651916cd43dd8448eb211c80319c\""))
        }
    }

    @Test(
        arguments: [
            [], [("X-Request-Id", "")], [("X-Request-Id", "a b")], [("X-Request-Id", "ä")],
            [("X-Request-Id", String(repeating: "a", count: 129))],
            [("X-Request-Id", "one"), ("X-Request-Id", "two")],
            [("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01")],
            [("traceparent", Self.parent), ("traceparent", Self.parent)], [("tracestate", "a=1")],
        ] as [[(String, String)]])
    func `what is missing or malformed is made anew`(_ sent: [(String, String)]) throws {
        let (seen, _) = try passed(sent)
        let id = try #require(seen.values(of: "X-Request-Id").first)
        #expect(seen.values(of: "X-Request-Id").count == 1)
        #expect(RequestID.isWellFormed(id) && !sent.contains { $0.1 == id })
        let parents = seen.values(of: "traceparent")
        #expect(parents.count == 1 && parents.allSatisfy { TraceParent($0) != nil })
        #expect(!parents.contains(Self.parent))
        #expect(seen["tracestate"] == nil)
    }

    @Test func `what nobody can write down does not happen, until it can be written again`() throws {
        // A disk that is always full, by the kernel's word.
        let full = try LogSink(file: "/dev/full")
        let running = try RunningBank { try $0.add("EITHER", .either) }
        let gateway = try Gateway(
            running.bank.settings, database: running.bank.database, log: running.bank.log,
            audit: running.bank.audit, access: full)
        defer { gateway.stop() }
        let context = try running.context()
        let client = try BlockingClient(
            to: .tcp(address: "127.0.0.1", port: gateway.ports[0] ?? 0), tls: (context, TestBank.login))
        #expect(try client.send("GET", "/public", headers: headers(TestBank.login)).head.status == 200)
        for _ in 0..<500 where full.failure == nil { usleep(10_000) }
        #expect(full.failure == ENOSPC)
        let refused = try client.send("GET", "/public", headers: headers(TestBank.login))
        #expect(refused.head.status == 503)
        #expect(refused.head.headers["Retry-After"] != nil)
        #expect(running.backend.requests.count == 1)
        #expect(try running.bank.logged().contains("\"reason\":\"auditUnavailable\""))
    }

    @Test func `told to go on, it goes on without records, and counts what was dropped`() throws {
        let full = try LogSink(file: "/dev/full", queueBytesMax: 1000)
        let running = try RunningBank()
        var settings = running.bank.settings
        settings.logs.whenFull = .dropAndAlarm
        let metrics = GatewayMetrics()
        let gateway = try Gateway(
            settings, database: running.bank.database, log: running.bank.log, audit: running.bank.audit,
            access: full, metrics: metrics)
        defer { gateway.stop() }
        let context = try running.context()
        let client = try BlockingClient(
            to: .tcp(address: "127.0.0.1", port: gateway.ports[0] ?? 0), tls: (context, TestBank.login))
        for _ in 0..<10 {
            #expect(try client.send("GET", "/public", headers: headers(TestBank.login)).head.status == 200)
        }
        for _ in 0..<500 where full.failure == nil || full.droppedCount == 0 { usleep(10_000) }
        let text = String(decoding: metrics.registry.exposition(), as: UTF8.self)
        #expect(text.contains("sekisho_log_failing{log=\"access\"} 1\n"))
        #expect(!text.contains("sekisho_log_records_dropped_total{log=\"access\"} 0\n"))
    }

    @Test func `nobody is let in whose login cannot be recorded`() throws {
        let running = try RunningBank { try $0.add("EITHER", .either) }
        let full = try LogSink(file: "/dev/full")
        let logs = GatewayLogs(log: running.bank.log, audit: full)
        #expect(!logs.decide(LogRecord(.notice, "login.accepted", kind: .audit)))
        let careless = GatewayLogs(log: running.bank.log, audit: full, stopsWhenFull: false)
        #expect(careless.decide(LogRecord(.notice, "login.accepted", kind: .audit)))
    }
}
