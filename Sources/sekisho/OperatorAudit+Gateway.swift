import Command
import Settings

extension OperatorAudit {
    /// In the gateway's audit log.
    init(_ settings: GatewaySettings) throws(CommandFault) {
        try self.init(settings.logs)
    }
}
