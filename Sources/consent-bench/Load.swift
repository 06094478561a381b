import Command
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import Synchronization
import Text

/// Customers and partners at work at once, each on a connection of its own, and how long they waited.
struct Load: Sendable {
    private let endpoint: Endpoint
    private let gateway: GatewayStandIn
    private let customers: MadeUpCustomers
    private let clients: Int
    private let seconds: Int

    init(
        to endpoint: Endpoint, gateway: GatewayStandIn, customers: MadeUpCustomers, clients: Int, seconds: Int
    ) {
        self.endpoint = endpoint
        self.gateway = gateway
        self.customers = customers
        self.clients = clients
        self.seconds = seconds
    }

    func run() throws(CommandFault) {
        try awaitBackend()
        let samples = Samples()
        let begin = Clock.monotonic()
        let pool = BlockingPool(threadCount: clients, queueMax: clients)
        for number in 0..<clients { _ = pool.submit { work(number, from: begin, into: samples) } }
        pool.shutdown()  // waits for all of them
        samples.report(seconds: Double(Clock.monotonic().microseconds(since: begin)) / 1_000_000)
    }

    private func awaitBackend() throws(CommandFault) {
        let begin = Clock.monotonic()
        while Clock.monotonic().microseconds(since: begin) < 20_000_000 {
            if let visitor = try? visitor(), (try? visitor.refresh("x")) != nil { return }
            usleep(50_000)
        }
        throw CommandFault("the backend does not answer after twenty seconds")
    }

    /// One customer after the other consents and looks at each page twice; the partner fetches a token and
    /// refreshes it four times. Whose turn comes again, supersedes what was allowed before.
    private func work(_ number: Int, from begin: MonotonicTime, into samples: Samples) {
        var customer = number
        do throws(VisitFault) {
            let visitor = try visitor()
            visitor.onAnswer = { samples.add($0, $1) }
            while Clock.monotonic().microseconds(since: begin) < seconds * 1_000_000 {
                let code = try visitor.code(of: customers.id(customer), pageViews: 2)
                customer += clients
                let response = try visitor.redeem(code)
                guard response.head.status == 200,
                    let token = (try? JSONReader.read(response.body, dialect: .json))?["refresh_token"]?
                        .string
                else { throw VisitFault("token: \(response.head.status) \(response.text)") }
                for _ in 0..<4 where try visitor.refresh(token).head.status != 200 {
                    throw VisitFault("refresh refused")
                }
            }
        } catch {
            samples.fail("\(error)")
        }
    }

    private func visitor() throws(VisitFault) -> BackendVisitor {
        try BackendVisitor(
            to: endpoint, gateway: gateway, partnerID: "p", redirectURI: "https://p.example/cb")
    }
}

/// How long requests took, by name.
final class Samples: Sendable {
    private let microseconds = Mutex<[String: [Int]]>([:])
    private let faults = Mutex<[String]>([])

    func add(_ name: String, _ value: Int) {
        microseconds.withLock { $0[name, default: []].append(value) }
    }

    func fail(_ fault: String) { faults.withLock { $0.append(fault) } }

    func report(seconds: Double) {
        let all = microseconds.withLock { $0 }
        print("request", "requests/s", "p50 ms", "p99 ms", "max ms", separator: "\t")
        for (name, values) in all.sorted(by: { $0.key < $1.key }) { line(name, values, seconds) }
        line("all", all.values.flatMap(\.self), seconds)
        let faults = faults.withLock { $0 }
        print("faults\t\(faults.count)", faults.first ?? "")
    }

    private func line(_ name: String, _ values: [Int], _ seconds: Double) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return }
        func share(_ part: Double) -> Double {
            Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1000
        }
        print(
            name, Int(Double(sorted.count) / seconds), share(0.5), share(0.99), share(1), separator: "\t")
    }
}
