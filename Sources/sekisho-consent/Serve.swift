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
        let (log, audit) = try settings.logs.open()
        let store = try settings.consentStore()
        let application = ConsentApplication(
            settings, store: store, gateway: try settings.gatewayRecords(),
            pinKey: try settings.pinKey(for: store), log: log, audit: audit)
        let server = try server(application, settings)
        var started = LogRecord(.notice, "consent.started")
        started.add("listen", settings.listen.map(\.description).joined(separator: ","))
        started.add("ports", server.ports.map { $0.map { "\($0)" } ?? "unix" }.joined(separator: ","))
        started.add("partners", settings.partners.count)
        log.write(started)
        try Daemon.runUntilAsked(onUser1: { try? audit.reopen() })
        log.write(LogRecord(.notice, "consent.stopping"))
        server.stop()
        log.write(LogRecord(.notice, "consent.stopped"))
        _ = audit.flush()
        _ = log.flush()
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
