import Glibc
import HTTP
import Logs
import Reactor
import Serving
public import Settings
import Storage
import Synchronization
import TLS
import Text

/// Tries on a gateway of a given configuration what attackers try, and says how it went.
///
/// The gateway runs in this process, on the loopback interface only, with the configuration's hosts, server
/// certificates, trust stores and limits. What it could disturb is replaced: upstreams by one that remembers
/// what reaches it, the store and the gateway's own keys by fresh ones in a folder that goes away. Time
/// limits longer than two seconds are shortened to two, every host gets routes to try things on, and every
/// trust store an authority that was made for the check, and whose keys go away with it.
public struct Selfcheck {
    /// One thing that was tried on one host.
    public struct Finding: Sendable {
        public enum Outcome: String, Sendable { case passed, failed, skipped }

        /// Short and stable.
        public let check: String
        public let host: String
        public let outcome: Outcome
        /// What was seen, or why it was not tried.
        public let detail: String
    }

    let settings: GatewaySettings
    let endpoint: Endpoint
    let recorder: Recorder
    let clients: SelfcheckClients
    private(set) var findings: [Finding] = []

    /// Runs all checks; takes some ten seconds.
    ///
    /// - Throws: When no gateway could be started of the configuration; then nothing was checked.
    public static func run(_ settings: GatewaySettings) throws(GatewayFault) -> [Finding] {
        Signals.ignoreBrokenPipe()
        let folder = try Folder()
        let recorder = Recorder()
        let upstream: WebServer
        let database: Database
        let log: LogSink
        let clients: SelfcheckClients
        do {
            upstream = try WebServer(recorder, on: [.tcp(address: "127.0.0.1", port: 0)])
            database = try Database.sqlite(path: "\(folder.path)/store", schemas: [.identity, .trust])
            log = try LogSink(file: "\(folder.path)/log")
            clients = try SelfcheckClients(in: folder.path, at: WallTime(seconds: Clock.wall()))
        } catch {
            throw GatewayFault(complaints: ["\(error)"])
        }
        defer { upstream.stop(drainSeconds: 0) }
        var changed = Self.changed(settings, folder: folder.path, upstreamPort: upstream.ports[0] ?? 0)
        for index in changed.trust.values.indices { clients.introduce(to: &changed.trust.values[index]) }
        let gateway = try Gateway(changed, database: database, log: log, audit: log)
        defer { gateway.stop() }
        do throws(SystemFault) {
            _ = try gateway.traces.start(
                TraceRecording.Terms(
                    path: "\(folder.path)/trace", bytesMax: 16 << 20, secondsMax: 600, tellsLoopback: true))
        } catch {
            throw GatewayFault(complaints: ["\(error)"])
        }
        var check = Selfcheck(
            settings: changed, endpoint: .tcp(address: "127.0.0.1", port: gateway.ports[0] ?? 0),
            recorder: recorder, clients: clients)
        check.tryAll()
        return check.findings
    }

    private init(
        settings: GatewaySettings, endpoint: Endpoint, recorder: Recorder, clients: SelfcheckClients
    ) {
        self.settings = settings
        self.endpoint = endpoint
        self.recorder = recorder
        self.clients = clients
    }

    private static func changed(
        _ settings: GatewaySettings, folder: String, upstreamPort: UInt16
    ) -> GatewaySettings {
        var changed = settings
        changed.listen = [.tcp(address: "127.0.0.1", port: 0)]
        changed.workers = 1
        changed.admin = nil
        changed.monitoring = nil
        changed.service = GatewaySettings.Service()
        changed.assertion.keyFile = "\(folder)/assertion.key"
        changed.assertion.jwksFile = "\(folder)/assertion.jwks"
        changed.continuation.keyFile = "\(folder)/continuation.key"
        let upstream = GatewaySettings.Upstream(endpoint: .tcp(address: "127.0.0.1", port: upstreamPort))
        for name in Array(changed.upstreams.keys) + [routeName] { changed.upstreams[name] = upstream }
        for index in changed.hosts.indices {
            let access: GatewaySettings.Access = changed.hosts[index].role == .partner ? .partner : .customer
            changed.hosts[index].routes += [
                GatewaySettings.Route(path: openPath, upstream: routeName, access: .anonymous),
                GatewaySettings.Route(path: closedPath, upstream: routeName, access: access),
            ]
        }
        changed.limits.handshakeSeconds = min(2, changed.limits.handshakeSeconds)
        changed.limits.headerSeconds = min(2, changed.limits.headerSeconds)
        changed.limits.bodyIdleSeconds = min(2, changed.limits.bodyIdleSeconds)
        return changed
    }

    mutating func record(_ check: String, _ host: String, _ isGood: Bool, _ detail: String) {
        findings.append(
            Finding(check: check, host: host, outcome: isGood ? .passed : .failed, detail: detail))
    }

    mutating func skip(_ check: String, _ host: String, _ why: String) {
        findings.append(Finding(check: check, host: host, outcome: .skipped, detail: why))
    }

    static let openPath = "/.selfcheck-open"
    static let closedPath = "/.selfcheck-closed"
    private static let routeName = "selfcheck"

    /// A backend that remembers what reached it.
    final class Recorder: WebApplication {
        private let requests = Mutex<[RequestHead]>([])

        func answer(_ request: WebRequest) -> WebResponse {
            requests.withLock { $0.append(request.head) }
            return .text("reached")
        }

        /// What reached it since this was last asked.
        func take() -> [RequestHead] {
            requests.withLock { requests in
                defer { requests = [] }
                return requests
            }
        }
    }

    /// A folder of its own, for as long as this lives.
    private final class Folder {
        let path: String

        init() throws(GatewayFault) {
            var template = Array("/tmp/sekisho-selfcheck-XXXXXX".utf8CString)
            guard unsafe mkdtemp(&template) != nil else {
                throw GatewayFault(complaints: ["no folder can be made in /tmp"])
            }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit {
            for name in Self.names { unsafe unlink("\(path)/\(name)") }
            unsafe rmdir(path)
        }

        private static let names =
            [
                "store", "store-wal", "store-shm", "store-journal", "log", "trace", "assertion.key",
                "assertion.jwks", "continuation.key",
            ] + SelfcheckClients.fileNames
    }
}
