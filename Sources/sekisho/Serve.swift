import Gateway
import Logs
import Reactor
import Settings
import Text

/// `sekisho serve`: runs until SIGTERM or SIGINT; SIGHUP reloads.
enum Serve {
    static func run(_ options: Options) throws(CommandFault) {
        let path = try options.required("--config")
        let settings = try SettingsFile.read(path)
        // Before any thread starts: they inherit it.
        Signals.ignoreBrokenPipe()
        let handled = [
            SignalWatcher.terminate, SignalWatcher.interrupt, SignalWatcher.hangup, SignalWatcher.user1,
        ]
        Signals.block(handled)
        let log = LogSink(descriptor: 2, format: format(settings))
        let audit = try audit(settings, log)
        let database = try SettingsFile.database(settings)
        let gateway: Gateway
        do throws(GatewayFault) {
            gateway = try Gateway(settings, database: database, log: log, audit: audit)
        } catch {
            throw CommandFault(error.description)
        }
        note(log, .notice, "gateway.started") { record in
            record.add("ports", gateway.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
            for trust in gateway.trustSummary {
                record.add("trust_\(trust.store)", "epoch \(trust.epoch), \(trust.anchors) anchors")
            }
        }
        waitForSignals(handled, gateway, path, log, audit)
        note(log, .notice, "gateway.stopping") { _ in }
        gateway.stop()
        note(log, .notice, "gateway.stopped") { _ in }
        _ = audit.flush()
        _ = log.flush()
    }

    /// Returns when the process is asked to end.
    private static func waitForSignals(
        _ signals: [Int32], _ gateway: Gateway, _ path: String, _ log: LogSink, _ audit: LogSink
    ) {
        guard let loop = try? EventLoop() else { return }
        let watcher = try? SignalWatcher(on: loop, signals) { signal in
            switch signal {
            case SignalWatcher.hangup: reload(gateway, path, log)
            case SignalWatcher.user1: try? audit.reopen()
            default: loop.stop()
            }
        }
        guard watcher != nil else { return }
        loop.run()
    }

    /// A failed reload changes nothing and says why.
    private static func reload(_ gateway: Gateway, _ path: String, _ log: LogSink) {
        do throws(CommandFault) {
            let settings = try SettingsFile.read(path)
            do throws(GatewayFault) { try gateway.reload(settings) } catch {
                throw CommandFault(error.description)
            }
            note(log, .notice, "gateway.reloaded") { record in
                for trust in gateway.trustSummary {
                    record.add("trust_\(trust.store)", "epoch \(trust.epoch), \(trust.anchors) anchors")
                }
            }
        } catch {
            note(log, .error, "gateway.reloadRefused") { $0.add("reason", error.message) }
        }
    }

    private static func format(_ settings: GatewaySettings) -> LogFormat {
        settings.logs.format == .json ? .json : .text
    }

    private static func audit(_ settings: GatewaySettings, _ log: LogSink) throws(CommandFault) -> LogSink {
        guard let path = settings.logs.auditFile else { return log }
        do throws(LogFault) {
            return try LogSink(file: path, format: format(settings))
        } catch {
            throw CommandFault("\(error)")
        }
    }

    private static func note(
        _ log: LogSink, _ level: LogLevel, _ event: String, _ fill: (inout LogRecord) -> Void
    ) {
        var record = LogRecord(level, event)
        fill(&record)
        log.write(record)
    }
}
