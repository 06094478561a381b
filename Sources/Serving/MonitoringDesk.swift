import HTTP
public import Metrics
public import Reactor

/// Tells those who watch whether a program lives (`/healthz`), whether it should get traffic (`/readyz`), and
/// its numbers (`/metrics`).
///
/// A program that lives and is not ready wants to be left alone: it drains, or waits for its store. One that
/// does not live wants to be started anew.
public struct MonitoringDesk: WebApplication {
    private let vitals: Vitals
    private let registry: MetricRegistry

    public init(_ vitals: Vitals, _ registry: MetricRegistry) {
        self.vitals = vitals
        self.registry = registry
    }

    public func answer(_ request: WebRequest) -> WebResponse {
        guard ["/healthz", "/readyz", "/metrics"].contains(request.head.path) else {
            return .text("404\n", status: 404)
        }
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            var response = WebResponse.text("405\n", status: 405)
            response.headers.set("Allow", "GET, HEAD")
            return response
        }
        var response =
            switch request.head.path {
            case "/healthz": health
            case "/readyz": readiness
            default: metrics
            }
        response.headers.set("Cache-Control", "no-store")
        return response
    }

    private var health: WebResponse { vitals.isAlive ? .text("alive\n") : .text("stuck\n", status: 503) }

    private var readiness: WebResponse {
        let obstacles = vitals.obstacles
        guard !obstacles.isEmpty else { return .text("ready\n") }
        var response = WebResponse.text(obstacles.map { "\($0)\n" }.joined(), status: 503)
        response.headers.set("Retry-After", "2")
        return response
    }

    private var metrics: WebResponse {
        var response = WebResponse(status: 200, body: registry.exposition())
        response.headers.set("Content-Type", Exposition.contentType)
        return response
    }
}

extension WebServer {
    /// A server for those who watch: few connections, small requests, threads of its own.
    public static func forMonitoring(
        _ vitals: Vitals, _ registry: MetricRegistry, on endpoints: [Endpoint],
        inherited: InheritedSockets = InheritedSockets()
    ) throws(WebServerFault) -> WebServer {
        var limits = ServingLimits()
        limits.connectionsMax = 32
        limits.headerSeconds = 5
        limits.keepAliveSeconds = 30
        limits.http.headBytesMax = 8192
        return try WebServer(
            MonitoringDesk(vitals, registry), on: endpoints, limits: limits, bodyBytesMax: 0, threadCount: 2,
            queueMax: 32, inherited: inherited)
    }
}
