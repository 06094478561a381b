import Command
import Gateway
import Logs
import Reactor
import Settings
import Text

/// `sekisho trust restore …`: works on the store itself, for when no gateway starts because the epoch in
/// force is damaged there.
enum TrustRestore {
    static func run(_ options: Options, store: String) throws(CommandFault) {
        let isByFiles = options.has("--files")
        let source = try options.value("--to").map { (text) throws(CommandFault) in
            guard let number = UInt64(text) else {
                throw CommandFault(usage: "--to takes a number, not \(text)")
            }
            return number
        }
        guard !(isByFiles && source != nil) else { throw CommandFault(usage: TrustCommand.usage) }
        let settings = try GatewaySettings.read(options.required("--config"))
        let database = try settings.database()
        let repair = try asking { () throws(GatewayFault) in
            try TrustRepair(store, settings, database: database)
        }
        guard isByFiles || source != nil else {
            let kept = try asking { () throws(GatewayFault) in try repair.kept() }
            return Console.print(table(kept))
        }
        // Before: what can't be audited does not happen.
        let audit = try OperatorAudit(settings)
        try audit.record("trust.restoreAsked") { record in
            record.add("store", store)
            record.add("from", source.map { "epoch \($0)" } ?? "files")
        }
        let author = "\(OperatingUser.current.name ?? "-") (\(OperatingUser.current.id))"
        let outcome = try asking { () throws(GatewayFault) in
            try repair.restore(source, by: author, at: WallTime(seconds: Clock.wall()))
        }
        try audit.record("trust.restored") { record in
            record.add("store", store)
            record.add("epoch", Int(clamping: outcome.number))
            record.add("content", outcome.content)
            record.add("anchors", outcome.anchors.count)
        }
        let lines = [
            "epoch \(outcome.number) of \(store) is in force; content \(outcome.content)", "", "anchors",
        ]
        Console.print((lines + outcome.anchors.map { "  \($0)" }).joined(separator: "\n"))
        guard !outcome.findings.isEmpty else { return }
        Console.print((["", "to be looked at"] + outcome.findings.map { "  \($0)" }).joined(separator: "\n"))
    }

    private static func table(_ kept: [TrustRepair.Kept]) -> String {
        var table = TextTable(">epoch", "when", "is")
        for epoch in kept {
            table.add(
                "\(epoch.number)", epoch.recordedAt.rfc3339,
                epoch.isWhole ? "whole" : epoch.complaints.joined(separator: "; "))
        }
        return table.text
    }

    private static func asking<Value>(_ body: () throws(GatewayFault) -> Value) throws(CommandFault) -> Value
    {
        do throws(GatewayFault) { return try body() } catch { throw CommandFault(error.description) }
    }
}
