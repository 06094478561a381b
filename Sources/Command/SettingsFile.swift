public import Logs
public import Reactor
public import Settings

/// A configuration file on disk, and what its common parts mean.
public enum SettingsFile {
    /// Reads with `GatewaySettings.read` or its like; warnings go to standard error.
    public static func read<Value>(
        _ path: String,
        with reader: (_ text: [UInt8], _ file: String, _ folder: String) -> SettingsOutcome<Value>
    ) throws(CommandFault) -> Value {
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(path) } catch { throw CommandFault("\(error)") }
        switch reader(text, path, Files.folder(of: path)) {
        case .rejected(let complaints):
            throw CommandFault("\(SettingsReport(complaints))")
        case .accepted(let settings, let warnings):
            if !warnings.isEmpty { Console.error("\(SettingsReport(warnings))") }
            return settings
        }
    }
}

extension LogSettings {
    /// The log on standard error, and where audit records go: the same, unless a file is named.
    public func open() throws(CommandFault) -> (log: LogSink, audit: LogSink) {
        let format: LogFormat = self.format == .json ? .json : .text
        let log = LogSink(descriptor: 2, format: format)
        guard let auditFile else { return (log, log) }
        do throws(LogFault) {
            return (log, try LogSink(file: auditFile, format: format))
        } catch {
            throw CommandFault("\(error)")
        }
    }
}

extension Endpoint {
    public init(_ setting: EndpointSetting) {
        switch setting {
        case .tcp(let address, let port): self = .tcp(address: address, port: port)
        case .unix(let path): self = .unix(path: path)
        }
    }
}
