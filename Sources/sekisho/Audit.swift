import Command
import Gateway
import Settings

/// `sekisho audit …`: for auditors and the help desk.
enum Audit {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        try AuditCommand.run(
            arguments, program: "sekisho",
            settings: { path throws(CommandFault) in try GatewaySettings.read(path).logs },
            meaning: { _, reason in ReasonText.text(of: reason) })
    }
}
