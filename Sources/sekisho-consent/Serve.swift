import Command
import Consent
import Logs
import Reactor
import Serving
import Settings

/// `sekisho-consent serve`: runs until SIGTERM or SIGINT, then lets running requests finish.
enum Serve {
    static func run(_ settings: ConsentSettings) throws(CommandFault) {
        Daemon.prepare()
        let logs = try settings.logs.open()
        let log = logs.log
        let metrics = ConsentMetrics()
        let store = try settings.consentStore { metrics.storeAsked($0, microseconds: $1, failed: $2) }
        let application = ConsentApplication(
            settings, store: store, gateway: try settings.gatewayRecords(),
            pinKey: try settings.pinKey(for: store), log: log, audit: logs.audit, access: logs.access,
            metrics: metrics)
        let server = try server(application, settings)
        let metricsServer = try metricsServer(metrics, settings)
        var started = LogRecord(.notice, "consent.started")
        started.add("listen", settings.listen.map(\.description).joined(separator: ","))
        started.add("ports", server.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
        if let port = metricsServer?.port { started.add("metrics_port", Int(port)) }
        started.add("partners", settings.partners.count)
        log.write(started)
        try Daemon.runUntilAsked(onUser1: { logs.reopen() })
        log.write(LogRecord(.notice, "consent.stopping"))
        server.stop()
        metricsServer?.stop()
        log.write(LogRecord(.notice, "consent.stopped"))
        logs.flush()
    }

    private static func metricsServer(
        _ metrics: ConsentMetrics, _ settings: ConsentSettings
    ) throws(CommandFault) -> MetricsServer? {
        guard let endpoint = settings.admin?.metrics else { return nil }
        do throws(WebServerFault) {
            return try MetricsServer(metrics.registry, on: Endpoint(endpoint))
        } catch {
            throw CommandFault("admin.metrics: \(error)")
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
}
