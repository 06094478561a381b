import HTTP
import Metrics
import Reactor
import Synchronization
import Testing

@testable import Serving

@Suite struct HealthTests {
    private final class Switch: Sendable {
        let isOn = Atomic<Bool>(true)
        let asked = Atomic<Int>(0)
        var probe: @Sendable () -> Bool {
            {
                self.asked.wrappingAdd(1, ordering: .relaxed)
                return self.isOn.load(ordering: .relaxed)
            }
        }
    }

    private func answer(_ vitals: Vitals, _ target: String, method: String = "GET") -> (Int, String) {
        let head = RequestHead(method: method, target: target, host: "x")
        let response = MonitoringDesk(vitals, MetricRegistry([])).answer(
            WebRequest(head: head, peer: PeerAddress(ip: "::1", port: 1)))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @Test func `a program that serves is alive and ready, and knows nothing else`() {
        let vitals = Vitals(store: Probe { true })
        #expect(answer(vitals, "/healthz") == (200, "alive\n"))
        #expect(answer(vitals, "/readyz?x=1") == (200, "ready\n"))
        #expect(answer(vitals, "/readyz", method: "HEAD").0 == 200)
        #expect(answer(vitals, "/readyz", method: "POST").0 == 405)
        #expect(answer(vitals, "/metrics", method: "POST").0 == 405)
        for path in ["/", "/metrics/", "/metrics/x", "/trust/customers"] {
            #expect(answer(vitals, path).0 == 404)
        }
    }

    @Test func `without its store, or its trust, a program lives and is not ready`() {
        let store = Switch()
        store.isOn.store(false, ordering: .relaxed)
        let vitals = Vitals(store: Probe(freshMilliseconds: 0, store.probe), others: { ["trust.customers"] })
        #expect(answer(vitals, "/healthz") == (200, "alive\n"))
        #expect(answer(vitals, "/readyz") == (503, "store\ntrust.customers\n"))
        store.isOn.store(true, ordering: .relaxed)
        #expect(answer(vitals, "/readyz") == (503, "trust.customers\n"))
    }

    @Test func `a program that drains is alive and not ready, though its loops end`() {
        let vitals = Vitals(store: Probe { true })
        _ = vitals.pulse()
        vitals.startDraining()
        #expect(answer(vitals, "/healthz") == (200, "alive\n"))
        #expect(answer(vitals, "/readyz") == (503, "draining\n"))
    }

    @Test func `a store is asked once a while, and by one at a time`() throws {
        let store = Switch()
        let probe = Probe(freshMilliseconds: 60_000, store.probe)
        for _ in 0..<5 { #expect(probe.holds()) }
        #expect(store.asked.load(ordering: .relaxed) == 1)

        let gate = Gate()
        let slow = Probe(freshMilliseconds: 0, staleMilliseconds: 0) {
            gate.pass()
            return true
        }
        let pool = BlockingPool(threadCount: 1, queueMax: 1)
        #expect(pool.submit { _ = slow.holds() })
        #expect(gate.awaitArrival())
        #expect(!slow.holds(), "who comes meanwhile does not wait")
        gate.open()
        pool.shutdown()
    }
}

@Suite struct ListeningSocketsTests {
    @Test func `every loop has a socket of its own on a port, and the first has the UNIX socket`() throws {
        let path = "/tmp/sekisho-listening-\(Clock.monotonic().nanoseconds).sock"
        let listening = try ListeningSockets(
            on: [.tcp(address: "127.0.0.1", port: 0), .unix(path: path)], loopCount: 3)
        defer { listening.close() }
        #expect(listening.ofLoop.map(\.count) == [2, 1, 1])
        #expect(listening.ofLoop[0].map(\.endpoint) == [0, 1])
        let port = try #require(listening.ports[0])
        #expect(listening.ports == [port, nil])
        #expect(
            listening.ofLoop.allSatisfy {
                Sockets.boundEndpoint($0[0].descriptor) == .tcp(address: "127.0.0.1", port: port)
            })
        #expect(
            listening.forSuccessor.map(\.name) == Array(repeating: "127.0.0.1:0", count: 3) + ["unix:\(path)"]
        )
    }

    @Test func `a port that another holds is an error, though this account holds it`() throws {
        let other = try ListeningSockets(on: [.tcp(address: "127.0.0.1", port: 0)], loopCount: 2)
        defer { other.close() }
        let port = try #require(other.ports[0])
        #expect(throws: SystemFault.self) {
            _ = try ListeningSockets(on: [.tcp(address: "127.0.0.1", port: port)], loopCount: 2)
        }
    }

    @Test func `a socket that the service manager has not handed over is an error`() {
        let fault = #expect(throws: SystemFault.self) {
            _ = try ListeningSockets(on: [.activated(name: "https")])
        }
        #expect(fault?.description.contains("listen on systemd:https") == true)
    }
}
