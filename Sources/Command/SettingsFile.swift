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

extension Endpoint {
    public init(_ setting: EndpointSetting) {
        switch setting {
        case .tcp(let address, let port): self = .tcp(address: address, port: port)
        case .unix(let path): self = .unix(path: path)
        case .activated(let name): self = .activated(name: name)
        }
    }
}
