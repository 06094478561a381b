import Consent
import Logs
import Reactor
import Serving
import Settings
import Storage

/// `sekisho-consent serve`: runs until SIGTERM or SIGINT, then lets running requests finish.
enum Serve {
    static func run(_ settings: ConsentSettings) throws(CommandFault) {
        // Before any thread starts: they inherit it.
        Signals.ignoreBrokenPipe()
        let handled = [SignalWatcher.terminate, SignalWatcher.interrupt, SignalWatcher.user1]
        Signals.block(handled)
        let log = LogSink(descriptor: 2, format: format(settings))
        let audit = try audit(settings, log)
        let application = ConsentApplication(settings, store: try store(settings), log: log, audit: audit)
        let server = try server(application, settings)
        var started = LogRecord(.notice, "consent.started")
        started.add("listen", settings.listen.map(\.description).joined(separator: ","))
        started.add("ports", server.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
        started.add("partners", settings.partners.count)
        log.write(started)
        wait(for: handled, audit)
        log.write(LogRecord(.notice, "consent.stopping"))
        server.stop()
        log.write(LogRecord(.notice, "consent.stopped"))
        _ = audit.flush()
        _ = log.flush()
    }

    private static func store(_ settings: ConsentSettings) throws(CommandFault) -> SQLiteConsentStore {
        switch settings.store {
        case .sqlite(let path):
            do throws(DatabaseFault) {
                return SQLiteConsentStore(try SQLiteDatabase(path: path, schemas: [.consent]))
            } catch {
                throw CommandFault("store \(path): \(error)")
            }
        }
    }

    private static func server(
        _ application: ConsentApplication, _ settings: ConsentSettings
    ) throws(CommandFault) -> WebServer {
        var limits = ServingLimits()
        limits.connectionsMax = settings.limits.connectionsMax
        do throws(WebServerFault) {
            return try WebServer(
                application, on: settings.listen.map(Endpoint.init), limits: limits,
                bodyBytesMax: settings.limits.bodyBytesMax, threadCount: settings.limits.workers,
                queueMax: settings.limits.queueMax)
        } catch {
            throw CommandFault("sekisho-consent: \(error)")
        }
    }

    /// Returns when the process is asked to end.
    private static func wait(for signals: [Int32], _ audit: LogSink) {
        guard let loop = try? EventLoop() else { return }
        let watcher = try? SignalWatcher(on: loop, signals) { signal in
            if signal == SignalWatcher.user1 { try? audit.reopen() } else { loop.stop() }
        }
        guard let watcher else { return }
        withExtendedLifetime(watcher) { loop.run() }
    }

    private static func format(_ settings: ConsentSettings) -> LogFormat {
        settings.logs.format == .json ? .json : .text
    }

    private static func audit(_ settings: ConsentSettings, _ log: LogSink) throws(CommandFault) -> LogSink {
        guard let path = settings.logs.auditFile else { return log }
        do throws(LogFault) {
            return try LogSink(file: path, format: format(settings))
        } catch {
            throw CommandFault("\(error)")
        }
    }
}

extension Endpoint {
    fileprivate init(_ setting: EndpointSetting) {
        switch setting {
        case .tcp(let address, let port): self = .tcp(address: address, port: port)
        case .unix(let path): self = .unix(path: path)
        }
    }
}
