import Command
import Consent
import Logs
import Reactor
import Serving
import Settings
import Storage
import Synchronization
import Text

/// `sekisho-consent serve`: runs until SIGTERM or SIGINT, then lets running requests finish; SIGHUP reloads,
/// SIGUSR1 reopens the audit log, SIGUSR2 has a new process of the program take over.
enum Serve {
    static func run(_ path: String) throws(CommandFault) {
        let settings = try Program.settings(path)
        let inherited = try Daemon.prepare()
        let logs = try settings.logs.open()
        let log = logs.log
        let metrics = ConsentMetrics()
        let store = try settings.consentStore { metrics.storeAsked($0, microseconds: $1, failed: $2) }
        let gateway = try settings.gatewayRecords()
        let pinKey = try settings.pinKey(for: store)
        let make = { @Sendable (settings: ConsentSettings) in
            ConsentApplication(
                settings, store: store, gateway: gateway, pinKey: pinKey, log: log, audit: logs.audit,
                access: logs.access, metrics: metrics)
        }
        let application = ReplaceableApplication(make(settings))
        let vitals = Vitals(store: Probe { store.answers() })
        let server = try server(application, settings, vitals, inherited)
        let monitor = try monitor(settings.monitoring, vitals, metrics, inherited)
        var started = LogRecord(.notice, "consent.started")
        started.add("version", Release.version)
        started.add("listen", settings.listen.map(\.description).joined(separator: ","))
        started.add("ports", server.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
        started.add("partners", settings.partners.count)
        log.write(started)
        let limits = settings.limits
        let duties = DaemonDuties(
            reload: { reload(application, path, settings, log, make) },
            reopenLogs: { logs.reopen() },
            stop: { gently in
                vitals.startDraining()
                if !gently { System.pause(seconds: limits.drainNoticeSeconds) }
                server.stop(drainSeconds: limits.drainSeconds, gently: gently)
                monitor?.stop(drainSeconds: 0)
            },
            stopSecondsMax: { limits.drainNoticeSeconds + limits.drainSeconds + 15 },
            isAlive: { vitals.isAlive },
            sockets: { server.sockets + (monitor?.sockets ?? []) },
            note: { log.write($0.record(of: "consent")) })
        try Daemon.run(duties, inherited: inherited)
        log.write(LogRecord(.notice, "consent.stopped"))
        logs.flush()
        Console.exit(0)
    }

    /// A failed reload changes nothing and says why.
    private static func reload(
        _ application: ReplaceableApplication, _ path: String, _ first: ConsentSettings, _ log: LogSink,
        _ make: (ConsentSettings) -> ConsentApplication
    ) -> String? {
        do throws(CommandFault) {
            let settings = try Program.checkedSettings(path)
            application.replace(by: make(settings))
            var record = LogRecord(.notice, "consent.reloaded")
            let later = settings.partsOfStart(changedSince: first)
            if !later.isEmpty { record.add("needs_restart", later.joined(separator: ",")) }
            log.write(record)
            return nil
        } catch {
            var record = LogRecord(.error, "consent.reloadRefused")
            record.add("reason", error.message)
            log.write(record)
            return error.message
        }
    }

    private static func server(
        _ application: any WebApplication, _ settings: ConsentSettings, _ vitals: Vitals,
        _ inherited: InheritedSockets
    ) throws(CommandFault) -> WebServer {
        var limits = ServingLimits()
        limits.connectionsMax = settings.limits.connectionsMax
        do throws(WebServerFault) {
            return try WebServer(
                application, on: settings.listen.map(Endpoint.init), limits: limits,
                bodyBytesMax: settings.limits.bodyBytesMax, threadCount: settings.limits.workers,
                queueMax: settings.limits.queueMax, inherited: inherited, pulse: vitals.pulse())
        } catch {
            throw CommandFault("sekisho-consent: \(error)")
        }
    }

    private static func monitor(
        _ settings: MonitoringSettings?, _ vitals: Vitals, _ metrics: ConsentMetrics,
        _ inherited: InheritedSockets
    ) throws(CommandFault) -> WebServer? {
        guard let settings else { return nil }
        do throws(WebServerFault) {
            return try WebServer.forMonitoring(
                vitals, metrics.registry, on: settings.listen.map(Endpoint.init), inherited: inherited)
        } catch {
            throw CommandFault("monitoring.listen: \(error)")
        }
    }
}
