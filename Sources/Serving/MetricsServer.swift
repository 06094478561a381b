import HTTP
public import Metrics
public import Reactor

/// Serves `/metrics` and nothing else, on a loop and a thread of its own, for a scraper that may give no
/// commands.
public final class MetricsServer: Sendable {
    private let server: WebServer

    /// - Parameter inherited: Sockets that the process was started with.
    public init(
        _ registry: MetricRegistry, on endpoint: Endpoint,
        inherited: InheritedSockets = InheritedSockets()
    ) throws(WebServerFault) {
        var limits = ServingLimits()
        limits.connectionsMax = 16
        limits.headerSeconds = 5
        server = try WebServer(
            MetricsPage(registry: registry), on: [endpoint], limits: limits, bodyBytesMax: 0, threadCount: 1,
            queueMax: 16, inherited: inherited)
    }

    /// The port that was bound; nil for a UNIX socket.
    public var port: UInt16? { server.ports.first ?? nil }

    /// For the next process of the program; good until the server stops.
    public var sockets: [ListeningSocket] { server.sockets }

    public func stop() { server.stop(drainSeconds: 1) }
}

private struct MetricsPage: WebApplication {
    let registry: MetricRegistry

    func answer(_ request: WebRequest) -> WebResponse {
        guard request.head.path == "/metrics" else { return .text("404\n", status: 404) }
        guard ["GET", "HEAD"].contains(request.head.method) else { return .text("405\n", status: 405) }
        return .metrics(registry)
    }
}

extension WebResponse {
    /// What a scraper reads.
    public static func metrics(_ registry: MetricRegistry) -> WebResponse {
        var response = WebResponse(status: 200, body: registry.exposition())
        response.headers.set("Content-Type", Exposition.contentType)
        response.headers.set("Cache-Control", "no-store")
        return response
    }
}
