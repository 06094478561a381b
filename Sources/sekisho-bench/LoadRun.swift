import Glibc
import Load
import Reactor
import TLS

/// One measured run: warm-up, the counted seconds, the result.
struct LoadRun {
    private let plan: ClientPlan
    private let clientCount: Int
    private let countAtOnce: Int
    private let seconds: Double
    private let latencyFile: String?

    init(_ options: Options) throws {
        let version: TLSVersion = options.values["--tls"] == "1.2" ? .tls12 : .tls13
        var identity: ClientIdentity?
        if let certificate = options.values["--certificate"] {
            identity = ClientIdentity(
                chainPEM: try Files.read(certificate), keyPEM: try Files.read(options.text("--key")))
        }
        // The cheaper the load, the busier the server: one that waits pays for being woken.
        let context = try ClientContext(
            anchorsPEM: Files.read(options.text("--anchor")), identity: identity,
            standingIn: ClientOffer(version: version, alpn: ["http/1.1"]), library: .ofLoop(0))
        let name = try options.text("--name")
        let path = options.values["--path"] ?? "/"
        let header = options.values["--header"].map { "\($0)\r\n" } ?? ""
        plan = ClientPlan(
            endpoint: options.endpoint, context: context, serverName: name,
            request: Array("GET \(path) HTTP/1.1\r\nHost: \(name)\r\n\(header)\r\n".utf8),
            requestsPerConnection: try options.number("--requests", default: 1), resumes: options.resumes,
            holds: options.holds)
        clientCount = try options.number("--clients", default: 16)
        countAtOnce =
            plan.holds ? min(clientCount, try options.number("--at-once", default: clientCount)) : clientCount
        seconds = try options.seconds("--seconds", default: 3)
        latencyFile = options.values["--latencies"]
    }

    func run() throws {
        let loop = try EventLoop()
        let crowd = Crowd(on: loop)
        crowd.onEmpty = { loop.stop() }
        for _ in 0..<countAtOnce { crowd.add(plan) }
        if plan.holds {
            crowd.onHold = { [clientCount, countAtOnce, plan] count in
                if count + countAtOnce <= clientCount { crowd.add(plan) }
                if count == clientCount { loop.stop() }
            }
        } else {
            _ = loop.after(milliseconds: min(500, Int(seconds * 1000) / 3)) { loop.stop() }
        }
        loop.run()
        say("warm")
        _ = readLine()
        let before = crowd.tally
        let start = Clock.monotonic()
        var latencies: [(begin: MonotonicTime, microseconds: Int)] = []
        if latencyFile != nil {
            crowd.onFirstResponse = { latencies.append(($0, Clock.monotonic().microseconds(since: $0))) }
        }
        if !plan.holds {
            _ = loop.after(milliseconds: Int(seconds * 1000)) { loop.stop() }
            loop.run()
        }
        let tally = crowd.tally - before
        let microseconds = Clock.monotonic().microseconds(since: start)
        if let latencyFile {
            let lines = latencies.map { "\($0.begin.nanoseconds / 1000) \($0.microseconds)\n" }
            try Files.replace(latencyFile, with: Array(lines.joined().utf8), isPrivate: false)
        }
        report(tally, microseconds: microseconds)
    }

    private func report(_ tally: Tally, microseconds: Int) {
        let reasons = tally.failureReasons.map { "\"\($0.filter { $0 != "\"" && $0 != "\\" })\"" }
        say(
            """
            {"microseconds": \(microseconds), "handshakes": \(tally.handshakes), \
            "resumptions": \(tally.resumptions), "responses": \(tally.responses), \
            "refusals": \(tally.refusals), "body_bytes": \(tally.bodyBytes), \
            "failures": \(tally.failures), "reasons": [\(reasons.joined(separator: ", "))]}
            """)
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
