import Identity
import Reactor
import Synchronization
import Text

/// The commands of `sekisho trace`, and what loops ask: whether there is a recording.
final class TraceDesk: Sendable {
    let current = Published<TraceRecording?>(nil)
    /// One command at a time; the recording that ended last is still told of.
    private let latest = Mutex<TraceRecording?>(nil)
    private let loopCount: Int
    private let rules: @Sendable () -> MappingRules

    init(loopCount: Int, rules: @escaping @Sendable () -> MappingRules) {
        self.loopCount = loopCount
        self.rules = rules
    }

    var routes: [AdminRoute] {
        [
            AdminRoute("trace.start", "POST", "/trace/start") { [self] request throws(AdminRefusal) in
                try start(request)
            },
            AdminRoute("trace.stop", "POST", "/trace/stop") { [self] _ throws(AdminRefusal) in try stop() },
            AdminRoute("trace.status", "GET", "/trace") { [self] _ in status() },
        ]
    }

    private func start(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        let terms = try terms(request.json())
        do throws(SystemFault) {
            if let recording = try start(terms) { return Self.answer(recording) }
        } catch {
            throw AdminRefusal(status: 422, code: "file", "\(error)")
        }
        let path = latest.withLock { $0?.terms.path } ?? ""
        throw AdminRefusal(status: 409, code: "traceRuns", "a trace is being written to \(path)")
    }

    /// Nil while another is being written.
    func start(_ terms: TraceRecording.Terms) throws(SystemFault) -> TraceRecording? {
        try latest.withLock { (latest) throws(SystemFault) -> TraceRecording? in
            if let running = latest, running.status.end == nil { return nil }
            let recording = try TraceRecording(terms, loopCount: loopCount, rules: rules)
            latest?.end(.stopped)
            latest = recording
            current.replace(recording)
            return recording
        }
    }

    /// A file that is not there yet, in a folder where nobody else can put anything.
    private func terms(_ json: JSONNode) throws(AdminRefusal) -> TraceRecording.Terms {
        guard let path = json["file"]?.string, path.hasPrefix("/"), path.utf8.count <= 1024,
            !path.utf8.contains(0)
        else { throw AdminRefusal(status: 400, code: "malformed", "“file” is to be an absolute path") }
        let folder = Files.folder(of: path)
        guard Files.isGuarded(folder: folder) else {
            throw AdminRefusal(
                status: 422, code: "folder",
                "\(folder) must be there, and nobody but root and the gateway's account may write to it")
        }
        guard !Files.exists(path) else {
            throw AdminRefusal(status: 422, code: "fileExists", "\(path) is there already")
        }
        return TraceRecording.Terms(
            path: path,
            bytesMax: try Self.number(json, "bytesMax", 1024...Self.bytesLimit) ?? Self.bytesStandard,
            secondsMax: try Self.number(json, "secondsMax", 1...86_400) ?? Self.secondsStandard,
            tellsLoopback: json["tell"]?.bool ?? false)
    }

    private static func number(
        _ json: JSONNode, _ name: String, _ range: ClosedRange<Int>
    ) throws(AdminRefusal) -> Int? {
        guard let node = json[name] else { return nil }
        guard let number = node.integer.map({ Int(clamping: $0) }), range ~= number else {
            throw AdminRefusal(
                status: 400, code: "malformed",
                "“\(name)” is to be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func stop() throws(AdminRefusal) -> AdminAnswer {
        guard let recording = latest.withLock({ $0 }) else {
            throw AdminRefusal(status: 409, code: "noTrace", "no trace was started")
        }
        end()
        return Self.answer(recording)
    }

    /// Ends the recording that runs, if one does.
    func end() {
        let recording = latest.withLock { latest in
            current.replace(nil)
            return latest
        }
        recording?.end(.stopped)
    }

    private func status() -> AdminAnswer {
        guard let recording = latest.withLock({ $0 }) else {
            return AdminAnswer { $0.member("recording", false) }
        }
        return Self.answer(recording)
    }

    private static func answer(_ recording: TraceRecording) -> AdminAnswer {
        let status = recording.status
        return AdminAnswer { json in
            json.member("recording", status.end == nil)
            json.member("file", recording.terms.path)
            json.member("connections", Int64(status.connections))
            json.member("bytes", Int64(status.bytes))
            json.member("bytesMax", Int64(recording.terms.bytesMax))
            json.member("secondsMax", Int64(recording.terms.secondsMax))
            json.member("dropped", Int64(status.dropped))
            json.member("tell", recording.terms.tellsLoopback)
            if let end = status.end { json.member("end", end.rawValue) }
            if status.end == nil { json.member("seconds", Int64(recording.elapsedSeconds)) }
        }
    }

    /// Some 250,000 connections.
    private static let bytesStandard = 64 << 20
    private static let bytesLimit = 4 << 30
    private static let secondsStandard = 3600
}
