import Command
import Crypto
import Gateway
import Logs
import Reactor
import Settings
import Storage
import Text

/// `sekisho serve`: runs until SIGTERM or SIGINT; SIGHUP reloads, SIGUSR1 reopens log files, SIGUSR2 has
/// a new process of the program take over.
enum Serve {
    static func run(_ options: Options) throws(CommandFault) {
        _ = OpenSSLMemory.separateLargeBlocks()
        try requireSafeOpenSSL()
        let path = try options.required("--config")
        let settings = try GatewaySettings.read(path)
        System.keepFreedMemory()
        let inherited = try Daemon.prepare()
        let logs = try settings.logs.open()
        let log = logs.log
        let metrics = GatewayMetrics()
        var database = try settings.database()
        database.observer = { metrics.storeAsked($0.rawValue, microseconds: $1, failed: $2) }
        let gateway: Gateway
        do throws(GatewayFault) {
            gateway = try Gateway(
                settings, database: database, log: log, audit: logs.audit, access: logs.access,
                metrics: metrics, inherited: inherited)
        } catch {
            throw CommandFault(error.description)
        }
        note(log, "gateway.started", gateway) { record in
            record.add("version", Release.version)
            record.add("openssl", OpenSSLVersion.currentText)
            record.add("ports", gateway.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
        }
        if !OpenSSLVersion.current.hasKnownFixes { warnOfOpenSSL(log) }
        let duties = DaemonDuties(
            reload: { reload(gateway, path, log) }, reopenLogs: { logs.reopen() },
            stop: { gateway.stop(gently: $0) }, stopSecondsMax: { gateway.stopSecondsMax },
            isAlive: { gateway.isAlive }, sockets: { gateway.listeningSockets },
            note: { log.write($0.record(of: "gateway")) })
        try Daemon.run(duties, inherited: inherited)
        log.write(LogRecord(.notice, "gateway.stopped"))
        logs.flush()
        Console.exit(0)
    }

    private static func requireSafeOpenSSL() throws(CommandFault) {
        guard OpenSSLVersion.current.isSafeEnough else {
            throw CommandFault(
                "\(OpenSSLVersion.currentText) has known holes in its checks of certificates;"
                    + " 3.0.9 or later is needed")
        }
    }

    /// Distributions fix without a new number, so this is a reason to look and no reason to stop.
    private static func warnOfOpenSSL(_ log: LogSink) {
        var record = LogRecord(.warning, "openssl.old")
        record.add("openssl", OpenSSLVersion.currentText)
        record.add("reason", "released before the latest fixes; see whether the distribution has them")
        log.write(record)
    }

    /// A failed reload changes nothing and says why.
    private static func reload(_ gateway: Gateway, _ path: String, _ log: LogSink) -> String? {
        do throws(CommandFault) {
            let settings = try GatewaySettings.read(path)
            let later: [String]
            do throws(GatewayFault) { later = try gateway.reload(settings) } catch {
                throw CommandFault(error.description)
            }
            note(log, "gateway.reloaded", gateway) { record in
                if !later.isEmpty { record.add("needs_restart", later.joined(separator: ",")) }
            }
            return nil
        } catch {
            var record = LogRecord(.error, "gateway.reloadRefused")
            record.add("reason", error.message)
            log.write(record)
            return error.message
        }
    }

    private static func note(
        _ log: LogSink, _ event: String, _ gateway: Gateway, _ fill: (inout LogRecord) -> Void
    ) {
        var record = LogRecord(.notice, event)
        fill(&record)
        for trust in gateway.trustSummary {
            record.add("trust_\(trust.store)", "epoch \(trust.epoch), \(trust.anchors) anchors")
        }
        log.write(record)
    }
}
