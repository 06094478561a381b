import Command
import Load
import Reactor
import Replay
import Text
import Traces

/// `sekisho-replay run`.
enum RunCommand {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(
            arguments,
            named: [
                "--target", "--server-ca", "--pki", "--allow", "--speed", "--rate", "--duration",
                "--connections", "--check", "--host", "--path", "--requests", "--patience", "--pause",
                "--loops", "--json", "--html",
            ], flags: ["--skip-damaged", "--full", "--quiet"], usage: usage)
        guard options.words.count == 1 else { throw CommandFault(usage: usage) }
        Signals.ignoreBrokenPipe()
        Signals.block([SignalWatcher.interrupt, SignalWatcher.terminate])
        let endpoint = try target(options)
        let anchors = try file(options.required("--server-ca"))
        var plan = ReplayPlan(endpoint: endpoint, anchors: anchors)
        try fill(&plan, options)
        var score = Score(hosts: try hosts(options))
        let damaged = try TraceFile.read(options.words[0], isStrict: !options.has("--skip-damaged")) {
            score.add($1, $0)
        }
        score.finish()
        guard !score.parts.isEmpty else { throw CommandFault("\(options.words[0]): nothing to play") }
        let shelf = try credentials(options, score)
        if shelf.missingCount > 0 {
            Console.error("\(shelf.missingCount) of \(score.credentials.count) certificates are not in --pki")
        }
        let report = try play(plan, score, shelf, damaged, options)
        if let path = options.value("--json") { try write(report.json, to: path) }
        if let path = options.value("--html") { try write(Array(report.html.utf8), to: path) }
        Console.print(report.text)
        if !report.isGood { throw CommandFault(nil, status: 3) }
    }

    private static func play(
        _ plan: ReplayPlan, _ score: Score, _ shelf: CredentialShelf, _ damaged: DamagedLines,
        _ options: Options
    ) throws(CommandFault) -> RunReport {
        let began = WallTime(seconds: Clock.wall())
        let outcome: ReplayRun.Outcome
        do {
            let loop = try EventLoop()
            outcome = try ReplayRun(plan, score, shelf).run(on: loop) { progress, seconds in
                if !options.has("--quiet") { show(progress, seconds, of: score) }
            }
        } catch {
            throw CommandFault("\(error)")
        }
        Terminal.status("")
        var leftOut = score.leftOut
        if damaged.count > 0 {
            let first = damaged.first.first.map { ", the first on line \($0.number): \($0.fault)" } ?? ""
            leftOut["damaged\(first)"] = damaged.count
        }
        let trace = options.words[0].split(separator: "/").last.map { String($0) } ?? ""
        return RunReport(
            outcome.tally,
            facts: [
                ("trace", "\(trace), \(Decimal.grouped(score.parts.count)) connections"),
                ("target", "\(plan.endpoint)"), ("pace", plan.pace.text),
                (
                    "clients",
                    "\(plan.loopCount) loops, at most \(Decimal.grouped(plan.connectionsMax)) at once"
                ),
                ("begun", began.rfc3339),
            ], seconds: outcome.seconds, cpuSeconds: outcome.cpuSeconds,
            wasInterrupted: outcome.wasInterrupted, checksOutcomes: plan.check != .none, leftOut: leftOut)
    }

    private static func show(_ progress: ReplayRun.Progress, _ seconds: Double, of score: Score) {
        Terminal.status(
            "\(Decimal.text(max(0, seconds), digits: 1)) s: \(Decimal.grouped(progress.started)) begun"
                + " of \(Decimal.grouped(score.parts.count)), \(progress.inFlight) under way,"
                + " \(Decimal.grouped(progress.handshakes)) handshakes,"
                + " \(progress.failed) failures, \(progress.differing) other outcomes")
    }

    // MARK: Reading the command line

    private static func target(_ options: Options) throws(CommandFault) -> Endpoint {
        var text = try options.required("--target")
        if text.hasPrefix("localhost:") { text = "127.0.0.1:\(text.dropFirst(10))" }
        guard let endpoint = Endpoint(parsing: text), case .tcp(let address, let port) = endpoint else {
            throw CommandFault(usage: "--target takes a numeric address and a port, such as 127.0.0.1:8443")
        }
        let list = try options.value("--allow").map { path throws(CommandFault) in try file(path) } ?? []
        let permission = TargetPermission(list: String(decoding: list, as: UTF8.self))
        guard permission.permits(address: address, port: port) else {
            throw CommandFault(
                "\(endpoint) is not this machine. Load is sent elsewhere only to who expects it: name it on a"
                    + " line of a file, and the file with --allow")
        }
        return endpoint
    }

    private static func fill(_ plan: inout ReplayPlan, _ options: Options) throws(CommandFault) {
        switch (options.value("--speed"), options.value("--rate")) {
        case (nil, nil): break
        case ("max"?, nil): plan.pace = .unpaced
        case (let text?, nil):
            guard let speed = Double(text), speed.isFinite, 0.001...1000 ~= speed else {
                throw CommandFault(usage: "--speed takes a number from 0.001 to 1000, or max")
            }
            plan.pace = .recorded(speed: speed)
        case (nil, let text?):
            guard let rate = Double(text), 0.01...1_000_000 ~= rate else {
                throw CommandFault(usage: "--rate takes connections a second, from 0.01 to 1000000")
            }
            plan.pace = .rate(rate)
        default: throw CommandFault(usage: "--speed or --rate, not both")
        }
        plan.loopCount = try options.number("--loops", 1...256) ?? System.coreCount
        // A loop with no more than a few connections at once is never idle, and never late.
        let standard = plan.pace == .unpaced ? 16 * plan.loopCount : 4096
        let room = max(1, System.raiseDescriptorLimit() - 64)
        plan.connectionsMax = min(room, try options.number("--connections", 1...1_000_000) ?? standard)
        plan.patienceSeconds = try options.number("--patience", 1...3600) ?? 10
        plan.pauseSecondsMax = try options.number("--pause", 0...3600) ?? 60
        plan.requestCount = try options.number("--requests", 0...1_000_000)
        plan.neverResumes = options.has("--full")
        plan.path = options.value("--path") ?? "/"
        guard plan.path.hasPrefix("/"), plan.path.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw CommandFault(usage: "--path takes what stands in a request line, such as /a?b=c")
        }
        if let text = options.value("--check") {
            guard let check = ReplayPlan.Check(rawValue: text) else {
                throw CommandFault(usage: "--check takes outcomes, admission or none")
            }
            plan.check = check
        }
        if let text = options.value("--duration") {
            let number = text.hasSuffix("s") ? String(text.dropLast()) : text
            guard let seconds = Double(number), 0.01...1_000_000 ~= seconds else {
                throw CommandFault(usage: "--duration takes seconds")
            }
            plan.durationSeconds = seconds
        }
    }

    /// `NAME=OTHER`, or `NAME` for all.
    private static func hosts(_ options: Options) throws(CommandFault) -> [String: String] {
        var hosts: [String: String] = [:]
        for text in options.all("--host") {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false).map { String($0) }
            guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 253 })
            else {
                throw CommandFault(usage: "--host takes NAME=OTHER, or NAME for all hosts of the trace")
            }
            hosts[parts.count == 2 ? parts[0] : "*"] = parts[parts.count - 1]
        }
        return hosts
    }

    private static func credentials(
        _ options: Options, _ score: Score
    ) throws(CommandFault) -> CredentialShelf {
        guard !score.credentials.isEmpty else { return CredentialShelf(emptyFor: score) }
        let path = "\(try options.required("--pki"))/credentials.jsonl"
        do throws(SystemFault) { return try CredentialShelf(for: score, in: path) } catch {
            throw CommandFault("\(error)")
        }
    }

    private static func file(_ path: String) throws(CommandFault) -> [UInt8] {
        do throws(SystemFault) { return try Files.read(path) } catch { throw CommandFault("\(error)") }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(CommandFault) {
        do throws(SystemFault) {
            try Files.replace(path, with: bytes, isPrivate: false)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    private static let usage = """
        usage: sekisho-replay run TRACE --target ADDRESS:PORT --server-ca FILE [--pki FOLDER] [options]

          --target ADDRESS:PORT   numeric; another machine only if the file of --allow names it
          --server-ca FILE        the target's certificate must end in one of these (PEM)
          --pki FOLDER            what `sekisho-replay mint` made for the trace
          --allow FILE            ADDRESS or ADDRESS:PORT a line
          --speed N | max         times as fast as recorded (1); max: each when another has ended
          --rate N                connections a second, evenly
          --duration SECONDS      begin none after that; a shorter trace is played again and again
          --connections N         at once (4096; with --speed max 16 for each loop)
          --check outcomes|admission|none
                                  responses must say what the trace expects (outcomes); or whom it has
                                  trusted must get in, and whom it has refused must not
          --host NAME=OTHER       what a host of the trace is called at the target; NAME alone: all hosts
          --path PATH             (/)
          --requests N            on each connection, whatever the trace says
          --full                  no handshake takes up a session
          --pause SECONDS         longest pause on a connection, at the recorded speed; 0: none (60)
          --patience SECONDS      for a connection, a handshake, a response (10)
          --loops N               (one for each processor)
          --skip-damaged          passes over lines that cannot be read, and counts them
          --json FILE, --html FILE
          --quiet                 no progress on the terminal

        Ctrl-C ends a run, with its report. Exit status: 0 all went as the trace has it; 1 it could not be
        run; 2 usage; 3 something failed, or came out otherwise.
        """
}
